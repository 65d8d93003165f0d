/// How much of a message is taken in before it counts as too large, in bytes.
package struct HTTPLimits: Sendable, Equatable {
    /// Status line and headers together.
    package var head: Int
    package var body: Int

    /// 64 KB of head and 4 MB of body unless said otherwise: a body is kept until it is whole, a
    /// service that goes wrong does so to all users at once, and reading a longer one would hold the
    /// event loop for longer than 50 ms.
    package init(head: Int = 65_536, body: Int = 4_194_304) {
        self.head = head
        self.body = body
    }
}
