package import Base

/// Load settings: how many users or starts are wanted and when to stop, as far as somebody said so;
/// what was left open is decided here.
package struct LoadSettings: Sendable, Equatable {
    /// How long a run lasts when nothing says when to stop, besides ramp and warm-up.
    package static let usualDuration = Nanoseconds.seconds(10)
    /// How long a run lasts at most that ends when figures are known, where nobody says.
    package static let longestUntilKnown = Nanoseconds.seconds(600)
    /// How long a warm-up lasts at most that ends by itself, where the run has no duration.
    static let longestWarmup = Nanoseconds.seconds(60)
    /// Simulated users in the closed model when nothing says how many.
    static let usualUsers = 10
    /// Simulated users at most in the open model when nothing says how many.
    static let usualCeiling = 1_000

    package var users: Int?
    /// Starts a second; nil in the closed model.
    package var rate: Double?
    package var arrivals: ArrivalKind?
    package var burstiness: Double?
    package var rampUp: Nanoseconds?
    package var stages: [StageSetting] = []
    /// nil where nothing was said: then users begin gently.
    package var startJitter: Nanoseconds?
    package var warmup: Warmup?
    package var conversations: Int?
    package var exchanges: Int?
    package var duration: Nanoseconds?
    /// Whether the run ends as soon as figures are known.
    package var endsWhenKnown = false
    package var grace = Nanoseconds.seconds(30)
    package var think: ThinkTime?

    package init() {}

    /// The load's shape.
    ///
    /// - Parameter isSearched: whether a search for the capacity sets levels and lengths itself.
    /// - Throws: what does not go together.
    package func shape(isSearched: Bool = false) throws(Fault) -> LoadShape {
        try checkStages()
        if isSearched { try checkSearch() }
        let arrivals = try process()
        let curve = curve
        let peak = curve?.peak ?? base
        guard peak > 0 else {
            throw Fault(
                "the load never rises above zero", at: .flag("--stage"),
                hint: "name a level above zero, such as --stage 30s:50")
        }
        let load = LoadShape(
            users: arrivals == nil ? Int(min(peak, 1e6)) : users ?? Self.usualCeiling,
            arrivals: arrivals.map { Arrivals(rate: peak, process: $0) }, curve: curve,
            conversations: conversations, exchanges: exchanges, duration: duration(curve),
            grace: grace, thinkOverride: think, warmup: warmup, startJitter: startJitter ?? .zero,
            startsGently: startJitter == nil)
        try check(warmupOf: load)
        if load.startJitter > .zero, arrivals != nil {
            throw Fault(
                "is for the closed model", at: .flag("--start-jitter"),
                hint: "with --rate the starts are spread by --arrivals")
        }
        return load
    }

    private func checkSearch() throws(Fault) {
        let flags: [(flag: String, isGiven: Bool)] = [
            ("--stage", !stages.isEmpty), ("--ramp-up", rampUp != nil),
            ("--conversations", conversations != nil), ("--exchanges", exchanges != nil),
        ]
        if let given = flags.first(where: \.isGiven) {
            throw Fault(
                "does not go with --find-capacity", at: .flag(given.flag),
                hint: "-c or --rate is the level it begins with, -d how long each level lasts")
        }
    }

    /// The level at the start, or after the ramp.
    private var base: Double {
        if let rate { return rate }
        let isLeftToStages = !stages.isEmpty && rampUp == nil
        return Double(users ?? (isLeftToStages ? 0 : Self.usualUsers))
    }

    private var curve: LoadCurve? {
        let stages = stages.map(\.stage)
        if let rampUp {
            return LoadCurve(from: 0, through: [LoadStage(length: rampUp, level: base)] + stages)
        }
        return stages.isEmpty ? nil : LoadCurve(from: base, through: stages)
    }

    private func duration(_ curve: LoadCurve?) -> Nanoseconds? {
        if let duration { return duration }
        if let curve, !stages.isEmpty { return curve.end }
        if conversations != nil || exchanges != nil { return nil }
        var span = Nanoseconds.zero
        if case .time(let warmup) = warmup { span = warmup }
        if warmup == .automatic { span = Self.usualDuration }
        let usual = endsWhenKnown ? Self.longestUntilKnown : Self.usualDuration
        return usual + max(rampUp ?? .zero, span)
    }

    /// How starts follow each other; nil in the closed model.
    private func process() throws(Fault) -> ArrivalProcess? {
        guard rate != nil else {
            guard arrivals == nil, burstiness == nil else {
                throw Fault(
                    "needs a rate", at: .flag(arrivals == nil ? "--burstiness" : "--arrivals"),
                    hint: "say how many conversations start: --rate 50/s")
            }
            return nil
        }
        switch (arrivals, burstiness) {
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
        guard rate == nil else { return }
        for entry in stages
        where entry.isRate || entry.stage.level.rounded() != entry.stage.level {
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
            case .automatic, nil: false
            }
        if lastsTooLong {
            throw Fault(
                "the warm-up lasts as long as the run: nothing would be measured",
                at: .flag("--warmup"), hint: "make the run longer or the warm-up shorter")
        }
    }
}

/// A stage of the load, and whether its level was written as a rate.
package struct StageSetting: Sendable, Equatable {
    package var stage: LoadStage
    package var isRate = false

    package init(_ stage: LoadStage, isRate: Bool = false) {
        self.stage = stage
        self.isRate = isRate
    }
}

/// The names of the arrival processes.
package enum ArrivalKind: String, CaseIterable, Sendable {
    case constant, poisson, gamma
}

/// Replay settings: whether and how recorded times are played.
package struct ReplaySettings: Sendable, Equatable {
    /// Recorded seconds in a second; nil for as fast as allowed.
    package var speed: Double?
    package var maxGap: Nanoseconds?
    package var turns: TurnTiming?

    package init() {}

    /// The load of a replay: at recorded times a ceiling, otherwise users that play one conversation
    /// after another, without thinking unless that was asked for.
    func shape(of load: LoadSettings) -> LoadShape {
        let isTimed = speed != nil
        let thinks = isTimed || turns == .think
        return LoadShape(
            users: load.users
                ?? (isTimed ? LoadSettings.usualCeiling : LoadSettings.usualUsers),
            conversations: load.conversations, exchanges: load.exchanges, duration: load.duration,
            grace: load.grace, thinkOverride: load.think ?? (thinks ? nil : .fixed(.zero)))
    }

    /// How recorded times are played; nil when they are not.
    var pace: ReplayPace? {
        speed.map { ReplayPace(speed: $0, maxGap: maxGap, turns: turns ?? .recorded) }
    }

    /// Refuses what does not go together.
    func check(with load: LoadSettings, _ service: ServiceDescription) throws(Fault) {
        if speed == nil {
            if maxGap != nil { throw Self.needsSpeed("--max-gap") }
            if let turns, turns != .think { throw Self.needsSpeed("--turns") }
        } else if load.think != nil, turns != .think {
            throw Fault(
                "turns are taken at their recorded times", at: .flag("--think"),
                hint: "add --turns think, or leave out --think")
        }
        if turns == .strict, !service.allowsOverlap {
            throw Fault(
                "\(service.name) brings replies by polling a chat, so that turns"
                    + " which overlap could not tell whose reply they got", at: .flag("--turns"),
                hint: "--turns recorded takes each turn when the reply before it is there")
        }
    }

    private static func needsSpeed(_ flag: String) -> Fault {
        Fault(
            "is about recorded times, and these are played with --speed only", at: .flag(flag),
            hint: "add --speed 1x to play them as they were")
    }
}
