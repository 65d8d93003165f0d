import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// What the sandbox limits or holds back, as the client sees it: the two must agree to the request.
@Suite struct SandboxLimitsTests {
    static func sandbox(_ limit: String) -> SandboxSettings {
        var settings = SandboxSettings.fixed(.seconds(1))
        let limit = ServiceLimit(parsing: limit)
        for service in [\SandboxSettings.tamako, \.botyard, \.stammer] {
            switch limit?.unit {
            case .requests: settings[keyPath: service].requestLimit = limit
            case .tokens: settings[keyPath: service].tokenLimit = limit
            case nil: break
            }
        }
        return settings
    }

    static let cases: [(ServiceDescription, String)] = Services.written.flatMap { service in
        ["5 requests/m", "300 tokens/m"].map { (service, $0) }
    }

    @Test(arguments: cases)
    func refusalsAreCountedAlikeOnBothSides(service: ServiceDescription, limit: String) async throws
    {
        let run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], service: service,
            load: LoadShape(users: 3, conversations: 60))
        let (result, counts) = try await run.againstSandbox(Self.sandbox(limit))
        let totals = result.summary.totals
        let refused = counts.requests.values.compactMap { $0[429] }.reduce(0, +)
        #expect(refused > 0 && totals[.rejected] == refused)
        #expect(totals[.exchanges] == counts.total && totals[.failed] == refused)
        let credentials = counts.credentials[service.name] ?? []
        #expect(credentials.map(\.rejected).reduce(0, +) == refused)
        #expect(credentials.count == (service.name == "botyard" ? 3 : 1))
    }

    @Test func aStallShowsInTheLatencyOfWhatItHeld() async throws {
        var sandbox = SandboxSettings.fixed(.milliseconds(100))
        sandbox.stalls = [Stall(parsing: "3s:4s")].compactMap(\.self)
        let run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], load: LoadShape(users: 2, duration: .seconds(10)))
        let (result, _) = try await run.againstSandbox(sandbox)
        // Sent at 2.9 s and due at 3 s, when the stall begins: it leaves at 7 s.
        #expect(result.summary.latency[.service].max == 4_100)
        #expect(result.summary.latency[.service].min == 100)
        #expect(result.summary.totals[.exchanges] == 120)
    }
}
