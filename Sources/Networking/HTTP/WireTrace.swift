package import Base

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
