import FoundationEssentials
import Base
import Networking
import Testing

@testable import ChatloadKit

/// What is written of a record is read again, whole.
@Suite struct RecordTests {
    /// A description of which every field says something.
    private static let description: RunDescription = {
        var run = RunDescription(name: "run")
        run.schema = "chatload.run/2"
        run.command = "replay"
        run.started = "2026-11-21T01:45:12Z"
        (run.service, run.target) = ("tamako", "http://127.0.0.1:8080")
        run.proxy = "proxy:3128 (HTTPS_PROXY)"
        run.workloads = ["a.jsonl", "b.jsonl"]
        (run.users, run.seed, run.shard) = (7, .max, "2/3")
        run.planHash = "0123456789abcdef"
        run.digests = ["fedcba9876543210"]
        (run.conversations, run.rejected) = (11, 3)
        run.parts = [RunPart(started: "then", begins: 1.5, settings: ["c": "2"], boot: "b")]
        run.phases = LoadPhases(LoadShape(users: 7, duration: .seconds(5)))
        run.arrivalTimes = .kernel
        run.ended = .inputChanged
        run.brokenSLO = "errors<1%"
        run.changedInput = "a.jsonl was changed while it was in use"
        run.expectedSteps = ["say"]
        run.logMode = .errors
        run.settings = ["concurrency": "7"]
        run.labels = ["build": "5"]
        run.versions = ["chatload": "1"]
        run.machine = ["cpus": "2"]
        run.mergedRuns = ["run", "other"]
        return run
    }()

    @Test func nothingOfADescriptionIsLost() throws {
        let written = Self.description
        let unset = Mirror(reflecting: RunDescription(name: "")).children
        for (mine, other) in zip(Mirror(reflecting: written).children, unset) {
            #expect(
                String(reflecting: mine.value) != String(reflecting: other.value),
                "the test sets no \(mine.label ?? "")")
        }
        let bytes = try JSONReport.bytes(written)
        #expect(try JSONDecoder().decode(RunDescription.self, from: Data(bytes)) == written)
    }

    /// An object of the JSON has a key for each field that is not nil, in every record there is.
    @Test func noFieldOfARecordIsLeftOut() throws {
        var summary = ReportTests.summary
        summary.run = Self.description
        let bytes = try JSONReport.bytes(summary)
        #expect(try JSONDecoder().decode(Summary.self, from: Data(bytes)) == summary)
        var generator = GeneratorFigures()
        generator.schedule = VerdictTests.schedule(started: 100, wanted: 50)
        generator.workers = [WorkerLoad(worker: 1, busy: .seconds(1), wall: .seconds(2))]
        let parts: [(any Encodable)?] = [
            summary, summary.run, summary.verdict, summary.warmup, summary.totals, summary.steady,
            summary.latency, summary.lateness, summary.conversations, summary.drift,
            summary.heatMap, summary.steps.values.first,
            summary.slo.first, summary.errors.first, summary.quotas.first,
            summary.credentials.first, summary.timeline.first, summary.responseHistogram.first,
            summary.slowest.first, summary.run.parts.first, summary.percentiles.values.first?.first,
            generator, generator.schedule, generator.workers.first,
        ]
        for part in parts.compactMap(\.self) {
            guard case .object(let members) = try JSONTree(bytes: JSONReport.bytes(part)) else {
                continue
            }
            let fields = Mirror(reflecting: part).children
            let set = fields.filter { child in
                let value = Mirror(reflecting: child.value)
                return value.displayStyle != .optional || !value.children.isEmpty
            }
            #expect(
                set.count <= members.count && members.count <= fields.count,
                "\(type(of: part)): \(set.compactMap(\.label)) as \(members.keys.sorted())")
        }
    }
}
