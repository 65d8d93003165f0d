import Base
import Networking
import Support
import Testing

@testable import Sandbox

@Suite("Streams come when they are due")
struct PacingTests {
    /// When reads came, in milliseconds, from a sandbox whose pacing `change` has changed.
    static func times(
        _ request: String = ModelRequest.chat(ModelRequest.streamed),
        on kind: LoopKind = .simulated,
        _ change: @escaping @Sendable (inout SandboxSettings) -> Void = { _ in }
    ) async throws -> [Nanoseconds] {
        let times = Gathered()
        try await with(kind, change) { loop, _, address in
            let client = try await StreamListener(to: address, on: loop)
            times.value = try await client.reads(request).map(\.at)
        }
        return times.value
    }

    /// Runs `body` with a server whose pacing is steady.
    static func with(
        _ kind: LoopKind, _ change: @escaping @Sendable (inout SandboxSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (EventLoop, SandboxServer, SocketAddress) async throws -> Void
    ) async throws {
        try await SandboxServerTests.with(
            kind,
            {
                $0.pacing = .steady
                change(&$0)
            }, body)
    }

    static func milliseconds(_ values: Int64...) -> [Nanoseconds] {
        values.map { .milliseconds($0) }
    }

    /// The stream whose figures the field reads so differently.
    @Test func exactlyInVirtualTime() async throws {
        let times = try await Self.times {
            $0.pacing.roleFirst = .milliseconds(100)
            $0.pacing.lateUsage = .milliseconds(100)
        }
        let output = stride(from: 300, through: 480, by: 20).map { Nanoseconds.milliseconds($0) }
        #expect(times == [.milliseconds(100)] + output + [.milliseconds(580)])
    }

    /// Whatever a frame's sending takes, the next is not late by it.
    @Test func notBeforeItIsDueOverTheKernel() async throws {
        let times = try await Self.times(on: .real)
        #expect(times.count >= 2 && times.count <= 11)
        for (number, time) in times.enumerated() {
            #expect(time >= .milliseconds(300 + 20 * Int64(number)))
        }
    }

    static let shapes: [(String, @Sendable (inout Pacing) -> Void, [Nanoseconds])] = [
        ("two frames of five", { $0.frameTokens = .fixed(5) }, milliseconds(300, 400)),
        (
            "a frame is not larger than what is left", { $0.frameTokens = .fixed(4) },
            milliseconds(300, 380, 420)
        ),
        (
            "reasoning first", { ($0.reasoningTokens, $0.replyTokens) = (.fixed(2), .fixed(2)) },
            milliseconds(300, 320, 340, 360)
        ),
        ("one token", { $0.replyTokens = .fixed(1) }, milliseconds(300)),
        ("no length of nothing", { $0.replyTokens = .fixed(0) }, milliseconds(300)),
        (
            "reading the prompt takes its time",
            { ($0.prefill, $0.replyTokens) = (100, .fixed(2)) }, milliseconds(310, 330)
        ),
        (
            "a frame in no time comes with the one before",
            { ($0.perToken, $0.replyTokens) = (.fixed(.zero), .fixed(5)) }, milliseconds(300)
        ),
        (
            "the role comes no later than the first token",
            { ($0.roleFirst, $0.replyTokens) = (.seconds(5), .fixed(1)) }, milliseconds(300)
        ),
        (
            "one more than the model can do at once",
            { ($0.batch, $0.replyTokens) = (Pacing.Batch(parsing: "0:1.5ms"), .fixed(3)) },
            [
                .milliseconds(300), .milliseconds(320) + .microseconds(1_500),
                .milliseconds(340) + .microseconds(3_000),
            ]
        ),
    ]

    @Test(arguments: shapes.map(\.0))
    func shape(name: String) async throws {
        let shape = try #require(Self.shapes.first { $0.0 == name })
        #expect(try await Self.times { shape.1(&$0.pacing) } == shape.2)
    }

    @Test func drawsAreTheSeeds() async throws {
        func times(_ seed: UInt64) async throws -> [Nanoseconds] {
            try await Self.times {
                $0.seed = seed
                $0.pacing = Pacing()
                $0.pacing.replyTokens = .fixed(20)
            }
        }
        let first = try await times(1)
        #expect(first.count == 20)
        #expect(try await times(1) == first)
        #expect(try await times(2) != first)
    }

    @Test func aWholeReplyTakesAsLongAsItsStream() async throws {
        #expect(
            try await Self.times(ModelRequest.chat(), { _ in }, until: "}}}") == [
                .milliseconds(480)
            ])
    }

    /// `times`, of an answer that ends otherwise.
    static func times(
        _ request: String, _ change: @escaping @Sendable (inout SandboxSettings) -> Void,
        until end: String
    ) async throws -> [Nanoseconds] {
        let times = Gathered()
        try await with(.simulated, change) { loop, _, address in
            let client = try await StreamListener(to: address, on: loop)
            times.value = try await client.reads(request, until: end).map(\.at)
        }
        return times.value
    }

    /// What is due while all answers are held comes at once at its end, and all else when it was due.
    @Test func stallsHoldFrames() async throws {
        let times = try await Self.times {
            $0.stalls = [Stall(parsing: "310ms:100ms")].compactMap(\.self)
        }
        #expect(times == Self.milliseconds(300, 410, 420, 440, 460, 480))
    }

    @Test(arguments: LoopKind.allCases)
    func theConnectionGoesOn(kind: LoopKind) async throws {
        try await Self.with(kind, { $0.pacing.firstToken = .fixed(.milliseconds(1)) }) {
            loop, server, address in
            let client = try await StreamListener(to: address, on: loop)
            for turn in 1...2 {
                let reads = try await client.reads(ModelRequest.chat(ModelRequest.streamed))
                let (head, body, isWhole) = StreamListener.body(of: reads)
                #expect(isWhole && head.contains("Content-Type: text/event-stream"), "\(turn)")
                #expect(!head.contains("Connection:") && !head.contains("Content-Length"))
                #expect(body.hasSuffix("data: [DONE]\n\n"))
            }
            let counts = await server.counts
            #expect(counts.connections == 1 && counts.requests == ["openai.chat": [200: 2]])
            let sent = counts.generated
            #expect(sent.streams == 2 && sent.frames == 20 && sent.tokens == 20)
            #expect(sent.cutStreams == 0 && sent.running == 0)
            #expect(
                counts.json.contains("\"streams\":2,\"cut_streams\":0,\"frames\":20,\"tokens\":20}")
            )
        }
    }

    @Test func anOldClientIsSentNoChunks() async throws {
        try await Self.with(.simulated) { loop, _, address in
            let client = try await StreamListener(to: address, on: loop)
            let request = ModelRequest.chat(ModelRequest.streamed).replacing(
                "HTTP/1.1", with: "HTTP/1.0")
            let reads = try await client.reads(request)
            let (head, body, _) = StreamListener.body(of: reads)
            #expect(head.contains("Connection: close") && !head.contains("chunked"))
            #expect(body.hasPrefix("data: {\"id\"") && body.hasSuffix("data: [DONE]\n\n"))
            #expect(reads.count == 10)
        }
    }

    @Test func overTLS() async throws {
        let request = ModelRequest.chat(ModelRequest.streamed)
        let reads = try await StreamListener.readsOverTLS(request).reads
        let output = stride(from: 300, through: 480, by: 20).map { Nanoseconds.milliseconds($0) }
        #expect(reads.map(\.at) == output)
        #expect(StreamListener.body(of: reads).isWhole)
    }

    @Test(arguments: LoopKind.allCases)
    func aClientThatGoesAwayIsCounted(kind: LoopKind) async throws {
        try await Self.with(kind, { $0.pacing.firstToken = .fixed(.milliseconds(5)) }) {
            loop, server, address in
            let client = try await StreamListener(to: address, on: loop)
            try await client.stream.send(Array(ModelRequest.chat(ModelRequest.streamed).utf8))
            var bytes: [UInt8] = []
            _ = try await client.stream.receive(into: &bytes, until: .never)
            client.stream.close()
            while await server.counts.generated.running > 0 {
                await loop.sleep(until: loop.tick + .milliseconds(5))
            }
            let sent = await server.counts.generated
            #expect(sent.streams == 1 && sent.cutStreams == 1)
            #expect(sent.frames >= 1 && sent.frames < 10 && sent.tokens == sent.frames)
        }
    }

    /// Gaps grow with the streams under way, and shrink as they end.
    @Test func manyAtOnceAreSlower() async throws {
        try await Self.with(
            .simulated,
            {
                $0.pacing.batch = Pacing.Batch(parsing: "1:10ms")
                $0.pacing.replyTokens = .fixed(3)
            }
        ) { loop, _, address in
            let first = try await StreamListener(to: address, on: loop)
            let second = try await StreamListener(to: address, on: loop)
            try await second.stream.send(
                Array(ModelRequest.chat(ModelRequest.streamed + ",\"max_tokens\":2").utf8))
            let times = try await first.reads(ModelRequest.chat(ModelRequest.streamed)).map(\.at)
            // The other one has gone when the last gap begins.
            #expect(times == Self.milliseconds(300, 330, 350))
        }
    }
}

/// What a test has gathered on a loop's thread, which makes it safe.
private final class Gathered: @unchecked Sendable {
    var value: [Nanoseconds] = []
}
