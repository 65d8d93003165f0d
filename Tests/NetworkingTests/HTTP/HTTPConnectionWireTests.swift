import Base
import Networking
import Support
import Testing

/// Responses in all their forms over real and simulated sockets, and peers with manners of their own.
@Suite struct HTTPConnectionWireTests {
    @Test(arguments: goodResponses + badResponses, LoopKind.allCases)
    func readsWholeAndByteByByte(row: ResponseCase, kind: LoopKind) async throws {
        let outcomes = try await kind.run { loop in
            var outcomes: [Outcome] = []
            for piece in [row.wire.utf8.count, 1, 7] where piece > 0 {
                outcomes.append(try await Self.outcome(of: row, inPiecesOf: piece, on: loop))
            }
            return outcomes
        }
        for outcome in outcomes {
            switch row.expected {
            case .message(let status, let body, _): #expect(outcome == .reply(status, body))
            case .failure(let error): #expect(outcome == .failure(.message(error)))
            case .incomplete: #expect(outcome == .failure(.timeout))
            }
        }
    }

    /// The peer refuses while the request is still being sent, and hangs up.
    @Test(arguments: LoopKind.allCases)
    func anEarlyAnswerIsReportedThoughTheRequestIsCutOff(kind: LoopKind) async throws {
        try await kind.run { loop in
            let peer = TestPeer(on: loop) { stream, loop in
                var bytes: [UInt8] = []
                _ = try await stream.receive(into: &bytes)
                try await stream.send(response("no", status: "413 Too Large"))
                await loop.sleep(until: loop.clock() + .milliseconds(5))
            }
            let client = try await Client(on: loop, to: peer.start())
            let request = [UInt8](repeating: 97, count: 20_000_000)
            #expect(await client.ask(request) == .reply(413, "no"))
            #expect(!client.connection.isOpen)
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func aRequestCutOffWithoutAnAnswerIsASendFailure(kind: LoopKind) async throws {
        try await kind.run { loop in
            let peer = TestPeer(on: loop) { stream, loop in
                var bytes: [UInt8] = []
                _ = try await stream.receive(into: &bytes)
                await loop.sleep(until: loop.clock() + .milliseconds(5))
            }
            let client = try await Client(on: loop, to: peer.start())
            let request = [UInt8](repeating: 97, count: 20_000_000)
            #expect(await client.ask(request) == .failure(.send(.reset)))
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func aResetWhileTheResponseIsAwaitedIsAReceiveFailure(kind: LoopKind) async throws {
        try await kind.run { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                _ = try await stream.receiveRequest()
                stream.reset()
            }
            let client = try await Client(on: loop, to: peer.start())
            #expect(await client.ask() == .failure(.receive(.reset)))
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func theHeadOfAReplyToHeadMayNameALength(kind: LoopKind) async throws {
        try await kind.run { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                while try await !stream.receiveRequest().isEmpty {
                    try await stream.send(
                        Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".utf8))
                }
            }
            let client = try await Client(on: loop, to: peer.start())
            for _ in 0..<3 { #expect(await client.ask(isHead: true) == .reply(200, "")) }
            #expect(client.connection.isOpen)
            await peer.stop()
        }
    }

    @Test(arguments: LoopKind.allCases)
    func limitsHoldForHeadAndBody(kind: LoopKind) async throws {
        try await kind.run { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                let request = try await stream.receiveRequest()
                let isForBody = request.starts(with: "BODY".utf8)
                try await stream.send(Array("HTTP/1.1 200 OK\r\nX: ".utf8))
                if isForBody { try await stream.send(Array("\r\n\r\n".utf8)) }
                while true { try await stream.send([UInt8](repeating: 97, count: 10_000)) }
            }
            let limits = HTTPLimits(head: 100_000, body: 200_000)
            let client = try await Client(on: loop, to: peer.start(), limits: limits)
            #expect(
                await client.ask() == .failure(.message(.tooLarge("head beyond 100000 bytes"))))
            #expect(
                await client.ask(Array("BODY / HTTP/1.1\r\n\r\n".utf8))
                    == .failure(.message(.tooLarge("body beyond 200000 bytes"))))
            await peer.stop()
        }
    }

    private static func outcome(
        of row: ResponseCase, inPiecesOf size: Int, on loop: EventLoop
    ) async throws -> Outcome {
        let peer = TestPeer(on: loop) { stream, loop in
            _ = try await stream.receiveRequest()
            var rest = Array(row.wire.utf8)[...]
            while !rest.isEmpty {
                try await stream.send(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                // Lets the client read what is there so far.
                await loop.sleep(until: loop.clock() + .microseconds(1))
            }
            if !row.closes { await loop.sleep(until: loop.clock() + .seconds(3_600)) }
        }
        let limits = HTTPLimits(head: 500, body: 1_000)
        let client = try await Client(on: loop, to: peer.start(), limits: limits)
        let isEndless = row.expected == .incomplete
        let outcome = await client.ask(
            timeout: isEndless ? .milliseconds(30) : .seconds(60), isHead: row.isReplyToHead)
        await peer.stop()
        return outcome
    }
}
