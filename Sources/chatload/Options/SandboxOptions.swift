import Base
import ChatloadKit
import Networking
import Sandbox

/// Sandbox options: how the sandbox inside a run without a target behaves.
struct SandboxOptions: OptionSubject, Sendable {
    var latency: LatencyModel?
    var errorRate: Double?
    /// By unit.
    var limits = Keyed<ServiceLimit>()
    var faults: [FaultRule] = []
    var stalls: [Stall] = []
    var pacing = PacingOptions()

    static let rows: [OptionRow<Self>] =
        options(
            of: .playing, .whatIsSent,
            .value(
                ["sandbox-latency"], "SPEC", .latency, into: \.latency,
                "latency of the embedded sandbox's replies, written as for --think"),
            .value(
                ["sandbox-error-rate"], "X", .share, into: \.errorRate,
                "share of requests the embedded sandbox fails: 0.05 or 5%"),
            .keyed(
                ["sandbox-limit"], "SPEC", .limitByUnit, into: \.limits,
                "what each credential may do in the embedded sandbox, then 429: '60 requests/m',"
                    + " '10000 tokens/h'"),
            .list(
                ["sandbox-fault"], "NAME[:X][@STEP]", Reader(read: FaultRule.init(parsing:)),
                into: \.faults,
                "a way in which the embedded sandbox misbehaves, such as reset:5%@say or any:1%;"
                    + " chatload serve --help lists them"),
            .value(
                ["sandbox-stall"], "AT:FOR,…", .stalls, into: \.stalls,
                "hold all answers of the embedded sandbox from AT for a time, such as 5s:2s"))
        + PacingOptions.rows.map {
            $0.inside(\.pacing, prefix: "sandbox-").of(.playing, .whatIsSent)
        }

    /// The flag of an option that was given, if any was.
    private var givenFlag: String? {
        if latency != nil { return "--sandbox-latency" }
        if errorRate != nil { return "--sandbox-error-rate" }
        if !limits.entries.isEmpty { return "--sandbox-limit" }
        if !faults.isEmpty { return "--sandbox-fault" }
        if !stalls.isEmpty { return "--sandbox-stall" }
        return pacing.given.map { "--sandbox-" + $0 }
    }

    /// Makes sure that nothing is asked of a sandbox that is not there.
    func checkAbsence() throws(Fault) {
        guard let flag = givenFlag else { return }
        throw Fault(
            "there is no sandbox in a run with a target", at: .flag(flag),
            hint: "leave out either \(flag) or --target")
    }

    /// The sandbox: it offers the run's service alone, or all there are where it knows none of the
    /// name: a description of one's own may be of what one of them is spoken to by.
    ///
    /// - Throws: the option about a pace that the service does not have.
    func settings(
        offering service: ServiceDescription, seed: UInt64
    ) throws(Fault) -> SandboxSettings {
        for other in SandboxSettings.services where other.name == service.name {
            if other.generates, latency != nil {
                throw PacingOptions.noLatency(of: other.name, "--sandbox-latency", "sandbox-")
            }
            guard let given = pacing.given, !other.generates else { continue }
            throw Fault(
                "paces replies that are made token by token, and those of \(other.name) are not",
                at: .flag("--sandbox-" + given), hint: "--sandbox-latency is for them")
        }
        var sandbox = SandboxSettings()
        let isKnown = SandboxSettings.services.contains { $0.name == service.name }
        sandbox.seed = seed
        sandbox.faults = faults
        sandbox.stalls = stalls
        sandbox.pacing = pacing.pacing
        for other in SandboxSettings.services {
            var conduct = SandboxSettings.Service()
            conduct.isOffered = !isKnown || other.name == service.name
            conduct.latency = latency ?? conduct.latency
            conduct.errorRate = errorRate ?? conduct.errorRate
            conduct.requestLimit = limits["requests"]
            conduct.tokenLimit = limits["tokens"]
            sandbox[keyPath: other.settings] = conduct
        }
        return sandbox
    }
}
