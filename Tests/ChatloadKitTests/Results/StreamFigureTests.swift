import Base
import Networking
import Testing

@testable import ChatloadKit

/// A streamed reply by its pieces, all times in milliseconds since it was sent.
struct PlayedStream: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// When each piece came, and what it was.
    var pieces: [(at: Int64, channel: ReplyOutput.Channel)]
    var replyTokens = 10
    var source = TokenSource.reported
    var firstTokens: Int?
    var finish = "stop"
    var hasEnd = true
    var end: Int64 = 580
    var outcome = Outcome.ok

    /// Ten pieces, 20 ms apart, from 300 ms on.
    static let tenPieces = (0..<10).map { (300 + 20 * Int64($0), ReplyOutput.Channel.answer) }

    init(
        _ name: String,
        _ pieces: [(Int64, ReplyOutput.Channel)] = tenPieces, tokens: Int = 10
    ) {
        testDescription = name
        self.pieces = pieces.map { (at: $0.0, channel: $0.1) }
        replyTokens = tokens
    }

    func with(_ change: (inout PlayedStream) -> Void) -> PlayedStream {
        var stream = self
        change(&stream)
        return stream
    }

    /// Sent 5 ms after it was due, in turn `turn`.
    func exchange(due: Nanoseconds = .zero, turn: Int = 1) -> Exchange {
        var output = ReplyOutput()
        output.isStreamed = true
        let sent = due + .milliseconds(5)
        for piece in pieces { output.take(piece.channel, at: sent + .milliseconds(piece.at)) }
        output.firstTokens = firstTokens
        output.finish = finish
        output.hasTerminator = hasEnd
        var exchange = Exchange()
        (exchange.intended, exchange.sent) = (due, sent)
        exchange.end = sent + .milliseconds(end)
        exchange.turn = turn
        exchange.take(output, since: .zero)
        exchange.promptTokens = 100
        exchange.replyTokens = replyTokens
        exchange.tokenSource = source
        exchange.status = 200
        exchange.outcome = outcome
        if outcome == .ok {
            exchange.reply = (exchange.lastToken ?? exchange.end) - sent
            exchange.turnTime = exchange.end - due
        }
        return exchange
    }
}

/// The streams of which tools measure different things, and what is true of each.
@Suite struct StreamFigureTests {
    /// Means in milliseconds; nil where there is none.
    struct Truth: Sendable {
        var ttft: Double? = 300
        var ttfa: Double? = 300
        var tpot: Double? = 20
        var icl: Double? = 20
        var longest: Double? = 20
        var reply: Double? = 480
        var note = ""
    }

    static let known = PlayedStream("the known stream")

    static let streams: [(PlayedStream, Truth)] = [
        (known, Truth()),
        (
            PlayedStream("2 frames of 5 tokens", [(300, .answer), (400, .answer)]).with {
                $0.end = 500
            },
            Truth(tpot: 11.111, icl: 100, longest: 100, reply: 400, note: "tpot is too short by")
        ),
        (
            PlayedStream("the same with usage per frame", [(300, .answer), (400, .answer)]).with {
                $0.firstTokens = 5
            }, Truth(tpot: 20, icl: 100, longest: 100, reply: 400)
        ),
        (
            PlayedStream(
                "reasoning, then content",
                known.pieces.enumerated().map { ($1.at, $0 < 5 ? .reasoning : .answer) }),
            Truth(ttfa: 400)
        ),
        (
            PlayedStream("a tool call only", known.pieces.map { ($0.at, .tool) }).with {
                $0.finish = "tool_calls"
            }, Truth(ttfa: nil)
        ),
        (known.with { ($0.testDescription, $0.finish) = ("a refusal", "refusal") }, Truth()),
        (
            known.with {
                $0.testDescription = "finish, but neither usage nor end"
                ($0.hasEnd, $0.source) = (false, .estimated)
            }, Truth(note: "1 streamed reply ended with a finish, but without")
        ),
        (
            PlayedStream("an end without finish").with { $0.finish = "" },
            Truth(note: "1 streamed reply ended with the stream's end, but without")
        ),
        (
            PlayedStream("one token", [(300, .answer)], tokens: 1),
            Truth(tpot: nil, icl: nil, longest: nil, reply: 300)
        ),
        (
            PlayedStream("no output", [], tokens: 0),
            Truth(ttft: nil, ttfa: nil, tpot: nil, icl: nil, longest: nil, reply: 580)
        ),
        (
            PlayedStream("ten frames in one read", known.pieces.map { _ in (300, .answer) }),
            Truth(tpot: nil, icl: nil, longest: nil, reply: 300, note: "1 of 1 streamed replies")
        ),
    ]

    static func summary(_ exchanges: [Exchange]) -> Summary {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        for exchange in exchanges { aggregator.add(exchange) }
        var summary = aggregator.summary(of: RunDescription(name: "r"))
        summary.note([])
        return summary
    }

    @Test(arguments: streams)
    func theFiguresAreTrue(stream: PlayedStream, truth: Truth) throws {
        let summary = Self.summary([stream.exchange()])
        let latency = summary.latency
        #expect(latency[.ttft].mean == truth.ttft)
        #expect(latency[.ttftDue].mean == truth.ttft.map { $0 + 5 })
        #expect(latency[.ttfa].mean == truth.ttfa)
        #expect(latency[.tpot].mean == truth.tpot)
        #expect(latency[.icl].mean == truth.icl)
        #expect(latency[.maxGap].mean == truth.longest)
        #expect(latency[.reply].mean == truth.reply)
        #expect(latency[.icl].max == truth.longest && latency[.icl].stddev ?? 0 == 0)
        #expect(latency[.service].mean == Double(stream.end))
        let pace = truth.tpot.map { 1_000 / $0 }
        #expect(summary.streams?.replyTokensPerSecond.mean?.rounded() == pace?.rounded())
        #expect(
            truth.note.isEmpty
                ? summary.notes.isEmpty : summary.notes.contains { $0.hasPrefix(truth.note) })
    }

    /// Failures are in no figure but their own; what they had put out is lost.
    @Test(arguments: [
        ErrorClass.serviceError, .closedEarly, .malformedReply, .timeoutIdle, .cancelled,
    ])
    func whatFailedHalfWayIsLost(failure: ErrorClass) throws {
        let cut = PlayedStream("cut", Array(PlayedStream.tenPieces.prefix(3)), tokens: 3).with {
            ($0.outcome, $0.finish, $0.hasEnd) = (.failed(failure), "", false)
        }
        let summary = Self.summary([cut.exchange(), cut.exchange(due: .seconds(1))])
        for metric in DistributionMetric.ofStreams {
            #expect(summary.figures(of: metric).count == 0)
        }
        #expect(summary.latency[.failed].count == 2)
        let streams = try #require(summary.streams)
        #expect(streams.lostTokens == 6 && summary.totals[.lostTokens] == 6)
        #expect(streams.streamed == 0 && streams.frames == 0 && streams.noFinish == 0)
        #expect(summary.totals[.outputTokens] == 0 && summary.notes.isEmpty)
    }

    /// What came and is not what the script expects was not lost.
    @Test func whatIsNotExpectedIsNotLost() {
        var exchange = Self.known.exchange()
        exchange.outcome = .failed(.expectation)
        let totals = Self.summary([exchange]).totals
        #expect(totals[.lostTokens] == 0 && totals[.outputTokens] == 0)
        #expect(totals[.replyTokens] == 10)
    }

    @Test func whatTheyWereLikeIsCounted() throws {
        var whole = Exchange()
        (whole.sent, whole.end, whole.reply) = (.zero, .seconds(1), .seconds(1))
        (whole.finish, whole.stream) = ("stop", [.onePiece, .otherReplies])
        var tooLong = Exchange()
        tooLong.outcome = .failed(.http4xx)
        tooLong.detail = "context length: 9000 tokens, 8192 at most"
        var cached = Self.known.exchange()
        cached.cachedTokens = 64
        var unknown = cached
        (unknown.cachedTokens, unknown.reasoningTokens) = (nil, 7)
        let summary = Self.summary(
            Self.streams.map { $0.0.exchange() } + [whole, tooLong, cached, unknown])
        let streams = try #require(summary.streams)
        #expect(streams.streamed == 13 && streams.whole == 1 && streams.onePiece == 1)
        #expect(streams.contextOverflows == 1 && streams.bursts == 1 && streams.noOutput == 1)
        #expect(streams.noEnd == 1 && streams.noFinish == 1 && streams.otherReplies == 1)
        #expect(streams.frames == 95 && streams.tokensPerFrame == 1.168)
        #expect(streams.tpotBasis == .mixed && streams.tpotBias == nil)
        #expect(streams.finishes == ["stop": 11, "tool_calls": 1, "refusal": 1])
        #expect(streams.cacheHit == 0.64 && summary.totals[.cacheHit] == 0.64)
        #expect(streams.reasoningTokens == 7 && streams.lostTokens == 0)
        #expect(summary.totals.tokenSource == .mixed)
    }

    @Test func whereNothingIsStreamedNothingIsTold() throws {
        let summary = ReportTests.summary
        #expect(summary.streams == nil && summary.totals[.cacheHit] == nil)
        let texts = [
            TerminalReport(summary).text, ReportPage(summary: summary, waterfalls: []).html,
            try JSONReport.text(summary.latency), try JSONReport.text(K6Summary(summary)),
        ]
        for text in texts {
            for word in ["ttft", "tpot", "Streaming"] { #expect(!text.contains(word)) }
        }
    }

    /// A retry's first token counts from its own send, and from when the first attempt was due.
    @Test func aRetryIsDueSinceTheFirstAttempt() {
        var failed = Exchange()
        (failed.sent, failed.end, failed.status) = (.zero, .milliseconds(50), 503)
        failed.outcome = .failed(.http5xx)
        var again = Self.known.exchange(due: .seconds(2))
        (again.intended, again.attempt) = (.zero, 2)
        let latency = Self.summary([failed, again]).latency
        #expect(latency[.ttft].mean == 300 && latency[.ttftDue].mean == 2_305)
    }

    /// Of many tokens a frame, the first of which are not told, the bias is.
    @Test func theBiasIsTold() throws {
        let frames = (0..<4).map { (300 + 50 * Int64($0), ReplyOutput.Channel.answer) }
        let summary = Self.summary([PlayedStream("of 8 tokens each", frames, tokens: 32).exchange()]
        )
        #expect(summary.streams?.tpotBias == 0.333 && summary.streams?.tpotBasis == .assumed)
        #expect(
            summary.notes == [
                "tpot is too short by up to 33 %: frames have 8.0 tokens, and the service does not "
                    + "say how many the first one has"
            ])
    }

    @Test func turnsAreToldApart() throws {
        let turns = [1, 1, 2, 3, 4, 7, 8, 30, 0]
        let exchanges = turns.enumerated().map { number, turn in
            Self.known.exchange(due: .seconds(Int64(number)), turn: turn)
        }
        let byTurn = try #require(Self.summary(exchanges).streams?.byTurn)
        #expect(byTurn.map(\.turns) == ["1", "2", "3", "4-7", "8+"])
        #expect(byTurn.map(\.ttft.count) == [2, 1, 1, 2, 2])
        #expect(byTurn.allSatisfy { $0.promptTokens == 100 && $0.ttft.mean == 300 })
    }

    /// Rates are of what succeeded within the load.
    @Test func ratesAreOfTheLoad() throws {
        let exchanges = (0..<20).map { Self.known.exchange(due: .milliseconds(500 * $0)) }
        let summary = Self.summary(exchanges)
        let seconds = summary.totals.span.length
        #expect(seconds == 10.085)
        #expect(
            summary.totals.rate(.outputTokensPerSecond) == (200_000 / seconds).rounded() / 1_000)
        #expect(
            summary.totals.rate(.promptTokensPerSecond) == (2_000_000 / seconds).rounded() / 1_000)
        #expect(
            summary.totals.rate(.totalTokensPerSecond) == (2_200_000 / seconds).rounded() / 1_000)
        #expect(summary.timeline.contains { $0.tokensPerSecond > 0 && $0.p50 == nil })
    }

    @Test func thresholdsMayBeOnThem() throws {
        let exchanges = (0..<500).map { Self.known.exchange(due: .milliseconds(100 * $0)) }
        for (text, isKept) in [
            ("ttft.p95<301ms", true), ("ttft.p95<299ms", false), ("icl.p99<20.1ms", true),
            ("icl.p99<19.9ms", false), ("tpot.p50<=20ms over 10s", true),
            ("max_gap.max<21ms", true),
            ("reply_tokens_per_s.p50>49", true), ("reply_tokens_per_s.p50>51", false),
            ("output_tokens_per_s>90", true), ("cache_hit>60%", false),
            ("icl.p99<20.1ms over 10s", true), ("step.say.ttfa.p50<1s", true),
            ("steady.ttft.p50<301ms", true),
        ] {
            let objectives = Objectives(thresholds: [try Threshold(parsing: text)])
            var aggregator = Aggregator(steps: StepTable(names: ["say"]), objectives: objectives)
            for exchange in exchanges { aggregator.add(exchange) }
            let result = try #require(
                aggregator.summary(of: RunDescription(name: "r")).slo.first)
            #expect(result.passed == isKept, "\(text): \(result)")
        }
    }

    /// A page shows at most so many, the same ones however they are spread.
    @Test func thePromptsShownAreTheSameForAnyWorkers() {
        let exchanges = (0..<9_000).map { number in
            var exchange = Self.known.exchange(due: .milliseconds(Int64(number)))
            exchange.promptTokens = number
            return exchange
        }
        var whole = PromptSamples()
        var parts = [PromptSamples](repeating: PromptSamples(), count: 3)
        for (number, exchange) in exchanges.enumerated() {
            whole.add(exchange, ttft: .milliseconds(300))
            parts[number * number % 3].add(exchange, ttft: .milliseconds(300))
        }
        var merged = PromptSamples()
        for part in parts.reversed() { merged.merge(part) }
        #expect(whole.kept.count == PromptSample.most && merged.kept == whole.kept)
        let mean = whole.kept.reduce(0) { $0 + $1.promptTokens } / PromptSample.most
        #expect((4_200...4_800).contains(mean))
    }
}
