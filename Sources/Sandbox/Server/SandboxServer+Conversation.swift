import Base
import Networking

/// What is done for one connection.
extension SandboxServer {
    /// As much of a request may be held without asking how much others hold: most are smaller.
    static let freeBytes = 4_096

    private enum Step {
        /// There is no complete request.
        case needsBytes
        /// The output may leave at once, and the same request goes on.
        case goesAhead
        /// The output leaves after this time; the connection stays open.
        case answers(after: Nanoseconds)
        /// The output leaves after this time and the connection ends. A refused client may still be
        /// sending.
        case ends(after: Nanoseconds, isRefusal: Bool)
        /// Something faulty leaves after this time.
        case misbehaves(after: Nanoseconds, Delivery)
    }

    /// Answers requests in the order they come until the connection ends.
    func converse(over stream: Stream) async throws(SocketError) {
        var parser = RequestParser()
        var output = ByteBuffer(capacity: 512)
        var requestDeadline: Nanoseconds?
        var held = 0
        defer { heldBytes -= held }
        while true {
            if output.count > 1 << 18 { output = ByteBuffer(capacity: 512) } else { output.clear() }
            limitMemory(of: &parser, held: &held)
            let step = advance(&parser, &output)
            parser.compact()
            switch step {
            case .needsBytes:
                let isInside = parser.isInsideRequest
                let deadline =
                    isInside
                    ? requestDeadline ?? loop.tick + settings.transferTimeout
                    : loop.tick + settings.idleTimeout
                requestDeadline = isInside ? deadline : nil
                let count = try await receive(from: stream, into: &parser, until: deadline)
                if count == nil, isInside { try await giveUp(stream, &output) }
                guard let count, count > 0 else { return }
            case .goesAhead: try await send(output, over: stream)
            case .answers(let delay):
                requestDeadline = nil
                await pause(until: departure(after: delay))
                try await send(output, over: stream)
            case .ends(let delay, let isRefusal):
                await pause(until: departure(after: delay))
                try await send(output, over: stream)
                return isRefusal ? try await discardRest(of: stream) : ()
            case .misbehaves(let delay, let delivery):
                requestDeadline = nil
                await pause(until: departure(after: delay))
                guard try await deliver(delivery, over: stream) else { return }
            }
        }
    }

    func pause(until time: Nanoseconds) async {
        if time > loop.tick { await loop.sleep(until: time) }
    }

    /// Refuses what would go beyond the memory for requests of all connections together, which is much
    /// less than a largest body for each.
    private func limitMemory(of parser: inout RequestParser, held: inout Int) {
        let before = held
        held = max(parser.heldBytes - Self.freeBytes, 0)
        if held > before, heldBytes + held - before > settings.mostHeldBytes {
            held = 0
            parser.overload()
        }
        heldBytes += held - before
    }

    /// Takes one step: the request, if there is one, is answered into `output` and let go.
    private func advance(_ parser: inout RequestParser, _ output: inout ByteBuffer) -> Step {
        switch parser.next() {
        case .incomplete: return .needsBytes
        case .expectsContinue:
            output.append(fixed: "HTTP/1.1 100 Continue\r\n\r\n")
            return .goesAhead
        case .request(let request): return answer(request, &output)
        case .refused(let refusal):
            response.clear()
            services.refuse(refusal, into: &response)
            write(isHead: false, keepsAlive: false, isHTTP11: true, to: &output)
            return .ends(after: .zero, isRefusal: true)
        }
    }

    private func answer(_ request: borrowing Request, _ output: inout ByteBuffer) -> Step {
        response.clear()
        let fault = services.answer(request, at: now, into: &response)
        let keepsAlive = request.fields.keepsAlive && !response.closes
        write(
            isHead: request.method == .head, keepsAlive: keepsAlive,
            isHTTP11: request.fields.isHTTP11, to: &output)
        let delay = response.delay
        if response.body.count > 1 << 20 { response = Response() }
        if let fault, fault.isDelivery {
            return .misbehaves(after: delay, Delivery(of: fault, output.bytes))
        }
        return keepsAlive ? .answers(after: delay) : .ends(after: delay, isRefusal: false)
    }

    private func write(
        isHead: Bool, keepsAlive: Bool, isHTTP11: Bool, to output: inout ByteBuffer
    ) {
        let persistence: StaticString =
            switch (keepsAlive, isHTTP11) {
            case (false, _): "Connection: close\r\n"
            case (true, false): "Connection: keep-alive\r\n"
            case (true, true): ""
            }
        writer.write(response, isHead: isHead, persistence: persistence, at: now, to: &output)
    }

    /// Waits for bytes and returns how many came: 0 when the peer has ended the stream, nil when
    /// nothing came in time.
    private func receive(
        from stream: Stream, into parser: inout RequestParser, until deadline: Nanoseconds
    ) async throws(SocketError) -> Int? {
        while await stream.readable(until: deadline) == .ready {
            let count = try stream.receiveOnce { bytes in
                bytes.withUnsafeBufferPointer { parser.input.append(contentsOf: $0) }
                return bytes.count
            }
            if let count {
                services.counts.bytesIn += count
                return count
            }
        }
        return nil
    }

    private func send(_ output: ByteBuffer, over stream: Stream) async throws(SocketError) {
        services.counts.bytesOut += output.count
        try await stream.send(output.bytes, until: loop.tick + settings.transferTimeout)
    }

    /// Tells a client whose request did not arrive in time, if it still listens.
    private func giveUp(_ stream: Stream, _ output: inout ByteBuffer) async throws(SocketError) {
        response.clear()
        response.status = 408
        response.contentType = .none
        services.counts.count(.malformed, status: 408)
        write(isHead: false, keepsAlive: false, isHTTP11: true, to: &output)
        try await send(output, over: stream)
    }

    /// Closing a socket with unread bytes resets the connection, and the answer may be lost with it:
    /// what a refused client goes on sending is read for a moment and thrown away.
    private func discardRest(of stream: Stream) async throws(SocketError) {
        let deadline = loop.tick + .seconds(2)
        while await stream.readable(until: deadline) == .ready {
            if try stream.receiveOnce({ $0.count }) == 0 { return }
        }
    }
}
