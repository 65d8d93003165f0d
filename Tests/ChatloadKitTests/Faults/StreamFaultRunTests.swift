import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Every fault of the sandbox's menu, for every service that streams: what a client calls it, and that
/// all others go on.
@Suite struct StreamFaultRunTests {
    /// One run in which some streams meet with a fault.
    struct Row: Sendable, CustomTestStringConvertible {
        let way: Way
        let service: String
        let fault: InjectedFault

        var testDescription: String { "\(fault) \(service) \(way)" }

        /// Whether its streams can have the fault.
        var exists: Bool {
            switch fault {
            case .bom, .comments, .splitData, .errorEvent: service != "ollama"
            case .noDone: ["openai", "azure-openai", "anthropic"].contains(service)
            default: true
            }
        }

        /// The class of what it hits; nil where that is no failure.
        var expected: ErrorClass? {
            switch (fault, service) {
            case (.errorEvent, "anthropic"): .rejected
            default: fault.expected
            }
        }
    }

    static let services = SandboxSettings.services.filter(\.generates).map(\.name)
    static let faults = InjectedFault.allCases.filter(\.isOfStreams)

    static let simulated = services.flatMap { service in
        faults.map { Row(way: .simulated, service: service, fault: $0) }
    }

    /// Every fault, and every service in its turn.
    static func samples(over way: Way) -> [Row] {
        faults.enumerated().map { number, fault in
            Row(way: way, service: services[number % services.count], fault: fault)
        }
    }

    @Test(arguments: simulated + samples(over: .simulatedTLS))
    func isCalledByItsNameAndHitsNobodyElse(row: Row) async throws { try await Self.check(row) }

    @Test(.serialized, arguments: Way.kernel.flatMap { samples(over: $0) })
    func soItIsOverTheKernel(row: Row) async throws { try await Self.check(row) }

    private static func check(_ row: Row) async throws {
        let (result, counts) = try await play(row)
        let totals = result.summary.totals
        let struck = counts.faults[row.fault.rawValue] ?? 0
        #expect((struck > 0) == row.exists && counts.faults.count <= 1)
        let classes = Set(result.summary.errors.map(\.errorClass))
        let isFailure = row.expected != nil && row.exists
        #expect(
            classes == Set(isFailure ? [row.expected?.rawValue ?? ""] : []),
            "\(result.summary.errors)")
        #expect(totals[.failed] == (isFailure ? struck : 0))
        #expect(totals[.succeeded] == totals[.exchanges] - totals[.failed])
        #expect(totals[.exchanges] == counts.total && totals[.succeeded] > 0)
    }

    private static func play(
        _ row: Row
    ) async throws -> (result: VirtualRun.Result, counts: SandboxCounts) {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], load: LoadShape(users: 4, conversations: 40))
        run.service = try #require(Services.named(row.service))
        // Only what never ends is waited for; a busy machine must not come near it elsewhere.
        let isWaitedFor = row.expected == .timeout
        run.timeouts.total = isWaitedFor && row.way.loop == .real ? .seconds(1) : .seconds(20)
        run.identity = try row.way.identity()
        var sandbox = SandboxSettings.fixed(FaultRow.latency)
        sandbox.pacing.firstToken = .fixed(FaultRow.latency)
        sandbox.pacing.perToken = .fixed(.microseconds(100))
        sandbox.pacing.replyTokens = .fixed(6)
        sandbox.faults = [row.fault.rule(share: 0.1)]
        let (chosen, played) = (sandbox, run)
        return try await row.way.loop.run { try await played.againstSandbox(chosen, on: $0) }
    }
}
