import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct OpenMetricsTests {
    static let metrics: OpenMetrics = {
        let run = SyntheticRun(seed: 7, count: 2_000)
        var metrics = OpenMetrics(run.aggregator, of: run.description)
        metrics.run.name = "a \"run\"\\\n"
        metrics.users = 50
        var quota = QuotaResult(expression: "run:100 requests/m")
        (quota.used, quota.limit, quota.throttledSeconds) = (90, 100, 12.5)
        metrics.quotas = [quota]
        metrics.credentials = [("usable", 2), ("waiting", 0), ("out", 1)]
        metrics.elapsed = .milliseconds(20_500)
        return metrics
    }()

    @Test func formatsAreAsRecorded() {
        #expect(
            Golden.difference(
                Self.metrics.text(.openMetrics), from: "reports/metrics-openmetrics.txt") == nil)
        #expect(
            Golden.difference(
                Self.metrics.text(.prometheus), from: "reports/metrics-prometheus.txt") == nil)
    }

    @Test(arguments: [
        ("application/openmetrics-text; version=1.0.0,text/plain;q=0.5", "application/openmetrics"),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4"), ("", "text/plain"),
    ])
    func theFormIsWhatIsAskedFor(accept: String, type: String) {
        #expect(OpenMetrics.Form(accept: accept).type.hasPrefix(type))
    }

    /// Every sample belongs to the metric before it, every histogram ascends to its count, and no
    /// series is there twice.
    @Test(arguments: [OpenMetrics.Form.openMetrics, .prometheus])
    func linesHangTogether(form: OpenMetrics.Form) throws {
        for metrics in [
            Self.metrics, OpenMetrics(SyntheticRun.nothing, of: RunDescription(name: "")),
        ] {
            var (name, type) = ("", "")
            var seen: Set<String> = []
            var last: [String: Int] = [:]
            for line in metrics.text(form).split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                if words[0] == "#" {
                    if words[1] == "TYPE" { (name, type) = (words[2], words[3]) }
                    continue
                }
                let series = String(line[..<(line.lastIndex(of: " ") ?? line.endIndex)])
                #expect(seen.insert(series).inserted, "\(series)")
                let sample = String(series.prefix { $0 != "{" })
                let suffixes: [String: [String]] = [
                    "counter": form == .openMetrics ? ["_total"] : [""], "info": ["_info"],
                    "histogram": ["_bucket", "_count", "_sum"], "gauge": [""],
                ]
                #expect(suffixes[type]?.contains { name + $0 == sample } == true, "\(line)")
                guard let count = Int(words.last ?? ""), type == "histogram" else { continue }
                let key =
                    sample.replacing("_bucket", with: "").replacing("_count", with: "")
                    + series.replacing(/,?le="[^"]*"/, with: "").drop { $0 != "{" }
                if sample.hasSuffix("_bucket") {
                    #expect(count >= last[key] ?? 0, "\(line)")
                    last[key] = count
                } else if sample.hasSuffix("_count") {
                    #expect(
                        count == last[key.replacing("{}", with: "")] ?? last[key + "{}"] ?? count)
                }
            }
        }
    }

    @Test func bucketsCountWhatTheyHold() {
        var histogram = Histogram()
        for milliseconds in [0, 1, 1, 3, 400, 70_000] {
            histogram.record(.milliseconds(Int64(milliseconds)))
        }
        var page = MetricsPage(form: .prometheus)
        page.begin("x_seconds", .histogram, "x")
        page.add([], histogram)
        let text = page.end()
        for (bound, count) in [
            ("0.001", 3), ("0.0025", 3), ("0.005", 4), ("0.25", 4), ("0.5", 5), ("60.0", 5),
            ("+Inf", 6),
        ] {
            #expect(text.contains("x_seconds_bucket{le=\"\(bound)\"} \(count)\n"))
        }
        #expect(text.contains("x_seconds_count 6\nx_seconds_sum 70.405\n"))
    }
}
