import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct ReportTests {
    static let run = SyntheticRun(seed: 7, count: 6_000)
    static let summary = run.aggregator.summary(of: run.description)
    static let empty = Aggregator(steps: StepTable()).summary(of: RunDescription(name: "empty"))

    @Test func formatsAreAsRecorded() throws {
        let small = SyntheticRun(seed: 7, count: 40)
        let few = small.aggregator.summary(of: small.description)
        #expect(
            Golden.difference(
                String(decoding: small.log.exchanges, as: UTF8.self), from: "reports/exchanges.csv")
                == nil)
        let talks = String(decoding: small.log.conversations, as: UTF8.self)
        #expect(Golden.difference(talks, from: "reports/conversations.csv") == nil)
        #expect(
            Golden.difference(try JSONReport.text(few), from: "reports/summary.json") == nil)
        let description = String(decoding: try JSONReport.bytes(few.run), as: UTF8.self)
        #expect(Golden.difference(description, from: "reports/run.json") == nil)
        #expect(Golden.difference(SummaryCSV.text(few), from: "reports/summary.csv") == nil)
        #expect(
            Golden.difference(SummaryCSV.errors(Self.summary), from: "reports/errors.csv") == nil)
        #expect(Golden.difference(JUnitXML.text(Self.summary), from: "reports/junit.xml") == nil)
        #expect(
            Golden.difference(SummaryCSV.timeline(Self.summary), from: "reports/timeline.csv")
                == nil)
    }

    @Test func theTerminalReportIsAsRecorded() throws {
        let files = RunFolderNames.all.map { "reports/20260102T030405Z-synthetic/\($0)" }
        #expect(
            Golden.difference(
                TerminalReport(Self.summary, files: files).text, from: "reports/terminal.txt")
                == nil)
        #expect(
            Golden.difference(TerminalReport(Self.empty).text, from: "reports/terminal-empty.txt")
                == nil)
        #expect(
            Golden.difference(
                TerminalReport(Self.summary, columns: 112).text, from: "reports/terminal-wide.txt")
                == nil)
    }

    @Test func anInvalidRunSaysSoFirst() throws {
        var aggregator = Self.run.aggregator
        aggregator.generator = GeneratorFiguresTests.overloaded
        let summary = aggregator.summary(of: Self.run.description)
        let text = TerminalReport(summary).text
        #expect(Golden.difference(text, from: "reports/terminal-invalid.txt") == nil)
        #expect(text.hasPrefix("Generator invalid: the figures below are not the service's\n! "))
        let table = SummaryCSV.text(summary).split(separator: "\n")
        #expect(table[1] == "verdict,,generator,invalid,")
        let json = try JSONReport.text(summary).split(separator: "\n")
        #expect(json[1] == "  \"alarms\" : [")
        #expect(json[2].hasPrefix("    \"the run is invalid, its figures are not the service's: "))
        let generator = String(
            decoding: try JSONReport.bytes(aggregator.generator), as: UTF8.self)
        #expect(Golden.difference(generator, from: "reports/generator.json") == nil)
    }

    @Test func noLineIsWiderThanTheTerminal() {
        var odd = Self.summary
        odd.run.name = String(repeating: "长名字", count: 50)
        odd.run.target = "http://" + String(repeating: "host.", count: 60)
        odd.notes = [String(repeating: "a note, ", count: 30), RunReader.partialNote]
        odd.steps[String(repeating: "步", count: 40)] = StepSummary(
            counts: [.exchanges: 123_456_789])
        odd.totals[.exchanges] = 9_999_999_999
        odd.latency[.response].count = 9_999_999_999
        odd.errors += [
            ErrorSummary(
                errorClass: "timeout_first_token", step: String(repeating: "x", count: 99),
                status: 599, count: 123_456_789, first: 123_456, last: 140_000,
                example: String(repeating: "\u{7}\t机", count: 99))
        ]
        var credential = CredentialResult(label: String(repeating: "标", count: 40))
        credential[.exchanges] = 9_999_999_999
        credential.serviceLimits = ["x-ratelimit": String(repeating: "9", count: 200)]
        odd.credentials = Array(repeating: credential, count: 30)
        odd.quotas = [QuotaResult(expression: String(repeating: "run:1 requests ", count: 20))]
        odd.verdict.generator = .invalid
        odd.verdict.findings = [
            VerdictFinding(.logAlone, .invalid, String(repeating: "a reason ", count: 30))
        ]
        odd.verdict.schedule = VerdictTests.schedule(started: 9_999_999_999, wanted: 123_456_789)
        let path = "/" + String(repeating: "folder/", count: 30) + "summary.json"
        for summary in [Self.summary, Self.empty, odd] {
            for (window, columns) in [(40, 80), (80, 80), (97, 97), (400, 140)] {
                let text = TerminalReport(summary, files: [path], columns: window).text
                let wide = text.split(separator: "\n").filter {
                    TextLayout.columns(of: String($0)) > columns
                }
                #expect(wide == [])
            }
            let text = TerminalReport(summary, files: [path]).text
            #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
        }
    }

    @Test func colourIsOnlyAddedWhenAsked() {
        let plain = TerminalReport(Self.summary).text
        let coloured = TerminalReport(Self.summary, isColoured: true).text
        #expect(!plain.contains("\u{1B}["))
        var stripped = coloured
        for code in ["\u{1B}[1m", "\u{1B}[31m", "\u{1B}[0m"] {
            stripped = stripped.replacing(code, with: "")
        }
        #expect(stripped == plain)
        #expect(coloured != plain)
    }

    @Test func summaryJSONCanBeReadBack() throws {
        for summary in [Self.summary, Self.empty] {
            let text = try JSONReport.text(summary)
            let read = try JSONDecoder().decode(Summary.self, from: Data(text.utf8))
            #expect(read == summary)
        }
        #expect(try JSONReport.text(Self.empty).contains("\"p99_9\" : null"))
    }

    @Test(arguments: [
        (0, "0"), (7, "7"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"),
        (-1_234, "-1,234"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func countsHaveSeparators(value: Int, text: String) {
        #expect(Figures.count(value) == text)
    }

    @Test(arguments: [
        (nil, "–"), (0, "0 ms"), (0.0004, "0.40 µs"), (0.001, "1.00 µs"), (0.9994, "999 µs"),
        (0.9996, "1.00 ms"), (1.234, "1.23 ms"), (9.996, "10.0 ms"), (99.96, "100 ms"),
        (999.6, "1.00 s"), (61_000, "61.0 s"), (999_600, "16.7 m"), (140_737_000, "39.1 h"),
    ])
    func durationsHaveThreeDigits(milliseconds: Double?, text: String) {
        #expect(Figures.duration(milliseconds) == text)
    }

    @Test(arguments: [
        (0, 10, "0.0 %"), (1, 10_000, "<0.1 %"), (1, 3, "33.3 %"), (3, 3, "100.0 %"), (1, 0, "–"),
    ])
    func sharesNeverHideAFailure(part: Int, whole: Int, text: String) {
        #expect(Figures.share(part, of: whole) == text)
    }

    @Test(arguments: [(0, "0 B"), (999, "999 B"), (1_000, "1.00 KB"), (12_345_678, "12.3 MB")])
    func bytesHaveUnits(count: Int, text: String) {
        #expect(Figures.bytes(count) == text)
    }

    @Test(arguments: [
        ("a\u{1B}[31mb", "a\\u{1b}[31mb"), ("x\ny\r\tz", "x\\ny\\r\\tz"),
        ("a\u{202E}b", "a\\u{202e}b"),
        ("机器人 é", "机器人 é"),
    ])
    func whatWouldActIsWrittenOut(text: String, visible: String) {
        #expect(TextLayout.visible(text) == visible)
    }
}

/// The files named at the end of a report.
enum RunFolderNames {
    static let all = ["run.json", "summary.json", "summary.csv", "timeline.csv", "errors.csv"]
}
