import Base
import Testing

@testable import ChatloadKit

extension JSONTree {
    /// Of an object; none of anything else.
    fileprivate var keys: Set<String> {
        if case .object(let values) = self { Set(values.keys) } else { [] }
    }

    /// Of an array of texts.
    fileprivate var texts: [String] {
        guard case .array(let values) = self else { return [] }
        return values.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }
}

/// `reports/README.md` and the schemas say what the files are, and must not say anything else.
@Suite struct ReferenceTests {
    /// The first cells of the table behind the comment `mark`, without their backquotes.
    static func names(after mark: String) throws -> [String] {
        try rows(after: mark).map { line in
            String(line.drop { $0 != "`" }.dropFirst().prefix { $0 != "`" })
        }
    }

    /// The lines of the table behind the comment `mark`, without its head.
    static func rows(after mark: String, testFile: String = #filePath) throws -> [String] {
        let bytes = try Files.contents(of: "\(root(of: testFile))/reports/README.md")
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "<!-- \(mark) -->"))
        return lines[(start + 1)...].prefix { $0.hasPrefix("|") }.dropFirst(2).map(String.init)
    }

    /// The checkout that a file of tests lies in.
    private static func root(of testFile: String) -> String {
        let parts = testFile.split(separator: "/", omittingEmptySubsequences: false)
        return parts.lastIndex(of: "Tests").map { parts[..<$0].joined(separator: "/") } ?? "."
    }

    @Test(arguments: [
        ("columns of exchanges.csv", ExchangeColumn.allCases.map(\.rawValue)),
        ("columns of conversations.csv", ConversationColumn.allCases.map(\.rawValue)),
        ("columns of summary.csv", SummaryCSV.columns),
        ("columns of timeline.csv", SummaryCSV.timelineColumns),
        ("columns of errors.csv", SummaryCSV.errorColumns),
        ("error classes", ErrorClass.allCases.map(\.rawValue)),
    ])
    func tablesAreComplete(mark: String, names: [String]) throws {
        #expect(try Self.names(after: mark) == names)
    }

    /// The words in backquotes of the first cells of a table, or of others.
    private static func words(after mark: String, cell: Int = 1) throws -> [String] {
        try rows(after: mark).flatMap { row in
            row.split(separator: "|", omittingEmptySubsequences: false)[cell]
                .split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
    }

    /// Every metric of the table has its place in the reference, and no other has.
    @Test func theMetricsAreThoseOfTheTable() throws {
        let steps = DistributionMetric.ofSteps.map(\.row.name)
        #expect(try Self.names(after: "latencies") == steps)
        let limited = try Self.words(after: "figures of slo")
        let derived = DerivedMetric.allCases.filter(\.row.isLimited).map(\.row.name)
        let counters = CounterMetric.allCases.filter(\.row.isLimited).map(\.row.name)
        #expect(Set(limited) == Set(derived + counters + ["METRIC.STATISTIC", "errors.CLASS"]))
        let distributions = DistributionMetric.allCases.filter { $0.row.place != .verdict }
        let latencies = try Self.words(after: "figures of slo", cell: 2)
        #expect(
            latencies.prefix(distributions.count).elementsEqual(distributions.map(\.row.name)))
        let times = DistributionMetric.allCases.flatMap(\.row.goodput)
        #expect(try Set(Self.words(after: "limits of goodput")) == Set(times))
        let compared = ComparedFigure.Metric.allCases.map(\.rawValue)
        #expect(try Self.words(after: "figures of compare") == compared)
    }

    /// What `/metrics` serves is in the reference, and its names are nobody else's.
    @Test func theNamesOfOtherToolsAreTheirOwn() throws {
        let served = Set(try Self.words(after: "names of metrics"))
        let counters = CounterMetric.allCases.compactMap(\.row.openMetrics)
        for name in counters { #expect(served.contains("\(name)_total"), "\(name)") }
        for metric in DistributionMetric.ofSteps {
            #expect(served.contains("\(metric.row.name)_seconds"), "\(metric)")
        }
        #expect(Set(counters).count == counters.count)
        let k6 =
            DistributionMetric.allCases.flatMap(\.row.k6)
            + CounterMetric.allCases.compactMap(\.row.k6)
            + DerivedMetric.allCases.compactMap(\.row.k6)
        #expect(Set(k6).count == k6.count)
    }

    /// The schemas have the metrics of the table, and no others.
    @Test(arguments: ["latencies", "totals", "step", "credential"])
    func theSchemaHasTheTable(record: String) throws {
        var totals = Totals()
        for counter in CounterMetric.allCases { totals[counter] = 1 }
        var credential = CredentialResult(label: "c")
        (credential.p50, credential.p99) = (1, 2)
        let written: any Encodable =
            switch record {
            case "latencies": Self.latencies
            case "totals": totals
            case "step": StepSummary()
            default: credential
            }
        let file = try JSONTree(bytes: JSONReport.bytes(written))
        let schema = try Self.schema("summary")["$defs"]?[record]?["properties"]
        #expect(schema?.keys == file.keys)
        for object in ["conversations", "span"] {
            #expect(schema?[object]?["properties"]?.keys == file[object]?.keys)
        }
    }

    /// Each with something in it: those of streams are left out where there are none.
    private static let latencies: Latencies = {
        var latencies = Latencies()
        for metric in DistributionMetric.ofSteps { latencies[metric].count = 1 }
        return latencies
    }()

    @Test func theSchemasNameTheComparedMetrics() throws {
        let figures = try Self.schema("compare")["$defs"]?["figure"]?["properties"]?["metric"]
        #expect(figures?["enum"]?.texts == ComparedFigure.Metric.allCases.map(\.rawValue))
        let curves = try Self.schema("compare")["properties"]?["curves"]?["items"]?["properties"]
        #expect(
            curves?["metric"]?["enum"]?.texts == DistributionMetric.compared.map(\.row.name))
        let percentiles = try Self.schema("summary")["properties"]?["percentiles"]?["properties"]
        let shown = DistributionMetric.ofSteps.filter { $0.row.population == .successes }
        #expect(percentiles?.keys == Set(shown.map(\.row.name)))
    }

    static func schema(_ name: String, testFile: String = #filePath) throws -> JSONTree {
        let root = Self.root(of: testFile)
        return try JSONTree(
            bytes: Files.contents(of: "\(root)/reports/schema/\(name).schema.json"))
    }

    @Test func everyKeyOfTheSummaryIsThere() throws {
        var summary = ReportTests.empty
        summary.streams = StreamFigures()
        let text = try JSONReport.text(summary)
        let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }
            .map { String($0.dropFirst(3).prefix { $0 != "\"" }) }
        #expect(try Self.names(after: "keys of summary.json").sorted() == keys)
    }
}
