import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Services that generate text: what they answer")
struct ModelServiceTests {
    static func bench(_ change: (inout SandboxSettings) -> Void = { _ in }) -> Bench {
        Bench {
            $0.pacing = .steady
            change(&$0)
        }
    }

    // MARK: Chat completions

    @Test func aWholeChatCompletion() {
        var bench = Self.bench()
        let answer = bench.send(ModelRequest.chat(text: "Where is order 4711?"))
        #expect(answer.status == 200 && answer.delay == .milliseconds(480))
        #expect(answer.body.hasPrefix("{\"id\":\"chatcmpl-"))
        #expect(answer.value("object") == "chat.completion" && answer.value("model") == "sandbox-1")
        #expect(answer.value("created") == "1700000000")
        let content = answer.value("content") ?? ""
        // A token is four characters.
        #expect(content.hasPrefix("Hello! ") && content.count == 40)
        #expect(answer.value("finish_reason") == "stop")
        #expect(
            answer.body.hasSuffix(
                """
                "usage":{"prompt_tokens":5,"completion_tokens":10,"total_tokens":15,\
                "prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":\
                {"reasoning_tokens":0}}}
                """))
    }

    @Test func aStreamedChatCompletion() {
        var bench = Self.bench {
            $0.pacing.replyTokens = .fixed(2)
            $0.pacing.reasoningTokens = .fixed(1)
        }
        let answer = bench.send(ModelRequest.chat(ModelRequest.streamed))
        #expect(answer.status == 200 && answer.body.isEmpty)
        #expect(bench.response.contentType == "text/event-stream; charset=utf-8")
        let frames = bench.frames()
        let id = frames.first?.text.dropFirst(22).prefix { $0 != "\"" } ?? ""
        func chunk(_ choices: String, _ usage: String) -> String {
            "data: {\"id\":\"chatcmpl-\(id)\",\"object\":\"chat.completion.chunk\","
                + "\"created\":1700000000,\"model\":\"sandbox-1\",\"choices\":[\(choices)],"
                + "\"usage\":\(usage)}\n\n"
        }
        func choice(_ delta: String, _ finish: String = "null") -> String {
            chunk(
                "{\"index\":0,\"delta\":\(delta),\"logprobs\":null,\"finish_reason\":\(finish)}",
                "null")
        }
        let letter = frames[3].text.split(separator: "\"content\":\"o! ")[1].prefix(1)
        let thought = frames[1].text.split(separator: "reasoning_content\":\"")[1].prefix(4)
        #expect(
            frames.map(\.text) == [
                choice("{\"role\":\"assistant\",\"content\":\"\"}"),
                choice("{\"reasoning_content\":\"\(thought)\"}"),
                choice("{\"content\":\"Hell\"}"), choice("{\"content\":\"o! \(letter)\"}"),
                choice("{}", "\"stop\""),
                chunk(
                    "",
                    "{\"prompt_tokens\":1,\"completion_tokens\":3,\"total_tokens\":4,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":0},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":1}}"),
                "data: [DONE]\n\n",
            ])
        #expect(frames.map(\.due.milliseconds) == [300, 300, 320, 340, 340, 340, 340])
    }

    @Test func usageComesWhereItIsAskedFor() {
        var bench = Self.bench { $0.pacing.replyTokens = .fixed(2) }
        _ = bench.send(ModelRequest.chat(",\"stream\":true"))
        #expect(bench.frames().allSatisfy { !$0.text.contains("usage") })
        let everywhere = ",\"stream\":true,\"stream_options\":{\"continuous_usage_stats\":true}"
        _ = bench.send(ModelRequest.chat(everywhere))
        let counts = bench.frames().dropLast().map { frame in
            frame.text.split(separator: "\"usage\":").last ?? ""
        }
        #expect(
            counts
                == [0, 1, 2, 2].map {
                    "{\"prompt_tokens\":1,\"completion_tokens\":\($0),\"total_tokens\":\($0 + 1)}}\n\n"
                })
    }

    static let lengths: [(String, Int, String)] = [
        ("", 10, "stop"), (",\"max_tokens\":4", 4, "length"), (",\"max_tokens\":10", 10, "stop"),
        (",\"max_completion_tokens\":1", 1, "length"), (",\"max_tokens\":null", 10, "stop"),
        (",\"min_tokens\":14", 14, "stop"), (",\"min_tokens\":14,\"max_tokens\":12", 12, "length"),
        (",\"ignore_eos\":true,\"max_tokens\":33", 33, "length"),
        (",\"ignore_eos\":true", 4_096, "length"), (",\"temperature\":1,\"x\":[{}]", 10, "stop"),
    ]

    @Test(arguments: lengths)
    func length(members: String, tokens: Int, finish: String) {
        var bench = Self.bench()
        let answer = bench.send(ModelRequest.chat(members))
        #expect(answer.value("completion_tokens") == "\(tokens)")
        #expect(answer.value("finish_reason") == finish)
        #expect((answer.value("content") ?? "").count == 4 * tokens)
        _ = bench.send(ModelRequest.chat(members + ",\"stream\":true"))
        let frames = bench.frames()
        #expect(frames.count == tokens + 3)
        #expect(frames.dropLast().last?.text.contains("\"finish_reason\":\"\(finish)\"") == true)
    }

    /// A stream and a whole reply say the same, whatever has to be escaped.
    @Test(arguments: ["plain", "\\\"quoted\\\" \\\\ back\\u0001", "é € 😀 \\ud83d\\ude00"])
    func aStreamSaysWhatAWholeReplySays(text: String) throws {
        var whole = Self.bench { $0.pacing.replyTokens = .fixed(60) }
        var streamed = Self.bench { $0.pacing.replyTokens = .fixed(60) }
        let body = whole.send(ModelRequest.chat(text: text)).body
        _ = streamed.send(ModelRequest.chat(",\"stream\":true", text: text))
        let pieces = try streamed.frames().compactMap { frame -> String? in
            guard frame.text.contains("\"delta\":{\"content\"") else { return nil }
            return try Self.text("content", in: String(frame.text.dropFirst(6)))
        }
        #expect(pieces.count == 60 && pieces.allSatisfy { $0.unicodeScalars.count == 4 })
        let content = try Self.text("content", in: body)
        #expect(content == pieces.joined() && content.contains("You said: "))
    }

    /// The text of the first member of this name, wherever it is.
    static func text(_ name: String, in json: String) throws -> String {
        let bytes = Array(json.utf8)
        var scanner = JSONScanner()
        while true {
            guard case .key(let key) = try scanner.next(in: bytes.span) else { continue }
            guard key.string(in: bytes.span) == name,
                case .string(let text) = try scanner.next(in: bytes.span)
            else { continue }
            return text.string(in: bytes.span)
        }
    }

    @Test func promptsAreCountedWhateverTheirShape() {
        var bench = Self.bench()
        let messages = [
            "{\"role\":\"user\",\"content\":\"12345678\"}",
            "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"12345678\"}]}",
            "{\"content\":[{\"type\":\"text\",\"text\":\"1234\"},{\"type\":\"image_url\","
                + "\"image_url\":{\"url\":\"x\"}},{\"type\":\"text\",\"text\":\"5678\"}],\"role\":\"user\"}",
            "{\"role\":\"system\",\"content\":\"1234\"},{\"role\":\"user\",\"content\":\"5678\"}",
            "{\"role\":\"assistant\",\"content\":null},{\"role\":\"user\",\"content\":\"12345678\"}",
        ]
        for message in messages {
            let json = "{\"messages\":[\(message)],\"model\":\"sandbox\"}"
            let answer = bench.send(ModelRequest.post("/chat/completions", json))
            #expect(answer.value("prompt_tokens") == "2", "\(message)")
        }
    }

    /// The turn is the number of the user's messages.
    @Test func aConversationIsItsHistory() {
        var bench = Self.bench { $0.pacing.replyTokens = .fixed(60) }
        let user = "{\"role\":\"user\",\"content\":\"order 4711\"}"
        let bot = "{\"role\":\"assistant\",\"content\":\"ok\"}"
        for (history, turn) in [(user, 1), ("\(user),\(bot),\(user)", 2)] {
            let json = "{\"model\":\"sandbox\",\"messages\":[\(history)]}"
            let answer = bench.send(ModelRequest.post("/v1/chat/completions", json))
            #expect(answer.value("content")?.contains("(turn \(turn))") == true)
        }
    }

    @Test func prefixesAreCachedInBlocks() {
        var bench = Self.bench { $0.pacing.cacheBlock = 2 }
        func cached(_ text: String) -> String? {
            bench.send(ModelRequest.chat(text: text)).value("cached_tokens")
        }
        #expect(cached("12345678ABCDEFGHxyz") == "0")
        #expect(cached("12345678ABCDEFGHother") == "4")
        #expect(cached("12345678abcdefgh") == "2")
        // The last token is always read.
        #expect(cached("12345678") == "0" && cached("12345678a") == "2")
        #expect(cached("ABCDEFGH12345678") == "0")
    }

    @Test func whatIsCachedIsNotReadAgain() {
        var bench = Self.bench { ($0.pacing.cacheBlock, $0.pacing.prefill) = (1, 1) }
        let request = ModelRequest.chat(",\"max_tokens\":1", text: "1234567812345678")
        #expect(bench.send(request).delay == .milliseconds(4_300))
        #expect(bench.send(request).delay == .milliseconds(1_300))
    }

    // MARK: Other services

    @Test func aResponseGoesOnFromAnother() {
        var bench = Self.bench { $0.pacing.replyTokens = .fixed(60) }
        let first = bench.send(
            ModelRequest.post("/v1/responses", "{\"model\":\"sandbox\",\"input\":\"12345678\"}"))
        let id = first.value("id") ?? ""
        #expect(id.hasPrefix("resp_") && first.value("text")?.contains("(turn 1)") == true)
        let second = bench.send(
            ModelRequest.post(
                "/v1/responses",
                "{\"model\":\"sandbox\",\"input\":\"1234\",\"previous_response_id\":\"\(id)\"}"))
        #expect(second.value("text")?.contains("(turn 2)") == true)
        #expect(second.value("input_tokens") == "63")
    }

    @Test func everyServiceStreamsItsOwnFrames() {
        let ends = [
            "openai": "data: [DONE]\n\n", "azure-openai": "data: [DONE]\n\n",
            "anthropic": "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ]
        for (name, request) in ModelRequest.streams {
            var bench = Self.bench()
            #expect(bench.send(request).status == 200, "\(name)")
            let frames = bench.frames()
            #expect(frames.last.map { $0.text == ends[name] ?? $0.text } == true, "\(name)")
            #expect(bench.stream?.outputFrames == 10, "\(name)")
            for (place, frame) in frames.enumerated() where frame.text != "data: [DONE]\n\n" {
                let json = frame.text.split(separator: "\n").last.map(String.init) ?? ""
                let text = json.hasPrefix("data: ") ? String(json.dropFirst(6)) : json
                #expect(throws: Never.self, "\(name) \(place): \(text)") {
                    var scanner = JSONScanner()
                    let bytes = Array(text.utf8)
                    try scanner.skipValue(in: bytes.span)
                    _ = try scanner.next(in: bytes.span)
                }
            }
            let counts = bench.services.snapshot(of: nil)
            #expect(
                counts.requests.keys.allSatisfy { $0.hasPrefix(name + ".") }, "\(counts.requests)")
        }
    }

    static let finals: [(String, String)] = [
        ("responses", "\"status\":\"completed\",\"error\":null,\"incomplete_details\":null"),
        (
            "responses",
            "\"usage\":{\"input_tokens\":1,\"input_tokens_details\":{\"cached_tokens\":0},"
        ),
        ("anthropic", "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}"),
        ("anthropic", "\"usage\":{\"output_tokens\":10}"),
        ("ollama", "\"done\":true,\"done_reason\":\"stop\",\"total_duration\":480000000,"),
        ("ollama", "\"prompt_eval_count\":1,\"prompt_eval_duration\":300000000,\"eval_count\":10,"),
        ("gemini", "\"finishReason\":\"STOP\",\"index\":0}]"),
        (
            "gemini",
            "\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":10,"
                + "\"totalTokenCount\":11}"
        ),
    ]

    @Test(arguments: finals)
    func theEndSaysHowItEnded(name: String, text: String) {
        var bench = Self.bench()
        _ = bench.send(ModelRequest.stream(of: name))
        #expect(bench.frames().suffix(2).contains { $0.text.contains(text) })
    }

    @Test func geminiSendsAnArrayWhereEventsAreNotAskedFor() {
        var bench = Self.bench { $0.pacing.replyTokens = .fixed(2) }
        _ = bench.send(ModelRequest.stream(of: "gemini").replacing("?alt=sse", with: ""))
        #expect(bench.response.contentType == "application/json; charset=UTF-8")
        let all = bench.frames().map(\.text).joined()
        #expect(all.hasPrefix("[{\"candidates\"") && all.hasSuffix("}\r\n]"))
        let bytes = Array(all.utf8)
        var scanner = JSONScanner()
        #expect(throws: Never.self) { try scanner.skipValue(in: bytes.span) }
    }

    @Test func ollamaAndTamakoShareAPath() {
        var bench = Self.bench()
        let chat = bench.send(SandboxServerTests.chat)
        #expect(chat.status == 200 && chat.body.contains("TamakoBot API V2"))
        var alone = Self.bench { $0.tamako.isOffered = false }
        #expect(alone.send(SandboxServerTests.chat).body == "{\"error\":\"method not allowed\"}")
    }
}
