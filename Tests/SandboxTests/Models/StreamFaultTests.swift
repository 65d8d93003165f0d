import Base
import Networking
import Support
import Testing

@testable import Sandbox

@Suite("Streams that fail")
struct StreamFaultTests {
    /// What comes of a stream with a fault: head, body, whether it ends as a whole, and the reads.
    struct Played: Sendable {
        var head = ""
        var body = ""
        var isWhole = false
        var reads: [StreamListener.Read] = []
        var counts = SandboxCounts()

        /// The events or lines, without what divides them.
        var frames: [String] {
            let isLines = head.contains("ndjson")
            return body.split(separator: isLines ? "\n" : "\n\n").map(String.init)
        }

        /// How many frames carry text of an answer.
        var outputs: Int {
            frames.count {
                !$0.contains("\"content\":\"\"")
                    && [
                        "\"delta\":{\"content\"", "text_delta", "output_text.delta",
                        "\"done\":false",
                    ]
                    .contains(where: $0.contains)
            }
        }
    }

    static func play(
        _ fault: InjectedFault, of name: String = "openai", on kind: LoopKind = .simulated
    ) async throws -> Played {
        let result = Result()
        try await PacingTests.with(kind) { loop, server, address in
            let client = try await StreamListener(to: address, on: loop)
            let reads = try await client.reads(ModelRequest.stream(of: name, fault.rawValue))
            let (head, body, isWhole) = StreamListener.body(of: reads)
            result.value = Played(head: head, body: body, isWhole: isWhole, reads: reads)
            client.stream.close()
            result.value.counts = await server.counts
        }
        return result.value
    }

    @Test(arguments: ["openai", "azure-openai", "responses", "anthropic", "ollama"])
    func afterThreeTokens(name: String) async throws {
        let error = try await Self.play(.errorInStream, of: name)
        #expect(error.outputs == 3 && error.isWhole && error.body.contains("error"))
        let isEvent = name == "anthropic" || name == "responses"
        #expect(error.body.contains("event: error\n") == isEvent)
        #expect(error.body.hasSuffix("data: [DONE]\n\n") == name.hasSuffix("openai"))
        let cut = try await Self.play(.cutInStream, of: name)
        #expect(cut.outputs == 3 && !cut.isWhole && !cut.body.contains("server_error"))
        let ended = try await Self.play(.endWithoutFinish, of: name)
        #expect(ended.outputs == 3 && ended.isWhole && !ended.body.contains("[DONE]"))
        #expect(ended.reads.last?.at == .milliseconds(340))
        let stalled = try await Self.play(.stallInStream, of: name)
        #expect(stalled.outputs == 3 && !stalled.isWhole)
        #expect(stalled.counts.faults == ["stall-in-stream": 1])
        #expect(stalled.counts.generated.tokens == 3)
    }

    @Test func anErrorCanBeAnEvent() async throws {
        let openAI = try await Self.play(.errorEvent)
        #expect(
            openAI.frames.last?.hasPrefix("event: error\ndata: {\"error\":{\"message\"") == true)
        let anthropic = try await Self.play(.errorEvent, of: "anthropic")
        #expect(anthropic.frames.last?.contains("\"type\":\"overloaded_error\"") == true)
        // Lines have no such thing.
        let ollama = try await Self.play(.errorEvent, of: "ollama")
        #expect(ollama.outputs == 10 && ollama.counts.faults.isEmpty)
    }

    @Test func withoutAToken() async throws {
        let silent = try await Self.play(.noFirstToken)
        #expect(!silent.isWhole && silent.frames.count == 1)
        #expect(silent.frames.first?.contains("\"role\":\"assistant\"") == true)
        #expect(try await Self.play(.noFirstToken, of: "ollama").head.hasPrefix("HTTP/1.1 200"))
        let empty = try await Self.play(.emptyStream)
        #expect(empty.isWhole && empty.body.isEmpty)
        let role = try await Self.play(.roleOnly)
        #expect(
            role.outputs == 0 && role.isWhole && role.body.contains("\"finish_reason\":\"stop\""))
        #expect(role.body.contains("\"completion_tokens\":0") && role.counts.generated.tokens == 0)
    }

    @Test func withoutWhatEndsIt() async throws {
        let noDone = try await Self.play(.noDone)
        #expect(noDone.isWhole && noDone.outputs == 10 && !noDone.body.contains("[DONE]"))
        #expect(noDone.body.contains("\"completion_tokens\":10"))
        for (name, _) in ModelRequest.streams {
            let noUsage = try await Self.play(.noUsage, of: name)
            #expect(noUsage.isWhole && noUsage.counts.faults == ["no-usage": 1], "\(name)")
            for word in ["completion_tokens", "output_tokens", "eval_count", "TokenCount"] {
                #expect(!noUsage.body.contains(word), "\(name)")
            }
        }
    }

    @Test func inOnePiece() async throws {
        let json = try await Self.play(.jsonInstead)
        #expect(json.head.contains("Content-Type: application/json\r\n"))
        #expect(json.body.hasPrefix("{\"id\":\"chatcmpl-") && json.reads.count == 1)
        #expect(json.reads.first?.at == .milliseconds(480))
        #expect(json.counts.generated.tokens == 10 && json.counts.generated.streams == 0)
        let burst = try await Self.play(.burst)
        #expect(burst.reads.map(\.at) == [.milliseconds(480)] && burst.outputs == 10)
    }

    @Test func inAnotherHand() async throws {
        let plain = try await Self.play(.wrongMediaType)
        #expect(plain.head.contains("Content-Type: text/plain") && plain.outputs == 10)
        let crlf = try await Self.play(.crlf)
        #expect(!crlf.body.replacing("\r\n", with: "").contains("\n"))
        #expect(crlf.body.hasSuffix("data: [DONE]\r\n\r\n"))
        let bom = try await Self.play(.bom)
        #expect(Array(bom.body.utf8.prefix(9)) == [0xEF, 0xBB, 0xBF] + Array("data: ".utf8))
        #expect(bom.body.utf8.count { $0 == 0xEF } == 1)
        let split = try await Self.play(.splitData)
        #expect(split.frames.first?.hasPrefix("data: {\ndata: \"id\":") == true)
        let comments = try await Self.play(.comments)
        #expect(comments.frames.count { $0 == ": keep-alive" } == 14 && comments.outputs == 10)
        let unknown = try await Self.play(.unknownEvents)
        #expect(unknown.frames.count { $0.contains("event: sandbox.unknown") } == 14)
        let lines = try await Self.play(.unknownEvents, of: "ollama")
        #expect(lines.frames.count { $0 == "{\"unknown\":[1,2]}" } == 11)
        let huge = try await Self.play(.hugeEvent)
        #expect(huge.frames.count { $0.utf8.count > 2_000_000 } == 1 && huge.isWhole)
    }

    @Test func aCharacterOverTwoFrames() async throws {
        let played = try await Self.play(.utf8Split)
        let all = played.reads.flatMap(\.bytes)
        #expect(all.count { $0 == 0xC3 } == 1 && all.count { $0 == 0xA9 } == 1)
        let places = [0xC3, 0xA9].compactMap { all.firstIndex(of: $0) }
        #expect(places.count == 2 && places[0] < places[1])
        #expect(
            all[places[0] + 1] == UInt8(ascii: "\"") && all[places[1] - 1] == UInt8(ascii: "\""))
    }

    @Test func aByteARead() async throws {
        let played = try await Self.play(.byteARead)
        #expect(played.reads.allSatisfy { $0.bytes.count == 1 })
        #expect(played.isWhole && played.outputs == 10)
    }

    /// What is wrong with JSON is wrong with that of each frame.
    @Test func framesOfNoJSON() async throws {
        let half = try await Self.play(.truncatedJSON)
        #expect(half.frames.count == 14 && half.isWhole)
        #expect(half.frames.dropLast().allSatisfy { !$0.hasSuffix("}") })
        let types = try await Self.play(.wrongTypes, of: "ollama")
        #expect(types.frames.allSatisfy { $0.hasPrefix("{\"model\":7,\"created_at\":7,") })
    }

    /// Faults of whole answers happen to a stream as a whole; some leave it alone.
    @Test func faultsOfWholeAnswers() async throws {
        let reject = try await Self.play(.rejectSeconds)
        #expect(
            reject.head.hasPrefix("HTTP/1.1 429") && reject.body.contains("a fault of the sandbox"))
        let reset = try await Self.play(.closeInBody)
        #expect(
            reset.head.contains("Content-Length: ") && reset.reads.first?.at == .milliseconds(300))
        let cookies = try await Self.play(.cookieFlood)
        #expect(cookies.isWhole && cookies.outputs == 10 && cookies.head.contains("flood-399"))
        let length = try await Self.play(.lengthAndChunks)
        #expect(length.body.hasSuffix("data: [DONE]\n\n") && length.counts.generated.tokens == 10)
    }

    /// An answer without a stream has none of its faults, and they are not counted.
    @Test func onlyStreamsHaveThem() {
        for fault in InjectedFault.allCases where fault.isOfStreams {
            var bench = Bench()
            let request = SandboxServerTests.chat.replacing(
                "Host: h\r\n", with: "Host: h\r\nX-Sandbox-Fault: \(fault.rawValue)\r\n")
            #expect(bench.send(request).body.contains("TamakoBot API V2"))
            #expect(bench.services.snapshot(of: nil).faults.isEmpty)
        }
    }

    @Test func anyDrawsAllOfThemForStreams() throws {
        var faults = FaultDraw([try FaultRule(parsing: "any")], seed: 1)
        let drawn = (0..<3_000).compactMap { _ in
            faults.next(at: .openAIChat, asked: nil) { _ in true }
        }
        #expect(Set(drawn) == Set(InjectedFault.allCases))
    }

    @Test(arguments: [
        InjectedFault.errorInStream, .cutInStream, .stallInStream, .byteARead, .burst,
    ])
    func overTLS(fault: InjectedFault) async throws {
        let request = ModelRequest.stream(of: "openai", fault.rawValue)
        let (reads, counts) = try await StreamListener.readsOverTLS(request)
        let isWhole = fault != .cutInStream && fault != .stallInStream
        #expect(StreamListener.body(of: reads).isWhole == isWhole)
        #expect(counts.faults == [fault.rawValue: 1])
    }

    @Test(arguments: [InjectedFault.errorInStream, .crlf, .cutInStream, .byteARead])
    func overTheKernel(fault: InjectedFault) async throws {
        let played = try await Self.play(fault, of: "anthropic", on: .real)
        #expect(played.counts.faults == [fault.rawValue: 1])
        #expect(played.isWhole == (fault != .cutInStream))
    }
}

/// What a test has gathered on a loop's thread, which makes it safe.
private final class Result: @unchecked Sendable {
    var value = StreamFaultTests.Played()
}
