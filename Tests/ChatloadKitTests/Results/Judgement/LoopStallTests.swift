import Base
import Networking
import Testing

@testable import ChatloadKit

/// When the event loops stood still.
@Suite struct LoopStallTests {
    private static func stall(_ at: Int64, _ length: Int64) -> LoopStall {
        LoopStall(at: .milliseconds(at), length: .milliseconds(length))
    }

    private static func stalls(_ all: [LoopStall]) -> LoopStalls {
        var stalls = LoopStalls()
        for one in all { stalls.add(one) }
        return stalls
    }

    @Test func whatLoopsSeeAtOnceIsOneStall() {
        let one = Self.stalls([Self.stall(1_000, 150), Self.stall(5_000, 30)])
        var both = one
        both.merge(
            Self.stalls([Self.stall(1_008, 152), Self.stall(3_000, 40)]), onOneClock: true)
        #expect(both.longest.map(\.at) == [1, 3, 5])
        #expect(both.longest.map(\.length) == [160, 40, 30])
        #expect(both.longest.map(\.loops) == [2, 1, 1])
        var machines = one
        machines.merge(one, onOneClock: false)
        #expect(machines.longest.count == 4)
        #expect(both.worst?.description == "160 ms at 1.00 s")
    }

    @Test func twentyAreNamedAndTheOthersCounted() {
        let stalls = Self.stalls((0..<50).map { Self.stall(1_000 * $0, 21 + $0 % 7) })
        #expect(stalls.longest.count == 20 && stalls.others == 30)
        #expect(stalls.longest.allSatisfy { $0.length >= 25 })
        #expect(stalls.longest.map(\.at) == stalls.longest.map(\.at).sorted())
    }

    @Test(arguments: [1, 3])
    func aStoppedProcessIsNamedOnceWithTimeAndLength(workers: Int) async throws {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], load: LoadShape(users: 10, duration: .seconds(20)),
            workers: workers, stalls: [(.seconds(8), .milliseconds(150))])
        run.load.grace = .seconds(1)
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(20)))
        let stalls = result.summary.verdict.stalls
        #expect(stalls.longest.count == 1 && stalls.others == 0)
        #expect(stalls.worst.map { $0.at >= 7.99 && $0.at <= 8.01 } == true)
        #expect(stalls.worst.map { (140...150).contains($0.length) } == true)
        #expect(stalls.worst?.loops == workers)
    }

    @Test func sendsThatAStallMadeLateAreToldWithTheirFigure() async throws {
        let run = VirtualRun(
            scripts: [WholeRunTests.oneTurn],
            load: LoadShape(
                users: 200, arrivals: Arrivals(rate: 250), duration: .seconds(24)),
            stalls: [(.seconds(8), .milliseconds(120))])
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(20)))
        let verdict = result.summary.verdict
        #expect(verdict.generator == .suspect && verdict.load == .reached)
        let figure = verdict.lateFigures.first { $0.statistic == "p99_9" && $0.scope == .run }
        #expect(figure?.isMaterial == true && (50...60).contains(figure?.samples ?? 0))
        #expect((figure?.without).map { (20...20.01).contains($0) } == true)
        #expect(verdict.findings.contains { $0.cause == .lateFigures })
        #expect(
            verdict.reasons.contains { $0.contains("p99.9 ") && $0.contains(" at 8.00 s") }
        )
    }
}
