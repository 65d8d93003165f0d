import Base
import ChatloadKit
import Glibc
import Networking
import Sandbox

/// Serve settings: the sandbox as a server of its own.
struct ServeSettings: OptionSubject, Sendable {
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
    var pacing = PacingOptions()
    var botyardReplies = SandboxSettings.BotyardReplies.later
    /// The status with which Tamako reports a missing parameter: nobody knows which.
    var tamakoMissing = 0
    var seed: UInt64?
    var credentials: String?
    /// Whether to follow a service's code where its own documentation differs.
    var isExact = false
    var speaksTLS = false
    /// Files in PEM form.
    var certificate: String?
    var key: String?
    /// Where to write the certificate that is made.
    var certificateOutput: String?
    var process = ProcessOptions()

    private static let services = SandboxSettings.services.map(\.name)

    static let rows: [OptionRow<Self>] =
        options(
            of: [.serve], .thisProcess,
            .positional(
                "service", "SERVICE…", .choice("service", of: services.map { ($0, $0) }),
                into: \.services,
                "services to imitate: \(services.joined(separator: ", ")); without any, all"),
            .value(
                ["host"], "ADDRESS", .text, into: \.host, default: "127.0.0.1",
                "address to listen on"),
            .value(
                ["port"], "N", .count(0...65_535), into: \.port, default: "0",
                "port to listen on; 0 takes a free one"),
            .toggle(
                ["tls"], into: \.speaksTLS,
                "speak https, with a certificate that is made for this run unless --tls-cert"
                    + " names one"
            ),
            .value(
                ["tls-cert"], "FILE", .text, into: \.certificate,
                "certificate (PEM) to speak https with, and those that lead to its root"),
            .value(
                ["tls-key"], "FILE", .text, into: \.key, default: "(in the file of --tls-cert)",
                "private key (PEM) of that certificate, not encrypted"),
            .value(
                ["tls-cert-out"], "FILE", .text, into: \.certificateOutput,
                "write the certificate that is made, for the --cacert of those who connect"),
            .keyed(
                ["latency"], "[SERVICE=]SPEC", .byService(.latency, known: services),
                into: \.latency,
                "reply latency: 50ms, uniform:20ms,80ms, lognormal:50ms,0.5 or exponential:50ms"),
            .keyed(
                ["error-rate"], "[SERVICE=]X", .byService(.share, known: services),
                into: \.errorRate, "share of requests to fail: 0.05 or 5%"),
            .keyed(
                ["limit"], "[SERVICE=]SPEC", .limitByServiceAndUnit(known: services),
                into: \.limits,
                "what each credential may do, then 429: '60 requests/m', '10000 tokens/h'; in"
                    + " Botyard, each user"),
            .list(
                ["fault"], "NAME[:X][@STEP]", Reader(read: FaultRule.init(parsing:)),
                into: \.faults,
                "misbehave: which way (below, or any), to what share of requests, at which step,"
                    + " such as reset:5%@say"),
            .value(
                ["stall"], "AT:FOR,…", .stalls, into: \.stalls,
                "hold all answers from AT after the start for a time, such as 30s:5s"),
            .value(
                ["botyard-replies"], "WHEN", .choice("choice"), into: \.botyardReplies,
                default: "later",
                "Botyard answers a message at once and the bot later, or when the bot has: later or"
                    + " blocking"),
            .value(
                ["tamako-missing"], "STATUS", .choice("status", of: [("400", 400), ("200", 200)]),
                into: \.tamakoMissing, default: "400",
                "Tamako's status for a missing parameter: 400 or 200"),
            .value(
                ["seed"], "N", .seed, into: \.seed, default: "(drawn once and printed)",
                "seed of every random choice"),
            .value(
                ["credentials"], "FILE", .text, into: \.credentials,
                "JSON lines with the credentials the services accept, such as"
                    + " {\"service\":\"stammer\",\"token\":\"…\"}; without any, all"),
            .toggle(
                ["exact"], into: \.isExact,
                "follow a service's observed behaviour where its documentation differs"))
        + PacingOptions.rows.map { $0.inside(\.pacing, prefix: "").of([.serve], .thisProcess) }

    /// The sandbox. A seed that was not given is drawn.
    func sandbox(in surroundings: ProcessEnvironment) throws(Fault) -> SandboxSettings {
        var sandbox = SandboxSettings()
        guard let address = SocketAddress(ip: host, port: port) else {
            throw Fault(
                "\(Printable.quoted(host)) is not an IP address", at: .flag("--host"),
                hint: "127.0.0.1 listens on this machine only, 0.0.0.0 on every interface")
        }
        sandbox.address = address
        sandbox.seed = seed ?? PlanSettings.drawnSeed()
        sandbox.isBotyardExact = isExact
        sandbox.faults = faults
        sandbox.stalls = stalls
        sandbox.pacing = pacing.pacing
        sandbox.botyardReplies = botyardReplies
        sandbox.tamakoMissingStatus = tamakoMissing
        for service in SandboxSettings.services {
            func own<Value>(_ values: Keyed<Value>, _ unit: String = "") -> Value? {
                values[service.name + unit] ?? values["*" + unit]
            }
            if service.generates, latency[service.name] != nil {
                throw PacingOptions.noLatency(of: service.name, "--latency")
            }
            var conduct = SandboxSettings.Service()
            conduct.isOffered = services.isEmpty || services.contains(service.name)
            conduct.latency = own(latency) ?? conduct.latency
            conduct.errorRate = own(errorRate) ?? conduct.errorRate
            conduct.requestLimit = own(limits, " requests")
            conduct.tokenLimit = own(limits, " tokens")
            sandbox[keyPath: service.settings] = conduct
        }
        if let credentials {
            sandbox.credentials = try Self.credentials(credentials, in: surroundings)
        }
        return sandbox
    }

    private static func credentials(_ path: String, in surroundings: ProcessEnvironment)
        throws(Fault) -> Credentials
    {
        let flag = Fault.Place.flag("--credentials")
        let bytes = try surroundings.text(in: path, namedAt: flag)
        do {
            return try Credentials(parsing: bytes)
        } catch {
            throw error.at(.file(path, line: error.line, column: nil))
        }
    }
}

extension ServeSettings {
    /// What connections to an address are encrypted with; nil where they are not.
    func tlsContext(in surroundings: ProcessEnvironment) throws(Fault) -> TLSContext? {
        let named = try surroundings.identity(
            certificate: certificate, key: key, flags: ("--tls-cert", "--tls-key"))
        if named != nil, certificateOutput != nil {
            throw Fault(
                "nothing is made where a certificate is given", at: .flag("--tls-cert-out"),
                hint: "leave out either --tls-cert-out or --tls-cert")
        }
        guard named != nil || speaksTLS || certificateOutput != nil else { return nil }
        let identity = try Fault.at(.flag("--tls")) { () throws(Fault) in
            if let named { return named }
            return try TLSIdentity.selfSigned(hosts: Self.hosts(with: host))
        }
        let context = try TLSContext(
            server: identity,
            namedAt: TLSPlaces(use: "--tls", certificate: "--tls-cert", key: "--tls-key"))
        if let certificateOutput { try Self.write(identity.chain, to: certificateOutput) }
        return context
    }

    /// This machine's own names, and the address that is listened on.
    private static func hosts(with host: String) -> [String] {
        let usual = ["localhost", "127.0.0.1", "::1"]
        let isOne = !usual.contains(host) && !["0.0.0.0", "::"].contains(host)
        return usual + (isOne ? [host] : [])
    }

    /// Writes the certificate, which anybody may read; into what is there, if it is no regular file.
    private static func write(_ bytes: [UInt8], to path: String) throws(Fault) {
        let flag = Fault.Place.flag("--tls-cert-out")
        let isWritten = try Fault.changing {
            Fault("the file \($0.description)", at: flag)
        } in: { () throws(Fault) in
            let place = try ExportPlace(path)
            guard case .into = place.way else { return false }
            try place.write(bytes)
            return true
        }
        if isWritten { return }
        let file = fopen(path, "we")
        let isWhole = file.map { fwrite(bytes, 1, bytes.count, $0) == bytes.count } ?? false
        if file.map({ fclose($0) != 0 }) ?? true || !isWhole {
            throw Fault(
                "the file cannot be written: \(String(cString: strerror(errno)))", at: flag)
        }
    }
}
