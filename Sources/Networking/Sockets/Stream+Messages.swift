/// Whole-message conveniences for servers and tests; the client's hot path does without.
extension Stream {
    /// Appends what has arrived to `bytes`, waiting for at least one byte; returns how many, 0 at the
    /// end of the stream.
    ///
    /// - Throws: `timedOut` at the deadline, `cancelled`, or why the stream failed.
    package func receive(
        into bytes: inout [UInt8], until deadline: Nanoseconds = .never
    ) async throws(SocketError) -> Int {
        while true {
            try await Self.check(readable(until: deadline))
            var arrived = [UInt8]()
            let count = try receiveOnce { span in
                span.withUnsafeBufferPointer { arrived.append(contentsOf: $0) }
                return span.count
            }
            if let count {
                bytes.append(contentsOf: arrived)
                return count
            }
        }
    }

    /// Sends all of `bytes`.
    ///
    /// - Throws: `timedOut` at the deadline, `cancelled`, or why the stream failed.
    package func send(
        _ bytes: [UInt8], until deadline: Nanoseconds = .never
    ) async throws(SocketError) {
        var sent = try sendOnce(bytes)
        while sent < bytes.count {
            try await Self.check(writable(until: deadline))
            sent += try sendOnce(bytes, from: sent)
        }
    }

    private static func check(_ wake: Wake) throws(SocketError) {
        switch wake {
        case .ready: return
        case .timedOut: throw .timedOut
        case .cancelled: throw .cancelled
        }
    }
}
