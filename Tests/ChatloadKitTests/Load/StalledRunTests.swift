import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Whole load tests in virtual time during which the generator itself is held up.
@Suite struct StalledRunTests {
    /// A service that answers at once, 20 ms away, and a generator that is stopped for 150 ms.
    private static func summary(
        _ load: LoadShape, isSecure: Bool = false, stamps: Bool = true
    ) async throws -> Summary {
        var run = VirtualRun(scripts: [WholeRunTests.oneTurn], load: load)
        run.transit = .milliseconds(20)
        run.stamps = stamps
        run.stalls = [(.milliseconds(8_007), .milliseconds(150))]
        if isSecure { run.identity = try TLSIdentity.selfSigned(hosts: ["127.0.0.1"]) }
        return try await run.againstSandbox(.fixed(.zero)).result.summary
    }

    @Test(arguments: [false, true], [false, true])
    func receivedTimesAreTheServices(isOpen: Bool, isSecure: Bool) async throws {
        let load =
            isOpen
            ? LoadShape(
                users: 100, arrivals: Arrivals(rate: 250), duration: .seconds(20))
            : LoadShape(users: 10, duration: .seconds(20))
        let summary = try await Self.summary(load, isSecure: isSecure)
        #expect(summary.latency[.service].count > 4_000)
        for figures in [summary.latency[.service], summary.latency[.reply], summary.latency[.ttfb]]
        {
            #expect(figures.p99_9 == 20)
            #expect(figures.max == 20)
        }
        #expect(summary.verdict.arrivalTimes == .kernel)
        #expect(summary.verdict.readLate.max.map { $0 > 100 } == true)
        // A handshake is of several segments: the first late reading after it counts.
        #expect(summary.verdict.mergedReads <= (isSecure ? 10 : 0))
        #expect(summary.verdict.unstampedResponses == 0)
    }

    @Test func withoutStampsTheyHoldTheStall() async throws {
        let summary = try await Self.summary(
            LoadShape(users: 10, duration: .seconds(20)), stamps: false)
        #expect(summary.latency[.service].max.map { $0 > 100 } == true)
        #expect(summary.verdict.arrivalTimes == .reading)
        #expect(summary.verdict.readLate.count == 0)
        #expect(summary.verdict.unstampedResponses == summary.totals[.exchanges])
    }
}
