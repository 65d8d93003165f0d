import Base
import ChatloadKit
import Networking

/// The options of a load's shape.
extension LoadSettings: OptionSubject {
    static let rows: [OptionRow<Self>] = userRows + shapeRows + limitRows

    static let userRows: [OptionRow<Self>] = options(
        of: .measuring, .howItRuns, as: .untold,
        .value(
            ["c", "u", "concurrency", "users"], "N", .count(1...1_000_000), into: \.users,
            default: "(10; 1000 with --rate)",
            "simulated users at once; with --rate at most, with --stage at the start"
        )
        .meaning(
            "simulated users at once; with --speed at most",
            default: "(10; 1000 with --speed)", in: .replay))

    /// How much load there is; a replay has what was recorded.
    static let shapeRows: [OptionRow<Self>] = options(
        of: .loading, .howItRuns,
        .value(
            ["r", "rate"], "R", .rate, into: \.rate,
            "start conversations on a schedule, whatever the service does: 50, 50/s or 300/m;"
                + " a start that finds no free user is dropped and counted"),
        .value(
            ["arrivals"], "KIND", .choice("kind of arrivals"), into: \.arrivals,
            default: "(constant)", "how starts follow each other: constant, poisson or gamma"),
        .value(
            ["burstiness"], "B", .burstiness, into: \.burstiness,
            "shape of gamma arrivals: 1 is Poisson, less is burstier, more is more even"),
        .value(
            ["ramp-up"], "T", .duration(), into: \.rampUp,
            "begin with nothing and reach the users, or the rate, in this time"),
        .list(
            ["stage"], "T:N", .stage, into: \.stages,
            "then go to N users, or to the rate N, in the time T; the last one's end is"
                + " the run's, unless --duration says more"),
        .value(
            ["start-jitter"], "T", .duration(canBeZero: true), into: \.startJitter,
            default:
                "(none: a thousand begin each second, over at most a tenth of --duration)",
            "each user begins up to this much later; 0 for all at once"),
        .value(
            ["warmup"], "T|N|auto", .warmup, into: \.warmup,
            "a time such as 30s, or a number of conversations, that is part of the run and of"
                + " its log but of no figure; auto ends when the figures of --until, or the"
                + " median response, no longer drift, after half of the run at the latest"))

    static let limitRows: [OptionRow<Self>] = options(
        of: .measuring, .howItRuns,
        .value(
            ["n", "conversations"], "N", .count(1...Int.max), into: \.conversations,
            "stop after starting this many conversations"
        )
        .meaning("replay the first N conversations only", in: .replay),
        .value(
            ["exchanges"], "N", .count(1...Int.max), into: \.exchanges,
            "stop after this many exchanges"),
        .value(
            ["d", "duration"], "T", .duration(), into: \.duration,
            default: "(10s without -n and --exchanges)", "stop after this time"
        )
        .meaning("start no conversation after this time", in: .replay),
        .value(
            ["grace"], "T", .duration(canBeZero: true), into: \.grace, default: "30s",
            "time for turns under way to end, then a hard stop"
        )
        .of(.measuring, .howItRuns, as: .incidental),
        .value(
            ["think"], "SPEC", .spread, into: \.think, default: "(as scripted)",
            "think time before turns: 0, 2s, uniform:1s,3s, lognormal:MEDIAN,SIGMA,"
                + " exponential:MEAN or reading:250wpm, which follows the length of the"
                + " reply"
        )
        .meaning(default: "(none; with --turns think as scripted)", in: .replay)
        .of(.measuring, .whatIsSent))
}

/// The options of recorded times.
extension ReplaySettings: OptionSubject {
    static let rows: [OptionRow<Self>] = options(
        of: [.replay, .plan], .whatIsSent,
        .value(
            ["speed"], "X", .speed, into: \.speed, default: "(as fast as allowed)",
            "replay at the recorded times, X times as fast: 1x, 60x, 0.5x; a conversation that"
                + " finds no free user waits for one"),
        .value(
            ["max-gap"], "T", .duration(), into: \.maxGap,
            "with --speed, wait no longer than this from one start to the next and from one"
                + " turn of a conversation to the next"),
        .value(
            ["turns"], "WHEN", .choice("time for turns"), into: \.turns,
            default: "(recorded)",
            "with --speed, when later turns are taken: recorded (at their times, but not before"
                + " the reply to the turn before), think (the think time after that reply) or"
                + " strict (at their times, reply or not)"))
}

/// The options of what is tried again.
extension RetrySettings: OptionSubject {
    static let rows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent,
        .value(
            ["retry"], "N", .count(0...100), into: \.most, default: "0",
            "try an exchange up to N times more after an error that passes: no connection, a"
                + " 429 or 529, and a 5xx, a broken connection or a timeout where repeating is"
                + " harmless"),
        .value(
            ["retry-delay"], "T", .duration(canBeZero: true), into: \.delay,
            default: "(250ms)",
            "longest time before the first retry; it doubles each time up to 30s, and a random"
                + " share of it is waited"),
        .toggle(
            ["retry-unsafe"], into: \.repeatsUnsafe,
            "retry also what may have been carried out already, such as a message that was"
                + " sent"))
}

/// The options of limits that a run keeps, and of whom it speaks as.
extension AccessSettings: OptionSubject {
    static let rows: [OptionRow<Self>] = options(
        of: .measuring, .howItRuns,
        .list(
            ["quota"], "SPEC", .parsed(Quota.init(parsing:)), into: \.quotas,
            "a limit to keep: 'SCOPE:AMOUNT UNIT[/PERIOD][ burst N]', for a run,"
                + " credential, user or conversation; in requests, tokens, prompt-tokens"
                + " or reply-tokens; per s, m, h, d or in all"),
        .value(
            ["credentials"], "FILE", .text, into: \.credentials,
            "JSONL file with a credential a line: its label and parameters over those of"
                + " --set"
        )
        .of(.playing, .whatIsSent),
        .value(
            ["assign"], "HOW", .choice("way to assign"), into: \.assignment,
            default: "sticky",
            "who speaks with which credential: sticky, round-robin or least-used"
        )
        .of(.measuring, .whatIsSent),
        .value(
            ["on-reject"], "WHAT", .choice("choice"), into: \.onReject, default: "record",
            "what a 429 or 529 does: wait and try again, record it, or stop its credential"
        )
        .meaning(default: "wait", in: .replay))
}
