/// What happened when, and how much, during one exchange. Points are readings of the loop's clock.
package struct HTTPTimeline: Sendable, Equatable {
    /// When the first byte of the request was handed to the kernel; nil if it never was.
    package var sent: Nanoseconds?
    package var firstByte: Nanoseconds?
    /// When the exchange was over, however it ended.
    package var end = Nanoseconds.zero
    /// The look-up of the name, where this exchange had to wait for one.
    package var dns: Nanoseconds?
    /// The opening of the connection, where this exchange opened one.
    package var connect: Nanoseconds?
    package var bytesOut = 0
    package var bytesIn = 0

    /// A timeline on which nothing has happened.
    package init() {}
}

/// Why an exchange ended without a complete response.
package enum HTTPFailure: Error, Equatable, Sendable {
    case resolve(ResolveError)
    /// The connection could not be opened.
    case connect(SocketError)
    case connectTimeout
    /// The request could not be written in full.
    case send(SocketError)
    /// The connection failed while the response was awaited.
    case receive(SocketError)
    /// No complete response before the total timeout.
    case timeout
    case message(HTTPError)
    case cancelled
}
