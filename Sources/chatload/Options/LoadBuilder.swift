import Base
import ChatloadKit
import Networking

/// Makes the load's shape of the settings.
struct LoadBuilder {
    /// How long a run lasts when nothing says when to stop, besides ramp and warm-up.
    static let usualDuration = Nanoseconds.seconds(10)
    /// Simulated users in the closed model, and at most in the open one, when nothing says how many.
    static let usualUsers = 10
    static let usualCeiling = 1_000

    let settings: RunSettings

    /// The shape.
    func load() throws(Fault) -> LoadShape {
        if settings.replay.isOn { return try ReplayBuilder(settings: settings).load() }
        if settings.probe.isOn { return LoadShape(users: 1, thinkOverride: .fixed(.zero)) }
        try checkStages()
        try checkSearch()
        let arrivals = try arrivals()
        let curve = curve
        let peak = curve?.peak ?? base
        guard peak > 0 else {
            throw Fault(
                "the load never rises above zero", at: .flag("--stage"),
                hint: "name a level above zero, such as --stage 30s:50")
        }
        let load = LoadShape(
            users: arrivals == nil
                ? Int(min(peak, 1e6)) : settings.users ?? Self.usualCeiling,
            arrivals: arrivals.map { Arrivals(rate: peak, process: $0) }, curve: curve,
            conversations: settings.conversations, exchanges: settings.exchanges,
            duration: duration(curve), grace: settings.grace, thinkOverride: settings.think,
            warmup: settings.warmup, startJitter: settings.startJitter ?? .zero,
            startsGently: settings.startJitter == nil)
        try check(warmupOf: load)
        if load.startJitter > .zero, arrivals != nil {
            throw Fault(
                "is for the closed model", at: .flag("--start-jitter"),
                hint: "with --rate the starts are spread by --arrivals")
        }
        return load
    }

    /// A search for the capacity sets levels and lengths itself.
    private func checkSearch() throws(Fault) {
        guard settings.capacity != nil else { return }
        let flags: [(flag: String, isGiven: Bool)] = [
            ("--stage", !settings.stages.isEmpty), ("--ramp-up", settings.rampUp != nil),
            ("--conversations", settings.conversations != nil),
            ("--exchanges", settings.exchanges != nil),
        ]
        if let given = flags.first(where: \.isGiven) {
            throw Fault(
                "does not go with --find-capacity", at: .flag(given.flag),
                hint: "-c or --rate is the level it begins with, -d how long each level lasts")
        }
    }

    /// The level at the start, or after the ramp.
    private var base: Double {
        if let rate = settings.rate { return rate }
        let isLeftToStages = !settings.stages.isEmpty && settings.rampUp == nil
        return Double(settings.users ?? (isLeftToStages ? 0 : Self.usualUsers))
    }

    private var curve: LoadCurve? {
        let stages = settings.stages.map { LoadStage(length: $0.length, level: $0.level) }
        if let rampUp = settings.rampUp {
            return LoadCurve(
                from: 0, through: [LoadStage(length: rampUp, level: base)] + stages)
        }
        return stages.isEmpty ? nil : LoadCurve(from: base, through: stages)
    }

    private func duration(_ curve: LoadCurve?) -> Nanoseconds? {
        if let duration = settings.duration { return duration }
        if let curve, !settings.stages.isEmpty { return curve.end }
        if settings.conversations != nil || settings.exchanges != nil { return nil }
        var warmup = Nanoseconds.zero
        if case .time(let span) = settings.warmup { warmup = span }
        return Self.usualDuration + max(settings.rampUp ?? .zero, warmup)
    }

    /// How starts follow each other; nil in the closed model.
    private func arrivals() throws(Fault) -> ArrivalProcess? {
        guard settings.rate != nil else {
            guard settings.arrivals == nil, settings.burstiness == nil else {
                throw Fault(
                    "needs a rate",
                    at: .flag(settings.arrivals == nil ? "--burstiness" : "--arrivals"),
                    hint: "say how many conversations start: --rate 50/s")
            }
            return nil
        }
        switch (settings.arrivals, settings.burstiness) {
        case (.gamma, let burstiness?), (nil, let burstiness?):
            return .gamma(burstiness: burstiness)
        case (.gamma, nil):
            throw Fault(
                "gamma needs a burstiness", at: .flag("--arrivals"),
                hint: "add --burstiness 0.5; 1 is the same as --arrivals poisson")
        case (.constant, nil), (nil, nil): return .constant
        case (.poisson, nil): return .poisson
        case (.constant, _), (.poisson, _):
            throw Fault(
                "goes with --arrivals gamma only", at: .flag("--burstiness"),
                hint: "leave out either of the two")
        }
    }

    private func checkStages() throws(Fault) {
        guard settings.rate == nil else { return }
        for stage in settings.stages where stage.isRate || stage.level.rounded() != stage.level {
            throw Fault(
                "in the closed model a stage wants a whole number of users", at: .flag("--stage"),
                hint: "for conversations a second name the rate at the start too: --rate 0")
        }
    }

    private func check(warmupOf load: LoadShape) throws(Fault) {
        let lastsTooLong =
            switch load.warmup {
            case .time(let span): load.duration.map { span >= $0 } ?? false
            case .conversations(let count): load.conversations.map { count >= $0 } ?? false
            case nil: false
            }
        if lastsTooLong {
            throw Fault(
                "the warm-up lasts as long as the run: nothing would be measured",
                at: .flag("--warmup"), hint: "make the run longer or the warm-up shorter")
        }
    }
}

/// A stage as typed.
struct StageSetting: Sendable, Equatable {
    var length: Nanoseconds
    /// Users, or starts a second.
    var level: Double
    /// Whether it was written as a rate.
    var isRate = false
}

/// The names of the arrival processes.
enum ArrivalKind: String, CaseIterable, Sendable {
    case constant, poisson, gamma
}

/// Makes the policy for retries of the settings.
struct RetryBuilder {
    let settings: RunSettings

    /// The policy.
    func policy() throws(Fault) -> RetryPolicy {
        let isOff = settings.retries == 0
        if isOff, settings.retryDelay != nil || settings.retriesUnsafe {
            throw Fault(
                "says how to retry, and nothing is retried",
                at: .flag(settings.retriesUnsafe ? "--retry-unsafe" : "--retry-delay"),
                hint: "add how often: --retry 3")
        }
        let usual = RetryPolicy()
        return RetryPolicy(
            most: settings.retries, delay: settings.retryDelay ?? usual.delay,
            repeatsUnsafe: settings.retriesUnsafe)
    }
}

/// Decides how connections are made, and checks what can be checked of it.
struct ConnectionsBuilder {
    let settings: RunSettings
    let surroundings: ProcessEnvironment

    /// How connections to the target are made; nil stands for the embedded sandbox, on 127.0.0.1.
    func connections(to target: Target?) throws(Fault) -> Connections {
        let proxy = try proxy(to: target)
        try checkSources(for: proxy?.host ?? target?.host ?? "127.0.0.1", isProxy: proxy != nil)
        return Connections(
            sources: settings.sources, idleClose: settings.idleClose, proxy: proxy)
    }

    private func proxy(to target: Target?) throws(Fault) -> Proxy? {
        guard let target else { return nil }
        return try ProxyBuilder(environment: surroundings.environment).proxy(to: target)
    }

    private func checkSources(for host: String, isProxy: Bool) throws(Fault) {
        for source in settings.sources {
            guard source.isOfThisMachine else {
                throw complaint(
                    "\(source.ip) is no address of this machine",
                    hint: "ip address lists them; all of 127.0.0.0/8 are")
            }
            // Which addresses a name has is known when it is looked up.
            guard let address = SocketAddress(ip: host, port: 0) else { continue }
            guard address.isIPv6 == source.isIPv6 else {
                throw complaint(
                    "\(source.ip) is \(Self.family(of: source)) and the"
                        + " \(isProxy ? "proxy" : "target")"
                        + " \(address.ip) is \(Self.family(of: address))",
                    hint: "name addresses of the same family")
            }
        }
    }

    private func complaint(_ message: String, hint: String) -> Fault {
        Fault(message, at: .flag("--source-address"), hint: hint)
    }

    private static func family(of address: SocketAddress) -> String {
        address.isIPv6 ? "IPv6" : "IPv4"
    }
}
