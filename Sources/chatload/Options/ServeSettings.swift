import ChatloadKit
import Sandbox

/// What `serve` was asked for.
struct ServeSettings: Sendable {
    /// The services to imitate; all of them when empty.
    var services: [String] = []
    var host = ""
    /// 0 lets the system choose a free one.
    var port = 0
    /// By service name; `*` stands for those without one of their own.
    var latency = Keyed<LatencyModel>()
    /// By service name; `*` stands for those without one of their own.
    var errorRate = Keyed<Double>()
    /// By service name, or `*`, and unit: `stammer requests`.
    var limits = Keyed<ServiceLimit>()
    var faults: [FaultRule] = []
    var stalls: [Stall] = []
    var botyardReplies = SandboxSettings.BotyardReplies.later
    var tamakoMissing = TamakoMissing.badRequest
    var seed: UInt64?
    var credentials: String?
    /// Whether to follow a service's code where its own documentation differs.
    var isExact = false
    var tls = ServedTLSOptions()
    var config: String?
    var isQuiet = false
}

extension ServeSettings {
    private static let services = SandboxSettings.services.map(\.name)

    /// The options of `serve`.
    static let options: [OptionRow<ServeSettings>] = [
        .positional(
            "service", "SERVICE…", .choice("service", of: services.map { ($0, $0) }),
            into: \.services,
            "services to imitate: \(services.joined(separator: ", ")); without any, all"),
        .value(
            ["host"], "ADDRESS", .text, into: \.host, default: "127.0.0.1", "address to listen on"),
        .value(
            ["port"], "N", .count(0...65_535), into: \.port, default: "0",
            "port to listen on; 0 takes a free one"),
        .toggle(
            ["tls"], into: \.tls.isWanted,
            "speak https, with a certificate that is made for this run unless --tls-cert names one"),
        .value(
            ["tls-cert"], "FILE", .text, into: \.tls.certificate,
            "certificate (PEM) to speak https with, and those that lead to its root"),
        .value(
            ["tls-key"], "FILE", .text, into: \.tls.key, default: "(in the file of --tls-cert)",
            "private key (PEM) of that certificate, not encrypted"),
        .value(
            ["tls-cert-out"], "FILE", .text, into: \.tls.output,
            "write the certificate that is made, for the --cacert of those who connect"),
        .keyed(
            ["latency"], "[SERVICE=]SPEC", ForService.reader(of: .latency, known: services),
            into: \.latency,
            "reply latency: 50ms, uniform:20ms,80ms, lognormal:50ms,0.5 or exponential:50ms"),
        .keyed(
            ["error-rate"], "[SERVICE=]X", ForService.reader(of: .share, known: services),
            into: \.errorRate, "share of requests to fail: 0.05 or 5%"),
        .keyed(
            ["limit"], "[SERVICE=]SPEC", .limitByServiceAndUnit(known: services), into: \.limits,
            "what each credential may do, then 429: '60 requests/m', '10000 tokens/h'; in Botyard,"
                + " each user"),
        .list(
            ["fault"], "NAME[:X][@STEP]", .fault, into: \.faults,
            "misbehave: which way (below, or any), to what share of requests, at which step, such"
                + " as reset:5%@say"),
        .value(
            ["stall"], "AT:FOR,…", .stalls, into: \.stalls,
            "hold all answers from AT after the start for a time, such as 30s:5s"),
        .value(
            ["botyard-replies"], "WHEN", .choice("choice"), into: \.botyardReplies,
            default: "later",
            "Botyard answers a message at once and the bot later, or when the bot has: later or"
                + " blocking"),
        .value(
            ["tamako-missing"], "STATUS", .choice("status"), into: \.tamakoMissing,
            default: "400", "Tamako's status for a missing parameter: 400 or 200"),
        .value(
            ["seed"], "N", .seed, into: \.seed, default: "(drawn once and printed)",
            "seed of every random choice"),
        .value(
            ["credentials"], "FILE", .text, into: \.credentials,
            "JSON lines with the credentials the services accept, such as"
                + " {\"service\":\"stammer\",\"token\":\"…\"}; without any, all"),
        .toggle(
            ["exact"], into: \.isExact,
            "follow a service's observed behaviour where its documentation differs"),
        .value(
            ["f", "config"], "FILE", .text, into: \.config,
            "JSON file with options, the keys being their long names"),
        .toggle(["q", "quiet"], into: \.isQuiet, "no messages but errors"),
    ]
}
