import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What reports say of a run in which replies were streamed.
@Suite struct StreamReportTests {
    static let run = SyntheticRun(seed: 11, count: 6_000, streams: true)
    static let summary: Summary = {
        var summary = run.aggregator.summary(of: run.description)
        summary.note([])
        return summary
    }()

    @Test func formatsAreAsRecorded() {
        let section = TextLine.text(
            of: [TerminalReport(Self.summary).streaming], isColoured: false)
        #expect(Golden.difference(section, from: "reports/terminal-streams.txt") == nil)
        let rows = SummaryCSV.text(Self.summary).split(separator: "\n").filter { row in
            [
                "streams,", "finish,", "made_prompts,", "reply_tokens_per_s,", "tokens,,", "ttft",
                "prompt_tokens_by_turn",
            ]
            .contains { row.hasPrefix($0) } && !row.contains("say")
        }
        #expect(
            Golden.difference(
                rows.joined(separator: "\n") + "\n", from: "reports/summary-streams.csv") == nil)
    }

    @Test func noLineIsWiderThanTheTerminal() {
        var odd = Self.summary
        odd.streams?.finishes[String(repeating: "理由\u{7}", count: 32)] = 9_999_999_999
        odd.streams?.contextOverflows = 9_999_999_999
        odd.latency[.icl].count = 9_999_999_999
        for columns in [80, 97, 140] {
            for line in TerminalReport(odd, columns: columns).text.split(separator: "\n") {
                #expect(TextLayout.columns(of: String(line)) <= columns, "\(line)")
                #expect(line.unicodeScalars.allSatisfy { $0.value >= 32 })
            }
        }
    }

    @Test func theSummaryIsReadBack() throws {
        let text = try JSONReport.text(Self.summary)
        #expect(try JSONDecoder().decode(Summary.self, from: Data(text.utf8)) == Self.summary)
        let metrics = K6Summary(Self.summary).metrics
        #expect(metrics["chatload_ttft"]?.contains == "time")
        #expect(metrics["chatload_reply_tokens_per_s"]?.contains == "default")
        #expect(metrics["chatload_cache_hit"]?.type == "rate")
    }

    @Test func theSchemaHasThem() throws {
        var streams = try #require(Self.summary.streams)
        streams.tpotBias = 0.5
        let schema = try ReferenceTests.schema("summary")
        let own = try #require(schema["$defs"]?["streams"])
        // Its keys are the service's words.
        streams.finishes = [:]
        let file = try JSONTree(bytes: JSONReport.bytes(streams))
        #expect(own.complaints(about: file, root: schema) == [])
        let latencies = try JSONTree(bytes: JSONReport.bytes(Self.summary.latency))
        let theirs = try #require(schema["$defs"]?["latencies"])
        #expect(theirs.complaints(about: latencies, root: schema) == [])
        let points = try Self.summary.timeline.prefix(3).map {
            try JSONTree(bytes: JSONReport.bytes($0))
        }
        let point = try #require(schema["$defs"]?["timeline_point"])
        for each in points { #expect(point.complaints(about: each, root: schema) == []) }
    }

    /// Every output has what only streams have.
    @Test func everyFileTellsOfThem() throws {
        let latencies = Self.run.aggregator.latencyLog
        let log = HdrHistogramLog.text(latencies, of: Self.summary)
        let served = OpenMetrics(Self.run.aggregator, of: Self.run.description).text(.openMetrics)
        for metric in [DistributionMetric.ttft, .tpot, .icl] {
            #expect(log.contains("Tag=\(metric.row.name),"))
            #expect(served.contains("chatload_\(metric.row.name)_seconds_bucket{step=\"say\""))
        }
        #expect(served.contains("\nchatload_streamed_replies_total "))
        #expect(Self.summary.timeline.contains { $0.ttftP50 != nil && $0.tpotP50 != nil })
        let html = ReportPage(
            summary: Self.summary, waterfalls: [], samples: latencies.samples
        ).html
        for words in [
            "id=\"streaming\"", "<figure class=\"chart\" id=\"prompts\">", "4-7",
            "Time to the first token by turn", "tpot: Time per token",
        ] { #expect(html.contains(words), "\(words)") }
        #expect(!html.contains("nan") && !html.contains("inf\""))
    }

    /// The log of a run gives every figure again, and shards add up exactly.
    @Test func theLogGivesTheSameFigures() throws {
        let folder = try ScratchFolder()
        let path = try RunReaderTests.write(Self.run, in: folder)
        let read = try RunReader.summary(of: [path])
        #expect(read.streams == Self.summary.streams && read.streams != nil)
        #expect(read.latency == Self.summary.latency && read.totals == Self.summary.totals)
        #expect(read.percentiles == Self.summary.percentiles)
        #expect(read.timeline == Self.summary.timeline && read.notes == Self.summary.notes)
    }

    @Test func shardsAddUp() throws {
        let half = Self.run.exchanges.count / 2
        var whole = Aggregator(steps: Self.run.steps)
        var shards = [whole, whole]
        for (number, exchange) in Self.run.exchanges.enumerated() {
            whole.add(exchange)
            shards[number < half ? 0 : 1].add(exchange)
        }
        var merged = Aggregator(steps: StepTable())
        for shard in shards { merged.merge(shard: shard) }
        let run = RunDescription(name: "r")
        let (one, two) = (whole.summary(of: run), merged.summary(of: run))
        #expect(one.latency == two.latency && one.percentiles == two.percentiles)
        #expect(one.streams?.byTurn == two.streams?.byTurn)
        #expect(one.streams?.finishes == two.streams?.finishes)
        #expect(one.streams?.replyTokensPerSecond == two.streams?.replyTokensPerSecond)
        #expect(whole.latencyLog.samples == merged.latencyLog.samples)
    }

    /// A streamed reply's bar is split where its first token came, and where its answer began.
    @Test func waterfallsAreSplitAtTheTokens() throws {
        var row = WaterfallRow()
        (row.step, row.outcome, row.end) = ("say", "ok", .milliseconds(600))
        (row.sent, row.firstByte) = (.milliseconds(5), .milliseconds(100))
        (row.firstToken, row.answerToken) = (.milliseconds(300), .milliseconds(400))
        var record = ConversationRecord()
        (record.script, record.exchanges, record.ended) = ("s", 1, .milliseconds(600))
        var slowest = SlowestConversations()
        slowest.add(record)
        let waterfall = Waterfall(conversation: slowest.entries[0], exchanges: [row])
        let html = ReportPage(summary: Self.summary, waterfalls: [waterfall]).html
        for words in [
            "<rect class=\"wait\"", "<rect class=\"think\"", "<rect class=\"read\"",
            "first token after 295 ms", "answer after 395 ms", "reasoning before the answer",
        ] { #expect(html.contains(words), "\(words)") }
    }

    /// Reported tokens beside estimated ones say nothing of a service.
    @Test func tokensOfTwoSourcesAreNotCompared() throws {
        func sample(_ source: TokenSource, streams: Bool = true) -> RunSample {
            var tally = RunTally(steps: StepTable(names: ["say"]))
            for number in 0..<800 {
                let time = Nanoseconds.milliseconds(Int64(number) * 25)
                var exchange = StreamFigureTests.known.with { $0.source = source }.exchange(
                    due: time)
                if !streams { exchange.firstToken = nil }
                if !streams { exchange.stream = [] }
                tally.add(exchange)
            }
            return RunSample(folder: source.rawValue, run: RunDescription(name: "r"), tally: tally)
        }
        var settings = Comparison.Settings()
        settings.draws = 200
        let alike = try Comparison(
            base: [sample(.reported)], new: [sample(.reported)], settings: settings)
        let names = Set(alike.figures.map(\.metric.rawValue))
        #expect(names.isSuperset(of: ["ttft", "ttfa", "tpot", "icl", "output_tokens_per_s"]))
        #expect(alike.warnings.isEmpty && alike.verdict == .noEvidence)
        let other = try Comparison(
            base: [sample(.reported)], new: [sample(.estimated)], settings: settings)
        let left = Set(other.figures.map(\.metric.rawValue))
        #expect(names.subtracting(left) == ["tpot", "output_tokens_per_s"])
        #expect(
            other.warnings.contains { $0.hasSuffix("BASE's tokens are reported, NEW's estimated") })
        let whole = try Comparison(
            base: [sample(.reported, streams: false)], new: [sample(.reported, streams: false)],
            settings: settings)
        #expect(!whole.figures.contains { $0.metric.isOfTokens } && whole.warnings.isEmpty)
    }
}
