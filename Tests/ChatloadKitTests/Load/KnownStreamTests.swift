import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Streams whose every moment is known, played over the wire in virtual time: what is measured is
/// exactly what happened, whatever other tools say of the same streams.
@Suite struct KnownStreamTests {
    /// What is sent, and when, counted from the request's arrival.
    typealias Moment = (at: Int64, bytes: String)

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        /// Data of frames, by their milliseconds.
        var frames: [Moment]
        /// Whether the body ends as it should, or the connection is cut.
        var isCut = false
        var outcome: String? = nil
        var ttft: Double? = 300
        var ttfa: Double? = 300
        var tpot: Double? = 20
        var icl: Double? = 20
        var longest: Double? = 20
        var reply: Double? = 480
        var service: Double? = 580
        var tokens = 10
        var lost = 0
        var testDescription: String { name }
    }

    private static func delta(_ members: String, _ more: String = "") -> String {
        #"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{\#(members)}\#(more)}]}"#
    }

    private static func words(_ channel: String, _ count: Int, from start: Int64) -> [Moment] {
        (0..<count).map { number in
            (
                start + 20 * Int64(number),
                delta(#""\#(channel)":"w\#(number) ""#, #","finish_reason":null"#)
            )
        }
    }

    private static let role: Moment = (100, delta(#""role":"assistant","content":"""#))
    private static let done = "[DONE]"

    private static func finish(_ reason: String = "stop", at time: Int64 = 480) -> Moment {
        (time, delta("", #","finish_reason":"\#(reason)""#))
    }

    private static func usage(_ tokens: Int = 10, at time: Int64 = 580) -> Moment {
        (time, #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":\#(tokens)}}"#)
    }

    private static func usualEnd(_ reason: String = "stop", tokens: Int = 10) -> [Moment] {
        [finish(reason), usage(tokens), (580, done)]
    }

    static let rows: [Row] = [
        Row(name: "ten words", frames: [role] + words("content", 10, from: 300) + usualEnd()),
        Row(
            name: "two frames of five tokens",
            frames: [
                role, (300, delta(#""content":"a b c d e""#)),
                (400, delta(#""content":"f g h i j""#)),
            ]
                + usualEnd(),
            tpot: 100.0 / 9, icl: 100, longest: 100, reply: 400),
        Row(
            name: "reasoning first",
            frames: [role] + words("reasoning_content", 5, from: 300)
                + words("content", 5, from: 400)
                + usualEnd(),
            ttfa: 400),
        Row(
            name: "a tool alone",
            frames: [
                role,
                (
                    300,
                    delta(
                        #""tool_calls":[{"index":0,"id":"c","function":{"name":"look","arguments":""}}]"#
                    )
                ),
                (320, delta(#""tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]"#)),
            ] + usualEnd("tool_calls", tokens: 2),
            ttfa: nil, reply: 320, tokens: 2),
        Row(
            name: "a refusal", frames: [role] + words("refusal", 10, from: 300) + usualEnd()),
        Row(
            name: "an error in a frame",
            frames: [role] + words("content", 3, from: 300)
                + [(360, #"{"error":{"message":"out of memory","code":500}}"#), (360, done)],
            outcome: "service_error", lost: 3),
        Row(
            name: "an event called error",
            frames: [role] + words("content", 3, from: 300)
                + [(360, "event: error\ndata: {\"error\":{\"message\":\"out of memory\"}}")],
            outcome: "service_error", lost: 3),
        Row(
            name: "cut after three", frames: [role] + words("content", 3, from: 300), isCut: true,
            outcome: "closed_early", lost: 3),
        Row(
            name: "a clean end after three", frames: [role] + words("content", 3, from: 300),
            outcome: "closed_early", lost: 3),
        Row(
            name: "a finish without usage and end",
            frames: [role] + words("content", 10, from: 300) + [finish()], service: 480),
        Row(
            name: "one token",
            frames: [role] + words("content", 1, from: 300) + usualEnd(tokens: 1),
            tpot: nil, icl: nil, longest: nil, reply: 300, tokens: 1),
        Row(
            name: "no output", frames: [role] + usualEnd(tokens: 0), ttft: nil, ttfa: nil,
            tpot: nil,
            icl: nil, longest: nil, reply: 580, tokens: 0),
        Row(
            name: "ten words at once",
            frames: [
                role,
                (300, words("content", 10, from: 0).map(\.bytes).joined(separator: "\n\ndata: ")),
            ]
                + usualEnd(),
            tpot: nil, icl: nil, longest: nil, reply: 300),
    ]

    @Test(arguments: rows)
    func isMeasuredAsItIs(row: Row) async throws {
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"x"}]}"#], load: LoadShape(users: 1, conversations: 3))
        run.service = try #require(Services.named("openai"))
        run.timeouts = Timeouts(total: .seconds(10))
        run.adjust = { $0.tokens = .words }
        let result = try await run.against { try await Self.serve(row, $0, $1) }
        let summary = result.summary
        #expect(summary.totals[.exchanges] == 3)
        #expect(summary.errors.map(\.errorClass) == [row.outcome].compactMap(\.self))
        if row.outcome != nil {
            #expect(summary.totals[.lostTokens] == 3 * row.lost)
            #expect(summary.latency[.ttft].count == 0 && summary.latency[.icl].count == 0)
            return
        }
        #expect(summary.totals[.replyTokens] == 3 * row.tokens)
        for (metric, expected) in [
            (DistributionMetric.ttft, row.ttft), (.ttfa, row.ttfa), (.tpot, row.tpot),
            (.icl, row.icl), (.maxGap, row.longest), (.reply, row.reply), (.service, row.service),
        ] {
            let mean = summary.latency[metric].mean
            #expect(
                mean.map { ($0 * 1e3).rounded() } == expected.map { ($0 * 1e3).rounded() },
                "\(metric)")
        }
    }

    /// What is waited for in vain ends at its own time; what carries no output puts neither off.
    @Test(arguments: [
        (250 as Int64?, nil as Int64?, ErrorClass.timeoutFirstToken, 250.0),
        (350, 30, .timeoutIdle, 350),
    ])
    func isNotWaitedForLonger(
        first: Int64?, idle: Int64?, errorClass: ErrorClass, after: Double
    ) async throws {
        // A word at 300 and one at 320, then comments alone.
        let comments: [Moment] = (0..<20).map { (330 + 20 * Int64($0), ": still here") }
        let row = Row(
            name: "slow", frames: [Self.role] + Self.words("content", 2, from: 300) + comments)
        var run = VirtualRun(
            scripts: [#"{"turns":[{"say":"x"}]}"#], load: LoadShape(users: 1, conversations: 2))
        run.service = try #require(Services.named("openai"))
        run.timeouts = Timeouts(
            total: .seconds(10), firstToken: first.map { .milliseconds($0) },
            idle: idle.map { .milliseconds($0) })
        let summary = try await run.against { try await Self.serve(row, $0, $1) }.summary
        #expect(summary.errors.map(\.errorClass) == [errorClass.rawValue])
        #expect(summary.totals[.failed] == 2 && summary.latency[.failed].max == after)
    }

    private static func serve(_ row: Row, _ stream: Stream, _ loop: EventLoop) async throws {
        while try await !stream.receiveRequest().isEmpty {
            let start = loop.tick
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            try await stream.send(Array(head.utf8))
            for (at, bytes) in row.frames {
                await loop.sleep(until: start + .milliseconds(at))
                let frame =
                    (bytes.hasPrefix("event:") || bytes.hasPrefix(":") ? bytes : "data: " + bytes)
                    + "\n\n"
                let size = String(frame.utf8.count, radix: 16)
                try await stream.send(Array("\(size)\r\n\(frame)\r\n".utf8))
            }
            if row.isCut { return }
            try await stream.send(Array("0\r\n\r\n".utf8))
        }
    }
}
