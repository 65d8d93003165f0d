import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct ReportPageTests {
    /// A conversation of the synthetic run as its log has it.
    static func waterfall(of conversation: SlowConversation) -> Waterfall {
        var waterfall = Waterfall(conversation: conversation)
        let start = Nanoseconds(seconds: conversation.start)
        waterfall.exchanges = (1...conversation.exchanges).map { number in
            var row = WaterfallRow()
            let intended = start + .milliseconds(Int64(number) * 60)
            (row.turn, row.step, row.attempt) = (number, "say", number == 3 ? 2 : 1)
            (row.intended, row.end) = (intended, intended + .milliseconds(50))
            row.outcome = number == 4 ? "connect_refused" : "ok"
            if number == 4 { return row }
            row.throttled = number == 2 ? .milliseconds(15) : .zero
            row.connecting = number == 1 ? .milliseconds(2) : .zero
            row.sent = intended + .milliseconds(20)
            row.firstByte = intended + .milliseconds(45)
            row.status = 200
            return row
        }
        return waterfall
    }

    static func page(_ summary: Summary) -> ReportPage {
        ReportPage(summary: summary, waterfalls: summary.slowest.map(waterfall))
    }

    /// What is between the page's style and its script.
    static func content(_ html: String) -> String {
        let parts = html.split(separator: "<main>\n", maxSplits: 1)
        return String(parts.last?.split(separator: "</main>").first ?? "")
    }

    /// How often `piece` is in `text`.
    static func count(_ piece: String, in text: some StringProtocol) -> Int {
        text.ranges(of: piece).count
    }

    /// The figure called `id`.
    static func figure(_ id: String, of html: String) throws -> Substring {
        let start = try #require(html.firstRange(of: "<figure class=\"chart\" id=\"\(id)\">"))
        let rest = html[start.upperBound...]
        return rest[..<(try #require(rest.firstRange(of: "</figure>"))).lowerBound]
    }

    @Test func aSmallPageIsAsRecorded() {
        let small = SyntheticRun(seed: 7, count: 40)
        var summary = small.aggregator.summary(of: small.description)
        summary.slowest = Array(summary.slowest.prefix(2))
        let html = Self.page(summary).html
        #expect(Golden.difference(Self.content(html), from: "reports/report.html.txt") == nil)
    }

    @Test func everyPointIsDrawn() throws {
        let summary = ReportTests.summary
        let html = Self.page(summary).html
        let curves = summary.percentiles
        let most = try #require(curves.values.map(\.count).max())
        let percentiles = try Self.figure("percentiles", of: html)
        #expect(Self.count("class=\"m\"", in: percentiles) == most)
        let points = Set(curves.values.map { $0.map(\.value) }).reduce(0) { $0 + $1.count }
        let lines = percentiles.split(separator: "<path class=\"line").dropFirst()
            .filter { $0.contains("d=\"M") && !$0.contains("d=\"M0 4H24") }
        #expect(
            lines.reduce(0) { $0 + $1.prefix { $0 != ">" }.count { "ML".contains($0) } } == points)
        let bars = try Self.figure("histogram", of: html)
        #expect(Self.count("class=\"bar\"", in: bars) == summary.responseHistogram.count)
        let cells = try Self.figure("heatmap", of: html)
        let filled = summary.heatMap.counts.joined().count { $0 > 0 }
        #expect(Self.count("data-t=", in: cells) == filled)
        let timeline = try Self.figure("timeline", of: html)
        #expect(Self.count("data-t=", in: timeline) == summary.timeline.count)
        let exchanges = summary.slowest.reduce(0) { $0 + $1.exchanges }
        #expect(
            Self.count("class=\"m row\"", in: html) == exchanges + summary.responseHistogram.count)
    }

    @Test func anInvalidRunSaysSoBeforeItsFigures() throws {
        var summary = ReportTests.summary
        summary.verdict.generator = .invalid
        summary.verdict.findings = [VerdictFinding(.logAlone, .invalid, "it was late")]
        let html = Self.content(Self.page(summary).html)
        let alarm = try #require(
            html.firstRange(of: "<div class=\"verdict invalid\" role=\"alert\">"))
        let figures = try #require(html.firstRange(of: "id=\"figures\""))
        #expect(alarm.lowerBound < figures.lowerBound && html.contains("<li>it was late</li>"))
    }

    @Test func nothingWasSentIsAPageToo() {
        let html = ReportPage(summary: ReportTests.empty, waterfalls: []).html
        #expect(html.contains("No exchange failed.") && !html.contains("<figure"))
        #expect(!html.contains("nan") && !html.contains("inf\""))
    }

    /// A summary in which every text is `text`, each as often as it can be.
    static func summary(saying text: String) -> Summary {
        var run = RunDescription(name: text)
        (run.started, run.service, run.target, run.planHash) = (text, text, text, text)
        run.workloads = Array(repeating: text, count: 300)
        run.mergedRuns = run.workloads
        run.settings = dictionary(text)
        (run.labels, run.versions, run.machine) = (run.settings, run.settings, run.settings)
        var summary = Summary(run: run)
        summary.notes = run.workloads
        summary.verdict.findings = run.workloads.map { VerdictFinding(.logAlone, .invalid, $0) }
        var result = SLOResult(expression: text, unit: .share)
        result.remark = text
        summary.slo = Array(repeating: result, count: 300)
        summary.steps = dictionary(text, count: 1_001).mapValues { _ in
            StepSummary(counts: [.exchanges: 9])
        }
        summary.errors = (0..<4_096).map { number in
            ErrorSummary(
                errorClass: text, step: text, status: 500, count: number, first: 1, last: 2,
                example: text)
        }
        summary.quotas = Array(repeating: QuotaResult(expression: text), count: 300)
        var credential = CredentialResult(label: text)
        credential.serviceLimits = [text: text]
        summary.credentials = Array(repeating: credential, count: 5_000)
        let example = DriftExample(
            conversation: text, turn: 1, distance: 1, recorded: text, live: text)
        summary.drift.mostChanged = Array(repeating: example, count: 10)
        summary.drift.compared = 10
        return summary
    }

    private static func dictionary(_ text: String, count: Int = 300) -> [String: String] {
        Dictionary(uniqueKeysWithValues: (0..<count).map { ("\(text)\($0)", text) })
    }

    /// Waterfalls in which every text is `text`, as many as there can be.
    static func waterfalls(saying text: String) -> [Waterfall] {
        var record = ConversationRecord()
        (record.script, record.ended, record.exchanges) = (text, .seconds(100), 100)
        var waterfall = waterfall(of: SlowConversation(record))
        for index in waterfall.exchanges.indices {
            (waterfall.exchanges[index].step, waterfall.exchanges[index].outcome) = (text, text)
        }
        waterfall.gap = text
        return Array(repeating: waterfall, count: SlowestConversations.limit)
    }

    @Test(arguments: [
        "<script>window.pwned = 1</script>", "\"></svg><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)", "</title></style></script><h1>gone</h1>", "<!--", "]]>",
    ])
    func textsFromOutsideAreShownAndDoNothing(text: String) {
        let html = ReportPage(
            summary: Self.summary(saying: text), waterfalls: Self.waterfalls(saying: text)
        ).html
        #expect(Self.count(text, in: html) == 0)
        #expect(Self.count(HTMLText.escaped(text), in: html) > 1_000)
        for tag in ["<script", "<style", "<h1", "<title", "<body"] {
            #expect(Self.count(tag, in: html) == 1)
        }
    }

    @Test func thePageIsBoundedHoweverLongTheRun() {
        // Each scalar of this becomes nine bytes.
        var summary = Self.summary(saying: String(repeating: "\u{202E}", count: 1_000))
        let points = (0..<1_800).map { second in
            var point = TimelinePoint(start: Double(second) * 4_096, seconds: 4_096)
            (point.exchanges, point.failed, point.users) = (987_654_321, 123_456_789, 98_765.432)
            (point.mean, point.p50, point.p99, point.max) = (123.456, 123.456, 123.456, 123.456)
            (point.lagMean, point.lagMax) = (123.456, 123.456)
            return point
        }
        summary.timeline = points
        let rows = PreferredNumbers.tenths.count + 1
        let column = (1...rows).map { $0 * 1_234_567 }
        summary.heatMap = HeatMapFigures(
            seconds: 65_536, columns: Array(repeating: column, count: HeatMapFigures.columns))
        summary.responseHistogram = HistogramBin.bounds(PreferredNumbers.tenths).map {
            HistogramBin(from: $0, to: $0 * 1.1, count: 1_234_567)
        }
        let curve = (0..<200).map { PercentilePoint(share: Double($0) / 200, value: 123.456) }
        for name in ["response", "service", "reply", "ttfb"] { summary.percentiles[name] = curve }
        let html = ReportPage(
            summary: summary,
            waterfalls: Self.waterfalls(saying: String(repeating: "\u{202E}", count: 1_000))
        ).html
        #expect(html.utf8.count < 10_000_000)
    }
}
