import ChatloadKit
import Networking
import Sandbox

/// What `run` and `plan` were asked for, as typed; `PlanBuilder` makes a plan of it.
///
/// A fresh value is empty: the defaults stand in the table and are read like any other value.
struct RunSettings: Sendable {
    var workloads: [String] = []
    var skipsBadLines = false
    var attachFrom: String?
    var service = ServiceName.stammer
    var target: String?
    var tls = TLSOptions()
    var parameters = Keyed<String>()
    var headers = Keyed<String>()
    var users: Int?
    var conversations: Int?
    var exchanges: Int?
    var duration: Nanoseconds?
    var rate: Double?
    /// The figure whose limit decides how much load is too much.
    var capacity: Threshold?
    var slos: [Threshold] = []
    var goodput: GoodputLimits?
    var abortsOnSLO = false
    /// Where metrics are served while the run lasts.
    var metricsAddress: SocketAddress?
    /// Files in the forms of other tools.
    var exports = ExportSettings()
    var arrivals: ArrivalKind?
    var burstiness: Double?
    var rampUp: Nanoseconds?
    var stages: [StageSetting] = []
    var warmup: Warmup?
    /// nil where nothing was said: then users begin gently.
    var startJitter: Nanoseconds?
    var grace = Nanoseconds.zero
    var think: ThinkTime?
    var timeout = Nanoseconds.zero
    var connectTimeout = Nanoseconds.zero
    var idleClose: Nanoseconds?
    var sources: [SocketAddress] = []
    var seed: UInt64?
    var workers: Int?
    var quotas: [Quota] = []
    var credentials: String?
    var assignment = CredentialAssignment.sticky
    var onReject = RejectionPolicy.record
    var retries = 0
    var retryDelay: Nanoseconds?
    var retriesUnsafe = false
    var tokens = TokenEstimate.usual
    var data: String?
    var dataOrder: DataOrder?
    var dataScope: DataScope?
    var replay = ReplaySettings()
    var probe = ProbeSettings()
    var sandboxLatency: LatencyModel?
    var sandboxErrorRate: Double?
    /// By unit.
    var sandboxLimits = Keyed<ServiceLimit>()
    var sandboxFaults: [FaultRule] = []
    var sandboxStalls: [Stall] = []
    var output: String?
    var format = OutputFormat.text
    var log = LogMode.all
    var keepsReplies = false
    var labels = Keyed<String>()
    var isQuiet = false
    var hidesProgress = false
    var config: String?
    /// The options in effect as they were typed, for reports. Secrets stand in it by reference.
    var typed = Keyed<String>()
}

extension RunSettings {
    /// What is kept of the replies: in a replay always everything.
    var keeping: ReplyKeeping {
        if replay.isOn { return .progress }
        return keepsReplies ? .replies : .nothing
    }

    /// The options of `run` and `plan`, one row each, in the order of the help.
    static let options: [OptionRow<RunSettings>] =
        loadOptions + tlsOptions + reportOptions + processOptions

    private static let loadOptions: [OptionRow<RunSettings>] = [
        .positional(
            "workload", "WORKLOAD…", .text, into: \.workloads,
            "conversation scripts (JSONL), or transcripts and traces of other formats"),
        .toggle(["skip-bad-lines"], into: \.skipsBadLines, "pass over conversations with errors"),
        .value(
            ["attach-from"], "DIR", .text, into: \.attachFrom, default: "(the workload's folder)",
            "folder whose files scripts may attach; others are refused"),
        .value(
            ["service"], "NAME", .choice("service"), into: \.service, default: "stammer",
            "the chat service's dialect: tamako, botyard or stammer"),
        .value(
            ["target"], "URL", .text, into: \.target, default: "(the embedded sandbox)",
            "base URL of the service"),
        .keyed(
            ["set"], "K=V", .setting, into: \.parameters,
            "a parameter of the service; a secret as env:NAME or file:PATH"),
        .keyed(
            ["H", "header"], "'K: V'", .header, into: \.headers, separator: ": ",
            "an extra request header; a secret as env:NAME or file:PATH"),
        .value(
            ["c", "u", "concurrency", "users"], "N", .count(1...1_000_000), into: \.users,
            default: "(10; 1000 with --rate)",
            "simulated users at once; with --rate at most, with --stage at the start"),
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
            default: "(none: a thousand begin each second, over at most a tenth of --duration)",
            "each user begins up to this much later; 0 for all at once"),
        .value(
            ["warmup"], "T|N", .warmup, into: \.warmup,
            "a time such as 30s, or a number of conversations, that is part of the run and of its"
                + " log but of no figure"),
        .value(
            ["find-capacity"], "LIMIT", .threshold, into: \.capacity,
            "run level after level, twice the users (or the rate) each time and then in between,"
                + " for the highest that keeps a limit such as 'response.p99<800ms' or 'errors<1%'"),
        .value(
            ["n", "conversations"], "N", .count(1...Int.max), into: \.conversations,
            "stop after starting this many conversations"),
        .value(
            ["exchanges"], "N", .count(1...Int.max), into: \.exchanges,
            "stop after this many exchanges"),
        .value(
            ["d", "duration"], "T", .duration(), into: \.duration,
            default: "(10s without -n and --exchanges)", "stop after this time"),
        .value(
            ["grace"], "T", .duration(canBeZero: true), into: \.grace, default: "30s",
            "time for turns under way to end, then a hard stop"),
        .value(
            ["think"], "SPEC", .spread, into: \.think, default: "(as scripted)",
            "think time before turns: 0, 2s, uniform:1s,3s, lognormal:MEDIAN,SIGMA,"
                + " exponential:MEAN or reading:250wpm, which follows the length of the reply"),
        .value(
            ["timeout"], "T", .duration(), into: \.timeout, default: "60s",
            "longest time for one exchange"),
        .value(
            ["connect-timeout"], "T", .duration(), into: \.connectTimeout, default: "5s",
            "longest time to connect"),
        .value(
            ["idle-close"], "T", .duration(), into: \.idleClose,
            "close connections that are idle for this long, and open them again when needed"),
        .value(
            ["source-address"], "A,…", .sources, into: \.sources,
            "local addresses to connect from, spread over the users"),
        .list(
            ["quota"], "SPEC", .quota, into: \.quotas,
            "a limit to keep: 'SCOPE:AMOUNT UNIT[/PERIOD][ burst N]', for a run, credential, user or"
                + " conversation; in requests, tokens, prompt-tokens or reply-tokens; per s, m, h,"
                + " d or in all"),
        .value(
            ["credentials"], "FILE", .text, into: \.credentials,
            "JSONL file with a credential a line: its label and parameters over those of --set"),
        .value(
            ["assign"], "HOW", .choice("way to assign"), into: \.assignment, default: "sticky",
            "who speaks with which credential: sticky, round-robin or least-used"),
        .value(
            ["on-reject"], "WHAT", .choice("choice"), into: \.onReject, default: "record",
            "what a 429 or 529 does: wait and try again, record it, or stop its credential"),
        .value(
            ["data"], "FILE", .text, into: \.data,
            "rows of values for scripts' variables: CSV with a header, or JSONL objects"),
        .value(
            ["data-order"], "ORDER", .choice("order of rows"), into: \.dataOrder,
            default: "(sequential)",
            "sequential and from the beginning again, shuffled by the seed, or unique: each row"
                + " once, and the run ends with the last"),
        .value(
            ["data-per"], "WHOM", .choice("receiver of rows"), into: \.dataScope,
            default: "(conversation)", "whom a row of the data is for: each conversation or user"),
        .value(
            ["retry"], "N", .count(0...100), into: \.retries, default: "0",
            "try an exchange up to N times more after an error that passes: no connection, a 429 or"
                + " 529, and a 5xx, a broken connection or a timeout where repeating is harmless"),
        .value(
            ["retry-delay"], "T", .duration(canBeZero: true), into: \.retryDelay,
            default: "(250ms)",
            "longest time before the first retry; it doubles each time up to 30s, and a random"
                + " share of it is waited"),
        .toggle(
            ["retry-unsafe"], into: \.retriesUnsafe,
            "retry also what may have been carried out already, such as a message that was sent"),
        .value(
            ["tokens"], "HOW", .tokens, into: \.tokens, default: "chars:4",
            "how tokens are counted that the service does not report: chars:N, bytes:N, words or"
                + " reported"),
        .value(
            ["sandbox-latency"], "SPEC", .latency, into: \.sandboxLatency,
            "latency of the embedded sandbox's replies, written as for --think"),
        .value(
            ["sandbox-error-rate"], "X", .share, into: \.sandboxErrorRate,
            "share of requests the embedded sandbox fails: 0.05 or 5%"),
        .keyed(
            ["sandbox-limit"], "SPEC", .limitByUnit, into: \.sandboxLimits,
            "what each credential may do in the embedded sandbox, then 429: '60 requests/m',"
                + " '10000 tokens/h'"),
        .list(
            ["sandbox-fault"], "NAME[:X][@STEP]", .fault, into: \.sandboxFaults,
            "a way in which the embedded sandbox misbehaves, such as reset:5%@say or any:1%;"
                + " chatload serve --help lists them"),
        .value(
            ["sandbox-stall"], "AT:FOR,…", .stalls, into: \.sandboxStalls,
            "hold all answers of the embedded sandbox from AT for a time, such as 5s:2s"),
    ]

    private static let processOptions: [OptionRow<RunSettings>] = [
        .value(
            ["seed"], "N", .seed, into: \.seed, default: "(drawn once and printed)",
            "seed of every random choice"),
        .value(
            ["workers"], "N", .count(1...1_024), into: \.workers, default: "(one per core)",
            "event loops to spread the users over"),
        .value(
            ["f", "config"], "FILE", .text, into: \.config,
            "JSON file with options, the keys being their long names"),
        .toggle(["q", "quiet"], into: \.isQuiet, "no progress, no messages but errors"),
        .toggle(["no-progress"], into: \.hidesProgress, "no progress line"),
    ]
}
