import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Every fault of the sandbox's menu, for every service: what it is called, how long it takes, and
/// that all others go on. Over the kernel's sockets the services take turns.
@Suite struct FaultTests {
    @Test(arguments: FaultRow.rows(over: .simulated) + FaultRow.samples(over: .simulatedTLS))
    func isCalledByItsNameAndHitsNobodyElse(row: FaultRow) async throws {
        let result = try await check(row)
        let longest = row.isWaitedFor ? row.timeout : FaultRow.latency
        #expect((result.summary.latency[.failed].max ?? 0) <= longest.milliseconds)
        // Bytes one by one take their time.
        let usual = row.fault == .byteARead ? row.timeout : FaultRow.latency
        #expect((result.summary.latency[.service].max ?? 0) <= usual.milliseconds)
    }

    /// What is no time-out ends long before it.
    @Test(
        .serialized, arguments: Way.kernel.flatMap { FaultRow.samples(over: $0) { $0 != .timeout } }
    )
    func soItIsOverTheKernel(row: FaultRow) async throws { _ = try await check(row) }

    @Test(arguments: Way.kernel.flatMap { FaultRow.samples(over: $0) { $0 == .timeout } })
    func soAreTimeOutsOverTheKernel(row: FaultRow) async throws { _ = try await check(row) }

    /// What is written about them is true.
    @Test func theDocumentationSaysSo() throws {
        let rows = try ReferenceTests.rows(after: "faults of the sandbox")
        let expected = InjectedFault.allCases.map { fault in
            let outcome = fault.expected.map { "`\($0.rawValue)`" } ?? "no error"
            return "| `\(fault.rawValue)` | \(fault.meaning) | \(outcome) |"
        }
        #expect(rows == expected)
    }

    private func check(_ row: FaultRow) async throws -> VirtualRun.Result {
        let (result, counts) = try await row.play()
        let totals = result.summary.totals
        let struck = counts.faults[row.fault.rawValue] ?? 0
        #expect(struck > 0 && counts.faults.count == 1)
        #expect(totals[.succeeded] > 0 && totals[.conversationsStarted] == row.conversations)
        let classes = Set(result.summary.errors.map(\.errorClass))
        #expect(classes.isSubset(of: row.expected.map(\.rawValue)), "\(result.summary.errors)")
        #expect(!row.isFelt || !classes.isEmpty)
        if row.fault == .refuse {
            // Whoever connects meanwhile is refused, and all that is sent is answered.
            #expect(totals[.succeeded] == counts.total)
        } else {
            let failed = row.isFelt ? struck : 0
            // On a busy machine others may be late as well, where a second is late.
            let isExact = row.way.loop == .simulated || !row.isWaitedFor
            try #require(isExact ? totals[.failed] == failed : totals[.failed] >= failed)
            // Whoever is late already while it connects has sent nothing.
            let missing = isExact ? 0...0 : 0...totals[.failed] - failed
            #expect(missing.contains(totals[.exchanges] - counts.total))
        }
        return result
    }

    /// A service that says when to come back in a way nobody can follow is asked again all the same,
    /// and not at once for ever.
    @Test(arguments: InjectedFault.allCases.filter { $0.expected == .rejected })
    func aRejectedRunWaitsAndGoesOn(fault: InjectedFault) async throws {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn],
            load: LoadShape(users: 4, duration: .seconds(600), grace: .zero))
        run.adjust = { $0.onReject = .wait }
        var sandbox = SandboxSettings.fixed(.seconds(1))
        sandbox.faults = [fault.rule(share: 0.1)]
        let (result, counts) = try await run.againstSandbox(sandbox)
        #expect(result.took <= .seconds(600))
        #expect(result.summary.totals[.rejected] == counts.faults[fault.rawValue])
        #expect(result.summary.totals[.conversationsFailed] == 0)
        // Whoever is told to come back in three million million years waits for the run's end.
        if fault != .rejectHuge { #expect(result.summary.totals[.succeeded] > 200) }
    }
}
