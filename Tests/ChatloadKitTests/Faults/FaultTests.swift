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
        let longest = row.fault.expected == .timeout ? row.timeout : FaultRow.latency
        #expect((result.summary.latency.failed.max ?? 0) <= longest.milliseconds)
        #expect((result.summary.latency.service.max ?? 0) <= FaultRow.latency.milliseconds)
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
        let expected = Fault.allCases.map { fault in
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
        #expect(totals.succeeded > 0 && totals.conversations.started == row.conversations)
        let classes = Set(result.summary.errors.map(\.errorClass))
        #expect(classes == Set([row.fault.expected].compactMap(\.?.rawValue)))
        if row.fault == .refuse {
            // Whoever connects meanwhile is refused, and all that is sent is answered.
            #expect(totals.succeeded == counts.total)
        } else {
            let failed = row.fault.expected == nil ? 0 : struck
            // On a busy machine others may be late as well, where a second is late.
            let isExact = row.way.loop == .simulated || row.fault.expected != .timeout
            #expect(isExact ? totals.failed == failed : totals.failed >= failed)
            #expect(totals.exchanges == counts.total)
        }
        return result
    }

    /// A service that says when to come back in a way nobody can follow is asked again all the same,
    /// and not at once for ever.
    @Test(arguments: Fault.allCases.filter { $0.expected == .rejected })
    func aRejectedRunWaitsAndGoesOn(fault: Fault) async throws {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn],
            load: LoadShape(users: 4, duration: .seconds(600), grace: .zero))
        run.adjust = { $0.onReject = .wait }
        var sandbox = SandboxSettings.fixed(.seconds(1))
        sandbox.faults = [fault.rule(share: 0.1)]
        let (result, counts) = try await run.againstSandbox(sandbox)
        #expect(result.took <= .seconds(600))
        #expect(result.summary.totals.rejected == counts.faults[fault.rawValue])
        #expect(result.summary.totals.conversations.failed == 0)
        // Whoever is told to come back in three million million years waits for the run's end.
        if fault != .rejectHuge { #expect(result.summary.totals.succeeded > 200) }
    }
}

/// A way from the client to the sandbox.
enum Way: String, Sendable {
    /// HTTP in virtual time.
    case simulated, simulatedTLS
    /// HTTP over the kernel's sockets.
    case http, https

    static let kernel = [Way.http, .https]

    /// For all runs, since making one takes its time.
    private static let identity = try? ThrowawayCertificate.make(hosts: ["127.0.0.1"])

    var loop: LoopKind { self == .http || self == .https ? .real : .simulated }

    /// What the sandbox shows of itself; nil without TLS.
    func identity() throws -> TLSIdentity? {
        if self == .simulated || self == .http { return nil }
        let identity: TLSIdentity = try #require(Self.identity)
        return identity
    }
}

/// One run in which some requests of four users meet with a fault.
struct FaultRow: Sendable, CustomTestStringConvertible {
    static let latency = Nanoseconds.milliseconds(2)

    let way: Way
    let service: ServiceName
    let fault: Fault

    /// Every fault for every service.
    static func rows(over way: Way) -> [FaultRow] {
        ServiceName.allCases.flatMap { service in
            Fault.allCases.map { FaultRow(way: way, service: service, fault: $0) }
        }
    }

    /// Every fault of the chosen classes, and every service in its turn.
    static func samples(over way: Way, where isChosen: (ErrorClass?) -> Bool = { _ in true })
        -> [FaultRow]
    {
        let services = ServiceName.allCases
        return Fault.allCases.filter { isChosen($0.expected) }.enumerated().map { number, fault in
            FaultRow(way: way, service: services[number % services.count], fault: fault)
        }
    }

    /// Short where it is waited for; where it is not, a busy machine must not come near it.
    var timeout: Nanoseconds {
        fault.expected == .timeout && way.loop == .real ? .seconds(1) : .seconds(10)
    }

    /// The more the better, but for what has to be waited for in fact.
    var conversations: Int { way.loop == .simulated ? 60 : 24 }

    var testDescription: String { "\(fault) \(service) \(way)" }

    func play() async throws -> (result: VirtualRun.Result, counts: SandboxCounts) {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], service: service,
            load: LoadShape(users: 4, conversations: conversations))
        run.timeouts = Timeouts(total: timeout, connect: timeout)
        run.identity = try way.identity()
        if service == .botyard { run.settings = ["poll_first": "5ms", "poll_every": "5ms"] }
        var sandbox = SandboxSettings.fixed(Self.latency)
        sandbox.faults = [fault.rule(share: fault == .burst5xx ? 0.02 : 0.1)]
        let (chosen, played) = (sandbox, run)
        return try await way.loop.run { try await played.againstSandbox(chosen, on: $0) }
    }
}

extension Fault {
    /// The class of what it hits; nil where that is no failure.
    var expected: ErrorClass? {
        switch self {
        case .refuse: .connectRefused
        case .noAnswer, .stall, .dribble, .lengthTooLong: .timeout
        case .reset, .resetInHead, .resetInBody: .connectReset
        case .close, .closeInHead, .closeInBody: .closedEarly
        case .garbage, .lengthInvalid, .twoLengths, .chunkInvalid, .endlessInterims: .malformedHTTP
        case .chunkTooLarge, .endlessHead, .endlessBody: .tooLarge
        case .lengthTooShort, .emptyBody, .htmlPage, .invalidUTF8, .truncatedJSON, .deepJSON,
            .wrongTypes:
            .malformedReply
        case .lengthAndChunks, .cookieFlood: nil
        case .redirect, .redirectLoop: .httpUnexpected
        case .error5xx, .burst5xx: .http5xx
        case .rejectSeconds, .rejectDate, .rejectClock, .rejectAbsent, .rejectGarbage, .rejectPast,
            .rejectHuge:
            .rejected
        }
    }

    /// That it happens to this share of all requests.
    func rule(share: Double) -> FaultRule {
        var rule = FaultRule(self)
        rule.rate = share
        return rule
    }
}
