/// What is wrong with an HTTP message, or with the way it ended.
package enum HTTPError: Error, Equatable, Sendable {
    /// The bytes are not HTTP/1.x; the text says where they stop making sense.
    case malformed(String)
    /// A limit on the head's or the body's size was passed.
    case tooLarge(String)
    /// The connection ended before the message was complete.
    case closedEarly
}
