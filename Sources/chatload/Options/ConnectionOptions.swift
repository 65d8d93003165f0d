import Base
import ChatloadKit
import Networking

/// The options of connections.
extension ConnectionSettings: OptionSubject {
    static let rows: [OptionRow<Self>] = options(
        of: .playing, .howItRuns,
        .value(
            ["timeout"], "T", .duration(), into: \.timeouts.total, default: "60s",
            "longest time for one exchange"),
        .value(
            ["connect-timeout"], "T", .duration(), into: \.timeouts.connect, default: "5s",
            "longest time to connect"),
        .value(
            ["first-token-timeout"], "T", .duration(), into: \.timeouts.firstToken,
            "longest time from the sending to a streamed reply's first token"),
        .value(
            ["idle-timeout"], "T", .duration(), into: \.timeouts.idle,
            "longest time between two pieces of a streamed reply"),
        .value(
            ["idle-close"], "T", .duration(), into: \.idleClose,
            "close connections that are idle for this long, and open them again when"
                + " needed"
        )
        .of(.measuring, .howItRuns),
        .value(
            ["source-address"], "A,…", .sources, into: \.sources,
            "local addresses to connect from, spread over the users"))
}

/// TLS options: whom to trust on secure connections, and what to show.
struct TLSOptions: OptionSubject, Sendable {
    var isInsecure = false
    /// Files in PEM form.
    var authorities: String?
    var certificate: String?
    var key: String?

    static let rows: [OptionRow<Self>] = options(
        of: .playing, .howItRuns,
        .value(
            ["cacert"], "FILE", .text, into: \.authorities,
            "certificates (PEM) to trust instead of the system's: a server has to show one of"
                + " them, or one that they issued"),
        .toggle(
            ["k", "insecure"], into: \.isInsecure,
            "do not verify the server's certificate, and say so in every report"),
        .value(
            ["cert"], "FILE", .text, into: \.certificate,
            "certificate (PEM) to show a server that asks for one, with those that lead to its"
                + " root"),
        .value(
            ["key"], "FILE", .text, into: \.key, default: "(in the file of --cert)",
            "private key (PEM) of that certificate, not encrypted"))

    /// The flag of an option that was given, if any was.
    private var givenFlag: String? {
        if isInsecure { return "--insecure" }
        if authorities != nil { return "--cacert" }
        if certificate != nil { return "--cert" }
        return key == nil ? nil : "--key"
    }

    /// What connections to the target need; nil where they are plain.
    func context(
        for target: Target?, in surroundings: ProcessEnvironment
    ) throws(Fault) -> TLSContext? {
        guard let target, target.isTLS else {
            guard let flag = givenFlag else { return nil }
            throw Fault(
                "there is no TLS without a target that begins with https://", at: .flag(flag),
                hint: "leave out \(flag), or name such a target with --target")
        }
        var settings = TLSSettings()
        settings.verifies = !isInsecure
        settings.authorities = try authorities.map { path throws(Fault) in
            try surroundings.text(in: path, namedAt: .flag("--cacert"), as: "the file ")
        }
        settings.identity = try surroundings.identity(
            certificate: certificate, key: key, flags: ("--cert", "--key"))
        return try TLSContext(
            client: settings,
            namedAt: TLSPlaces(
                use: "--target", authorities: "--cacert", certificate: "--cert", key: "--key"))
    }
}

extension ProcessEnvironment {
    /// A certificate and its key, which may stand in one file, in files that flags name; nil where
    /// none is named.
    func identity(
        certificate: String?, key: String?, flags: (certificate: String, key: String)
    ) throws(Fault) -> TLSIdentity? {
        guard let certificate else {
            if key == nil { return nil }
            throw Fault(
                "is the key of a certificate, and none is named", at: .flag(flags.key),
                hint: "add \(flags.certificate) FILE")
        }
        let chain = try text(in: certificate, namedAt: .flag(flags.certificate), as: "the file ")
        guard let key else { return TLSIdentity(chain: chain, key: chain) }
        return TLSIdentity(
            chain: chain, key: try text(in: key, namedAt: .flag(flags.key), as: "the file "))
    }
}
