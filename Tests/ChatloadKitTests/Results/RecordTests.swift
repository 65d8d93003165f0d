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
        run.serviceDigest = "0123456789abcdef"
        run.nonce = 8
        (run.conversations, run.rejected) = (11, 3)
        run.parts = [RunPart(started: "then", begins: 1.5, settings: ["c": "2"], boot: "b")]
        var phases = LoadPhases(warmupIterations: 2)
        phases.append(.main, until: .seconds(5))
        run.phases = phases
        run.arrivalTimes = .kernel
        run.ended = .inputChanged
        run.brokenSLO = "errors<1%"
        run.changedInput = "a.jsonl was changed while it was in use"
        run.expectedSteps = ["say"]
        run.logMode = .errors
        run.plan = try? RecordedPlan(options: [
            "find-capacity": "errors<1%", "slo": "response.p99<800ms over 30s\nerrors<2%",
            "goodput": "response:800ms",
        ])
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

    /// A generator of which every field says something.
    private static let generator: GeneratorFigures = {
        var figures = GeneratorFiguresTests.overloaded
        figures.schema = "chatload.generator/2"
        figures.schedule?.droppedLate = 3
        figures.schedule?.waited = 4
        figures.schedule?.backedOffSeconds = 1.5
        figures.schedule?.startSpan = 2.5
        figures.quotas[0].spent = 1
        figures.workers.append(
            WorkerLoad(worker: 9, busy: .seconds(1), wall: .seconds(2), users: 3))
        for second in 0...LoopStalls.most {
            figures.stalls.add(LoopStall(at: .seconds(Int64(second)), length: .milliseconds(30)))
        }
        figures.readLate.record(.microseconds(5))
        (figures.unstampedResponses, figures.mergedReads, figures.loadEnd) = (1, 2, 3)
        figures.exhaustion = ResourceExhaustion(
            descriptors: 1, ports: 2, memory: 3, threads: 4, others: 5)
        return figures
    }()

    /// A summary of which every field says something, in one of its records at least.
    private static let summary: Summary = {
        var aggregator = SyntheticRun(seed: 7, count: 6_000, streams: true).aggregator
        aggregator.generator = generator
        var summary = aggregator.summary(of: description)
        summary.schema = "chatload.summary/2"
        (summary.isPartial, summary.notes) = (true, ["a note"])
        summary.verdict.lateFigures = [
            LateFigure(
                scope: .step, step: "say", statistic: "p50", value: 1, without: 2, samples: 3,
                isMaterial: true)
        ]
        summary.slo[0].passed = true
        summary.slo[0].windows = SLOResult.Windows(
            seconds: 10, judged: 3, failed: 1, worstStart: 20)
        summary.lateness.starts = summary.latency[.response]
        summary.lateness.turns = summary.latency[.service]
        summary.drift = ReplyDiffFigures(
            compared: 1, exact: 2, equalAfterFolding: 3, changed: 4, missing: 5, cut: 6,
            meanDistance: 0.5, medianDistance: 0.25,
            mostChanged: [
                DriftExample(conversation: "c", turn: 1, distance: 1, recorded: "a", live: "b")
            ])
        summary.heatMap.seconds = 2
        summary.slowest[0].run = 2
        summary.slowest[0].failures = 1
        summary.timeline[0].phase = .ramp
        summary.timeline[0].p99 = 3
        summary.timeline[0].ttftP99 = 4
        summary.warmup.failed = 1
        (summary.totals.span.begin, summary.totals.span.end) = (1, 3)
        summary.totals.span.length = 2
        // A time is written to the microsecond.
        for counter in CounterMetric.allCases { summary.totals[counter] += 7_000 }
        summary.streams?.tpotBias = 0.2
        summary.precision = [
            PrecisionResult(
                expression: "response.p50 ±5%", value: 2, low: 1, high: 3, unit: .milliseconds,
                isKnown: true, drifts: true, remaining: 4, isRequired: true)
        ]
        summary.streams?.lengthAsked = 3
        summary.streams?.otherReplies = 2
        summary.intervals["response.p50"] = FigureInterval(
            value: 2, low: 1, high: 3, drifts: true)
        summary.streams?.lengthMissed = 1
        summary.streams?.prompts = StreamFigures.Prompts(
            count: 4, tokensAsked: 512, tokensReported: 511.5, meanMiss: 2.5)
        summary.credentials[0].p50 = 1
        summary.credentials[0].p99 = 2
        return summary
    }()

    /// What is written of a summary and of a generator is read again, with every field of every record
    /// in them set to something.
    @Test func nothingOfARecordIsLost() throws {
        var sweep = FieldSweep(defaults: [
            Summary(run: RunDescription(name: "")), RunDescription(name: ""), Verdict(),
            Distribution(), ScheduleFigures(), Totals(), SteadySummary(), StepSummary(),
            CredentialResult(label: ""), TimelinePoint(start: 0, seconds: 0),
            QuotaResult(expression: ""), ReplyDiffFigures(), HeatMapFigures(), Latencies(),
            Lateness(), LoadSpan(), WarmupCounts(), ResourceExhaustion(), GeneratorFigures(),
            SLOResult(expression: "", unit: .milliseconds), StreamFigures(),
        ])
        sweep.walk(Self.summary)
        sweep.walk(Self.generator)
        #expect(sweep.unset == [])
        for counter in CounterMetric.allCases {
            #expect(Self.summary.totals[counter] > 0, "the test counts no \(counter)")
        }
        let summary = try JSONReport.bytes(Self.summary)
        #expect(try JSONDecoder().decode(Summary.self, from: Data(summary)) == Self.summary)
        let generator = try JSONReport.bytes(Self.generator)
        var read = try JSONDecoder().decode(GeneratorFigures.self, from: Data(generator))
        #expect(read == Self.generator)
        read.loadEnd = nil
        #expect(read != Self.generator)
    }
}

/// Field sweep: which fields of records differ from their defaults.
private struct FieldSweep {
    /// By type and field.
    private var defaults: [String: [String: String]] = [:]
    private var all: Set<String> = []
    private var set: Set<String> = []

    /// A sweep over records that have these defaults; of others a field that says nothing is unset.
    init(defaults instances: [Any]) {
        for instance in instances {
            for (label, value) in Mirror(reflecting: instance).children {
                defaults["\(type(of: instance))", default: [:]][label ?? ""] =
                    String(reflecting: value)
            }
        }
    }

    /// Those that no record sets.
    var unset: [String] { all.subtracting(set).sorted() }

    mutating func walk(_ value: Any) {
        if value is Histogram || value is Counts { return }
        let mirror = Mirror(reflecting: value)
        let name = "\(type(of: value))"
        let isWrapper = name.hasPrefix("Nullable<") || name.hasPrefix("Default<")
        if mirror.displayStyle == .struct, value is any Codable, !isWrapper {
            for (label, child) in mirror.children {
                let field = "\(name).\(label ?? "")"
                all.insert(field)
                let parts = Mirror(reflecting: child)
                if parts.displayStyle == .collection || parts.displayStyle == .dictionary {
                    if !parts.children.isEmpty { set.insert(field) }
                    continue
                }
                let text = String(reflecting: child)
                let nothing = ["nil", "0", "0.0", "\"\"", "[]", "[:]", "false"]
                let isUnset =
                    defaults[name].map { $0[label ?? ""] == text }
                    ?? (nothing.contains(text) || text.hasSuffix("wrappedValue: nil)"))
                if !isUnset { set.insert(field) }
            }
        }
        for child in mirror.children { walk(child.value) }
    }
}
