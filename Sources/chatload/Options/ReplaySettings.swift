import Base
import ChatloadKit
import Networking

/// What a replay is asked for besides what it shares with a run.
struct ReplaySettings: Sendable {
    /// Whether it is a replay.
    var isOn = false
    /// Recorded seconds in a second; nil for as fast as allowed.
    var speed: Double?
    var maxGap: Nanoseconds?
    var turns: TurnTiming?
    /// The folder of a replay to go on with.
    var resumes: String?

    /// Whether something was asked for that only a replay does.
    var isImplied: Bool { isOn || speed != nil || maxGap != nil || turns != nil }
}

extension RunSettings {
    /// The options of `replay`: those of a run but what makes a load of it, and its own.
    static let replayOptions =
        withReplay(options.filter { !loadOnly.contains($0.face.name) }).map(\.asInReplay)
        + resumeOptions

    /// The options of `plan`: those of both.
    static let planOptions =
        withReplay(options) + [
            .toggle(["replay"], into: \.replay.isOn, "show what replay would do, and not run")
        ]

    /// The options of `plan` as a replay means them, in the same places.
    static let replayPlanOptions = planOptions.map(\.asInReplay)

    /// The flag of an option that was given and that only makes sense in a load test.
    var loadOnlyFlag: String? {
        Self.loadOnly.sorted().first { name in
            typed[name] != nil && typed[name] != Self.defaults[name]
        }
        .map { "--" + $0 }
    }

    /// Options that choose how much load there is, of which a replay has what was recorded.
    private static let loadOnly: Set<String> = [
        "rate", "arrivals", "burstiness", "ramp-up", "stage", "start-jitter", "warmup",
        "find-capacity", "transcript",
    ]

    private static let defaults = Dictionary(
        uniqueKeysWithValues: options.compactMap { row in
            row.face.defaultValue.map { (row.face.name, $0) }
        })

    private static func withReplay(_ rows: [OptionRow<RunSettings>]) -> [OptionRow<RunSettings>] {
        rows.flatMap { $0.face.name == "concurrency" ? [$0] + replayOnly : [$0] }
    }

    private static let replayOnly: [OptionRow<RunSettings>] = [
        .value(
            ["speed"], "X", .speed, into: \.replay.speed, default: "(as fast as allowed)",
            "replay at the recorded times, X times as fast: 1x, 60x, 0.5x; a conversation that"
                + " finds no free user waits for one"),
        .value(
            ["max-gap"], "T", .duration(), into: \.replay.maxGap,
            "with --speed, wait no longer than this from one start to the next and from one turn"
                + " of a conversation to the next"),
        .value(
            ["turns"], "WHEN", .choice("time for turns"), into: \.replay.turns,
            default: "(recorded)",
            "with --speed, when later turns are taken: recorded (at their times, but not before"
                + " the reply to the turn before), think (the think time after that reply) or"
                + " strict (at their times, reply or not)"),
    ]
}

extension OptionRow<RunSettings> {
    /// The same option with what it means in a replay.
    fileprivate var asInReplay: Self {
        var row = self
        switch face.name {
        case "concurrency":
            row.face = face.told(
                "simulated users at once; with --speed at most", default: "(10; 1000 with --speed)")
        case "conversations":
            row.face = face.told("replay the first N conversations only", default: nil)
        case "duration":
            row.face = face.told("start no conversation after this time", default: nil)
        case "think":
            row.face = face.told(face.help, default: "(none; with --turns think as scripted)")
        case "on-reject":
            row.face = face.told(face.help, default: "wait")
        default: break
        }
        return row
    }
}

extension OptionSpec {
    /// The same option with another help text and default.
    func told(_ help: String, default text: String?) -> OptionSpec {
        OptionSpec(
            names: names, placeholder: placeholder, kind: kind, defaultText: text, help: help,
            separator: separator)
    }
}

/// Makes a replay's load and pace of the settings.
struct ReplayBuilder {
    let settings: RunSettings

    /// The load: at recorded times a ceiling, otherwise users that play one conversation after
    /// another, without thinking unless that was asked for.
    func load() throws(Fault) -> LoadShape {
        try check()
        let isTimed = settings.replay.speed != nil
        let thinks = isTimed || settings.replay.turns == .think
        return LoadShape(
            users: settings.users
                ?? (isTimed ? LoadBuilder.usualCeiling : LoadBuilder.usualUsers),
            conversations: settings.conversations, exchanges: settings.exchanges,
            duration: settings.duration, grace: settings.grace,
            thinkOverride: settings.think ?? (thinks ? nil : .fixed(.zero)))
    }

    /// How recorded times are played; nil when they are not.
    var pace: ReplayPace? {
        settings.replay.speed.map {
            ReplayPace(
                speed: $0, maxGap: settings.replay.maxGap, turns: settings.replay.turns ?? .recorded
            )
        }
    }

    private func check() throws(Fault) {
        if let flag = settings.loadOnlyFlag {
            throw Fault(
                "is for a load test, and a replay has the load that was recorded", at: .flag(flag),
                hint: "leave it out; -c says how many users there are")
        }
        let turns = settings.replay.turns
        if settings.replay.speed == nil {
            if settings.replay.maxGap != nil { throw needsSpeed("--max-gap") }
            if let turns, turns != .think { throw needsSpeed("--turns") }
        } else if settings.think != nil, turns != .think {
            throw Fault(
                "turns are taken at their recorded times", at: .flag("--think"),
                hint: "add --turns think, or leave out --think")
        }
        if turns == .strict, !settings.service.allowsOverlap {
            throw Fault(
                "\(settings.service.name) brings replies by polling a chat, so that turns"
                    + " which overlap could not tell whose reply they got", at: .flag("--turns"),
                hint: "--turns recorded takes each turn when the reply before it is there")
        }
    }

    private func needsSpeed(_ flag: String) -> Fault {
        Fault(
            "is about recorded times, and these are played with --speed only", at: .flag(flag),
            hint: "add --speed 1x to play them as they were")
    }
}
