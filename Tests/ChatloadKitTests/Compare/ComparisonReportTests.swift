import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// The reports of a comparison, as functions of nothing but it.
@Suite struct ComparisonReportTests {
    private static let steps = ["login", "say"]

    private static func side(
        _ factor: Double, seed: UInt64, users: Int, loss: Double = 0.002
    ) -> RunSample {
        let log = SimulatedLog(errorRate: loss, factor: factor, isSent: true)
        var run = RunDescription(name: "run-\(seed)")
        run.users = users
        run.settings["think"] = "2s"
        return RunSample(
            folder: "reports/\(seed)", run: run,
            tally: log.tally(of: 3_000, seed: seed, steps: steps))
    }

    private static let base = side(1, seed: 1, users: 10)

    /// With errors, drift, limits, and settings that differ.
    private static func slower() throws -> Comparison {
        let base = drifting(Self.base, changed: 20)
        let new = drifting(side(1.2, seed: 2, users: 12, loss: 0.05), changed: 90)
        let limits = try [
            "response.p50:+5%", "response.p99:+300%", "step.say.response.p99_9:+1ms",
            "errors:+1pp", "exchanges_per_s:-50%",
        ].map { try ChangeLimit(parsing: $0) }
        return try Comparison(base: [base], new: [new], settings: quick, limits: limits)
    }

    private static func drifting(_ run: RunSample, changed: Int) -> RunSample {
        var drift = ReplyDiffFigures()
        (drift.compared, drift.changed, drift.meanDistance) = (200, changed, 0.1)
        var run = run
        (run.summary.drift, run.summary.notes) = (drift, ["interrupted before its end"])
        return run
    }

    private static var quick: Comparison.Settings {
        var settings = Comparison.Settings()
        settings.draws = 200
        return settings
    }

    @Test func formatsAreAsRecorded() throws {
        let comparison = try Self.slower()
        #expect(comparison.verdict == .failsMore)
        let files = ["compare.html", "compare.json", "compare.csv"].map { "reports/change/\($0)" }
        let short = CompareText(comparison, files: files).text
        #expect(Golden.difference(short, from: "compare/short.txt") == nil)
        let all = CompareText(comparison, showsAll: true).text
        #expect(Golden.difference(all, from: "compare/all.txt") == nil)
        #expect(Golden.difference(comparison.csv, from: "compare/compare.csv") == nil)
        let json = try JSONReport.text(comparison)
        #expect(Golden.difference(json, from: "compare/compare.json") == nil)
        let again = try JSONDecoder().decode(Comparison.self, from: Data(json.utf8))
        #expect(again == comparison)
    }

    @Test func alikeAndTooShortRunsSaySo() throws {
        let alike = try Comparison(
            base: [Self.base], new: [Self.side(1, seed: 3, users: 10)], settings: Self.quick)
        #expect(
            Golden.difference(CompareText(alike).text, from: "compare/no-evidence.txt") == nil)
        let few = SimulatedLog().sample(of: 20, seed: 4)
        let short = try Comparison(base: [Self.base], new: [few], settings: Self.quick)
        #expect(short.verdict == .tooFew)
        #expect(Golden.difference(CompareText(short).text, from: "compare/too-few.txt") == nil)
        let empty = RunSample(folder: "none", run: RunDescription(name: "none"), tally: RunTally())
        let nothing = try Comparison(base: [empty], new: [empty], settings: Self.quick)
        #expect(CompareText(nothing).text.hasPrefix("Too few samples to tell whether NEW differs"))
    }

    @Test func anInvalidRunSaysSoFirst() throws {
        var tally = SimulatedLog().tally(of: 500, seed: 5)
        tally.aggregator.generator = GeneratorFiguresTests.overloaded
        let bad = RunSample(folder: "bad", run: RunDescription(name: "bad"), tally: tally)
        let comparison = try Comparison(base: [Self.base], new: [bad], settings: Self.quick)
        let text = CompareText(comparison).text
        #expect(text.hasPrefix("! NEW (bad) is an invalid run, its figures are not the service's"))
        #expect(ComparePage(comparison: comparison).html.contains("role=\"alert\""))
    }

    @Test func noLineIsWiderThanTheTerminal() throws {
        var comparison = try Self.slower()
        let long = String(repeating: "长\u{7}x", count: 60)
        comparison.base.runs = [long, long]
        comparison.warnings.append(long)
        comparison.differences.append(
            SettingDifference(name: long, base: long, new: long, matters: true))
        for index in comparison.figures.indices where comparison.figures[index].step != nil {
            comparison.figures[index].step = long
            comparison.figures[index].relativeLow = -123_456.7
            comparison.figures[index].relativeHigh = 123_456.7
        }
        for line in CompareText(comparison, showsAll: true).text.split(separator: "\n") {
            #expect(TextLayout.columns(of: String(line)) <= 80, "\(line)")
        }
    }

    @Test func thePageHasEveryFigureAndEscapesWhatIsForeign() throws {
        var comparison = try Self.slower()
        comparison.base.runs = ["<script>alert(1)</script>"]
        comparison.differences.append(
            SettingDifference(name: "x", base: "\"></svg>", new: "'", matters: false))
        let html = ComparePage(comparison: comparison).html
        #expect(!html.contains("<script>alert"))
        #expect(!html.contains("\"></svg>\""))
        #expect(html.contains("Content-Security-Policy"))
        for id in ["curve-response", "curve-service"] { #expect(html.contains("id=\"\(id)\"")) }
        for row in comparison.figures { #expect(html.contains(row.name)) }
        #expect(
            html.components(of: "class=\"line s0\"") == html.components(of: "class=\"line s1\""))
    }

    @Test func theSchemaKnowsEveryKey() throws {
        let root = #filePath.components(separatedBy: "/Tests/")[0]
        let schema = try JSONTree(
            bytes: Files.contents(of: "\(root)/reports/schema/compare.schema.json"))
        let file = try JSONTree(bytes: Array(JSONReport.text(Self.slower()).utf8))
        #expect(schema.complaints(about: file) == [])
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { split(separator: part).count - 1 }

    fileprivate func components(separatedBy part: String) -> [String] {
        split(separator: part).map(String.init)
    }
}
