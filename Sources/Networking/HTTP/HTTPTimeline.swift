package import Base

/// What happened when, and how much, during one exchange, on the loop's clock. What was received
/// counts from its arrival at this machine, where the kernel tells that, not from its reading.
package struct HTTPTimeline: Sendable, Equatable {
    /// When the first byte of the request was handed to the kernel; nil if it never was.
    package var sent: Nanoseconds?
    /// When the first byte of the final response arrived; where it waited for others that were
    /// read with it, when those did (see `mergedReads`).
    package var firstByte: Nanoseconds?
    /// When the exchange was over, however it ended: of a complete response the last byte's arrival.
    package var end = Nanoseconds.zero
    /// How long after its arrival a complete response was read, at most; nil where the kernel did not
    /// say when that was, so that `firstByte` and `end` are readings.
    @OptionalSpan package var readLate: Nanoseconds?
    /// Readings that were late and may have found several segments, so that `firstByte` is an upper
    /// bound.
    package var mergedReads = UInt16(0)
    /// Whether there was a complete response.
    package var isComplete = false
    /// Responses before the final one (RFC 9110 §15.2).
    package var interimResponses = UInt16(0)
    /// The look-up of the name, where this exchange had to wait for one.
    @OptionalSpan package var dns: Nanoseconds?
    /// The opening of the connection, and of the tunnel through a proxy, where this exchange opened
    /// one.
    @OptionalSpan package var connect: Nanoseconds?
    /// The TLS handshake, where this exchange opened a secure connection.
    @OptionalSpan package var tls: Nanoseconds?
    package var bytesOut = 0
    package var bytesIn = 0

    /// A timeline on which nothing has happened.
    package init() {}
}

/// A span that may be missing, in the eight bytes of one: every connection keeps a timeline.
@propertyWrapper
package struct OptionalSpan: Sendable, Equatable {
    private var value = Nanoseconds.never

    /// No span.
    package init() {}

    /// The span; nil where it is missing.
    package var wrappedValue: Nanoseconds? {
        get { value == .never ? nil : value }
        set { value = newValue ?? .never }
    }
}

/// Why an exchange ended without a complete response.
package enum HTTPFailure: Error, Equatable, Sendable {
    case resolve(ResolveError)
    /// The connection could not be opened.
    case connect(SocketError)
    case connectTimeout
    /// The proxy did not open a tunnel.
    case tunnel(TunnelFailure)
    /// The peer ended the connection, or it failed, during the TLS handshake.
    case handshake(SocketError)
    /// The TLS handshake was not over within the timeout for connecting.
    case handshakeTimeout
    /// The connection did not become a secure one, or was broken as such.
    case tls(TLSFailure)
    /// The request could not be written in full.
    case send(SocketError)
    /// The connection failed while the response was awaited.
    case receive(SocketError)
    /// The peer ended a connection that had been idle, without a byte of a response: `reset` or
    /// `closed`. The request was not sent again because it may have been carried out.
    case dropped(SocketError)
    /// No complete response before the total timeout.
    case timeout
    /// Of a body that is lent in pieces nothing that counts came in the time for the first.
    case firstTimeout
    /// Of a body that is lent in pieces nothing more that counts came in the time for it.
    case idleTimeout
    case message(HTTPError)
    case cancelled
}

extension HTTPFailure {
    /// How the peer ended the connection while a response was awaited; nil where it was something
    /// else.
    var endByPeer: SocketError? {
        switch self {
        case .receive(.reset): .reset
        case .receive(.truncated), .message(.closedEarly): .closed
        default: nil
        }
    }
}

/// What is wrong with an HTTP message, or with the way it ended.
package enum HTTPError: Error, Equatable, Sendable {
    /// The bytes are not HTTP/1.x; the text says where they stop making sense.
    case malformed(String)
    /// A limit on the head's or the body's size was passed.
    case tooLarge(String)
    /// The connection ended before the message was complete.
    case closedEarly
}

/// The bytes of one exchange as they went over the wire, for people who look for what is wrong.
/// Confined to its connection's loop.
package final class WireTrace {
    /// The request; empty while nothing has been sent.
    package private(set) var request: [UInt8] = []
    /// The head of a complete response, with its empty line.
    package private(set) var head: [UInt8] = []
    /// The body of a complete response, without the framing of chunks and its content codings.
    package private(set) var body: [UInt8] = []
    /// Whether there were content codings, and they were taken off.
    package private(set) var isDecoded = false
    /// What has come of a response that is not complete, as it came.
    package private(set) var received: [UInt8] = []
    /// Called when a request is about to be sent.
    package var whenSending: () -> Void = {}

    /// A trace of nothing.
    package init() {}

    /// Whether a complete response has come.
    package var isComplete: Bool { !head.isEmpty }

    /// The request that `build` makes, if none was sent.
    package func complete(by build: (inout ByteBuffer) -> Void) {
        guard request.isEmpty else { return }
        var buffer = ByteBuffer()
        build(&buffer)
        request = buffer.bytes
    }

    func clear() {
        request = []
        head = []
        body = []
        isDecoded = false
        received = []
    }

    func take(request buffer: borrowing ByteBuffer) {
        // A copy of its own, which is read elsewhere while the connection writes its next request.
        request = []
        request.append(contentsOf: buffer.bytes)
        whenSending()
    }

    func take(received bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { received.append(contentsOf: $0) }
    }

    func take(head: Span<UInt8>, body: Span<UInt8>, isDecoded: Bool = false) {
        self.isDecoded = isDecoded
        self.head = head.withUnsafeBufferPointer { Array($0) }
        self.body = body.withUnsafeBufferPointer { Array($0) }
        received = []
    }
}
