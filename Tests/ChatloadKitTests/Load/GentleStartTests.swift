import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Users of the closed model begin one after another where nothing else was asked for.
@Suite struct GentleStartTests {
    struct Row: Sendable {
        var load: LoadShape
        var span: Nanoseconds
    }

    static let rows = [
        Row(
            load: LoadShape(users: 1_000, duration: .seconds(12), startsGently: true),
            span: .seconds(1)),
        Row(
            load: LoadShape(users: 1_000, duration: .seconds(2), startsGently: true),
            span: .milliseconds(200)),
        Row(load: LoadShape(users: 3_000, startsGently: true), span: .seconds(3)),
        Row(load: LoadShape(users: 20, duration: .seconds(12), startsGently: true), span: .zero),
        Row(load: LoadShape(users: 1_000, duration: .seconds(12)), span: .zero),
        Row(
            load: LoadShape(
                users: 1_000, curve: LoadCurve(from: 0, through: []), startsGently: true),
            span: .zero),
        Row(
            load: LoadShape(users: 1_000, arrivals: Arrivals(rate: 5), startsGently: true),
            span: .zero),
    ]

    @Test(arguments: rows) func itTakesAThousandASecondOrATenth(row: Row) {
        #expect(row.load.startSpan == row.span)
        let first = row.load.firstStart(ofUser: 1)
        #expect(first == .zero || row.load.curve != nil)
    }

    @Test(arguments: [1, 3])
    func whatIsDueMeanwhileIsARamp(workers: Int) async throws {
        let run = VirtualRun(
            scripts: [#"{"turns":[{"say":"a"},{"say":"b","think":"5s"}]}"#],
            load: LoadShape(users: 100, duration: .seconds(1), startsGently: true),
            workers: workers)
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        // Each speaks once before the end, every millisecond one.
        #expect(result.summary.totals[.exchanges] == 100)
        #expect(result.summary.steady.totals[.exchanges] == 0)
        #expect(result.schedule?.startSpan == 0.1 && result.schedule?.wantedUsers == 100)
        #expect(result.schedule?.maxUsers == 100)
        #expect(result.summary.latency[.response].max == 10)
    }

    @Test(arguments: [1, 2]) func countsStayExact(workers: Int) async throws {
        let run = VirtualRun(
            scripts: [WholeRunTests.oneTurn],
            load: LoadShape(users: 500, conversations: 500, startsGently: true), workers: workers)
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(20)))
        #expect(result.summary.totals[.conversationsCompleted] == 500)
        #expect(counts.total == 500)
        // The first ones had all there was to do: nobody is missing.
        #expect(result.schedule?.wantedUsers == nil)
        #expect(result.summary.verdict.generator == .valid)
    }

    @Test func theWarmUpComesFirst() {
        var load = LoadShape(users: 1_000, duration: .seconds(12), startsGently: true)
        load.warmup = .time(.milliseconds(500))
        let phases = PhaseSchedule(load)
        #expect(phases.phase(due: .milliseconds(499), iteration: 1) == .warmup)
        #expect(phases.phase(due: .milliseconds(500), iteration: 1) == .ramp)
        #expect(phases.phase(due: .milliseconds(1_000), iteration: 1) == .main)
        load.warmup = .time(.seconds(3))
        let longer = PhaseSchedule(load)
        #expect(longer.phase(due: .seconds(2), iteration: 1) == .warmup)
        #expect(longer.phase(due: .seconds(3), iteration: 1) == .main)
    }
}
