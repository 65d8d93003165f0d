/// How much of a message is taken in before it counts as too large, in bytes.
package struct HTTPLimits: Sendable, Equatable {
    /// Status line and headers together.
    package var head: Int
    package var body: Int

    /// 64 KB of head and 16 MB of body unless said otherwise: a body is kept until it is whole, and
    /// a service that goes wrong does so to all users at once.
    package init(head: Int = 65_536, body: Int = 16_777_216) {
        self.head = head
        self.body = body
    }
}
