/// How much of a message is taken in before it counts as too large, in bytes.
package struct HTTPLimits: Sendable, Equatable {
    /// Status line and headers together.
    package var head: Int
    package var body: Int

    /// 64 KB of head and 64 MB of body unless said otherwise.
    package init(head: Int = 65_536, body: Int = 67_108_864) {
        self.head = head
        self.body = body
    }
}
