import Base
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
    var service = ServiceDescription.stammer
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
    /// The paths of the files on demand, by their exporters' names.
    var exports: [String: String] = [:]
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
            ["service"], "NAME", .service, into: \.service, default: "stammer",
            "the chat service's dialect: \(listed(Services.names, "or"))"),
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

/// What was asked for about secure connections.
struct TLSOptions: Sendable {
    var isInsecure = false
    /// Files in PEM form.
    var authorities: String?
    var certificate: String?
    var key: String?

    /// The flag of an option that was given, if any was.
    var givenFlag: String? {
        if isInsecure { return "--insecure" }
        if authorities != nil { return "--cacert" }
        if certificate != nil { return "--cert" }
        return key == nil ? nil : "--key"
    }
}

extension RunSettings {
    /// The options on secure connections.
    static let tlsOptions: [OptionRow<RunSettings>] = [
        .value(
            ["cacert"], "FILE", .text, into: \.tls.authorities,
            "certificates (PEM) to trust instead of the system's: a server has to show one of them,"
                + " or one that they issued"),
        .toggle(
            ["k", "insecure"], into: \.tls.isInsecure,
            "do not verify the server's certificate, and say so in every report"),
        .value(
            ["cert"], "FILE", .text, into: \.tls.certificate,
            "certificate (PEM) to show a server that asks for one, with those that lead to its"
                + " root"),
        .value(
            ["key"], "FILE", .text, into: \.tls.key, default: "(in the file of --cert)",
            "private key (PEM) of that certificate, not encrypted"),
    ]
}

/// Makes what connections are encrypted with of the settings, and checks the files on the way.
struct TLSBuilder {
    let options: TLSOptions
    let surroundings: ProcessEnvironment

    /// What connections to the target need; nil where they are plain.
    func context(for target: Target?) throws(Fault) -> TLSContext? {
        guard let target, target.isTLS else {
            guard let flag = options.givenFlag else { return nil }
            throw Fault(
                "there is no TLS without a target that begins with https://", at: .flag(flag),
                hint: "leave out \(flag), or name such a target with --target")
        }
        var settings = TLSSettings()
        settings.verifies = !options.isInsecure
        settings.authorities = try options.authorities.map { path throws(Fault) in
            try TLSFiles.contents(of: path, flag: "--cacert", surroundings)
        }
        settings.identity = try TLSFiles.identity(
            certificate: options.certificate, key: options.key, flags: ("--cert", "--key"),
            surroundings)
        return try TLSContext(
            client: settings,
            namedAt: TLSPlaces(
                use: "--target", authorities: "--cacert", certificate: "--cert", key: "--key"))
    }
}

/// Certificates and keys in files that flags name.
enum TLSFiles {
    /// The content of a file.
    static func contents(
        of path: String, flag: String, _ surroundings: ProcessEnvironment
    ) throws(Fault) -> [UInt8] {
        if let bytes = try surroundings.text(in: path, namedAt: .flag(flag)) { return bytes }
        throw Fault("cannot read the file \(Printable.quoted(path))", at: .flag(flag))
    }

    /// A certificate and its key, which may stand in one file; nil where none is named.
    static func identity(
        certificate: String?, key: String?, flags: (certificate: String, key: String),
        _ surroundings: ProcessEnvironment
    ) throws(Fault) -> TLSIdentity? {
        guard let certificate else {
            if key == nil { return nil }
            throw Fault(
                "is the key of a certificate, and none is named", at: .flag(flags.key),
                hint: "add \(flags.certificate) FILE")
        }
        let chain = try contents(of: certificate, flag: flags.certificate, surroundings)
        guard let key else { return TLSIdentity(chain: chain, key: chain) }
        return TLSIdentity(
            chain: chain, key: try contents(of: key, flag: flags.key, surroundings))
    }
}

extension RunSettings {
    /// The options on what a run has to keep and on what comes out of it.
    static let reportOptions: [OptionRow<RunSettings>] =
        ownReportOptions
        + Exporter.onDemand.map {
            .value([$0.name], "FILE", .text, into: \.exports[$0.name], $0.help ?? "")
        }

    private static let ownReportOptions: [OptionRow<RunSettings>] = [
        .list(
            ["slo"], "LIMIT", .threshold, into: \.slos,
            "a limit the run is to keep, or exit with 99: 'response.p99<800ms', 'errors<1%',"
                + " 'step.NAME.reply.p95<2s', 'turns_per_s>200', 'goodput>95%'; with"
                + " ' over 30s' in every window of 30 seconds"),
        .toggle(
            ["abort-on-slo"], into: \.abortsOnSLO,
            "end the run as soon as an SLO is not kept, with enough samples to tell"),
        .value(
            ["goodput"], "LIMITS", .goodput, into: \.goodput,
            "when a turn is a good one: response:800ms,ttfb:200,e2e:5000; a bare number is in"
                + " milliseconds"),
        .value(
            ["metrics-listen"], "HOST:PORT", .listenAddress, into: \.metricsAddress,
            "serve the figures of the run under way as OpenMetrics at /metrics; without a host on"
                + " this machine only, and port 0 takes a free one"),
        .value(
            ["o", "output"], "DIR", .folder, into: \.output,
            default: "(reports/<UTC time>-<workload>)", "folder of the run's reports"),
        .value(
            ["format"], "F", .choice("format"), into: \.format, default: "text",
            "what stdout gets: text or json"),
        .value(
            ["log"], "WHICH", .choice("choice"), into: \.log, default: "all",
            "exchanges to log: all, errors or none"),
        .toggle(
            ["transcript"], into: \.keepsReplies,
            "keep the replies, in transcript.jsonl beside the reports"),
        .keyed(["label"], "K=V", .setting, into: \.labels, "a label for the reports"),
    ]
}
