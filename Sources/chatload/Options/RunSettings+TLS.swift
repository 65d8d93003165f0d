import ChatloadKit
import Networking

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
    let surroundings: Surroundings

    /// What connections to the target need; nil where they are plain.
    func context(for target: Target?) throws(Complaint) -> TLSContext? {
        guard let target, target.isTLS else {
            guard let flag = options.givenFlag else { return nil }
            throw Complaint(
                "there is no TLS without a target that begins with https://", at: .flag(flag),
                hint: "leave out \(flag), or name such a target with --target")
        }
        var settings = TLSSettings()
        settings.verifies = !options.isInsecure
        settings.authorities = try options.authorities.map { path throws(Complaint) in
            try TLSFiles.contents(of: path, flag: "--cacert", surroundings)
        }
        settings.identity = try TLSFiles.identity(
            certificate: options.certificate, key: options.key, flags: ("--cert", "--key"),
            surroundings)
        do {
            return try TLSContext(client: settings)
        } catch {
            throw TLSFiles.complaint(error, flags: ("--target", "--cacert", "--cert", "--key"))
        }
    }
}

/// Certificates and keys in files that flags name.
enum TLSFiles {
    /// The content of a file.
    static func contents(
        of path: String, flag: String, _ surroundings: Surroundings
    ) throws(Complaint) -> [UInt8] {
        if let bytes = try surroundings.text(in: path, namedAt: .flag(flag)) { return bytes }
        throw Complaint("cannot read the file \(Printable.quoted(path))", at: .flag(flag))
    }

    /// A certificate and its key, which may stand in one file; nil where none is named.
    static func identity(
        certificate: String?, key: String?, flags: (certificate: String, key: String),
        _ surroundings: Surroundings
    ) throws(Complaint) -> TLSIdentity? {
        guard let certificate else {
            if key == nil { return nil }
            throw Complaint(
                "is the key of a certificate, and none is named", at: .flag(flags.key),
                hint: "add \(flags.certificate) FILE")
        }
        let chain = try contents(of: certificate, flag: flags.certificate, surroundings)
        guard let key else { return TLSIdentity(chain: chain, key: chain) }
        return TLSIdentity(
            chain: chain, key: try contents(of: key, flag: flags.key, surroundings))
    }

    /// What is wrong, at the flag that it is wrong with.
    static func complaint(
        _ complaint: TLSComplaint,
        flags: (use: String, authorities: String, certificate: String, key: String)
    ) -> Complaint {
        switch complaint {
        case .unavailable(let reason):
            Complaint(
                "TLS needs OpenSSL 3, which cannot be used here (\(reason))", at: .flag(flags.use),
                hint: "install the package that has libssl.so.3, such as Debian's libssl3")
        case .authorities(let reason):
            Complaint("the file \(reason)", at: .flag(flags.authorities))
        case .certificate(let reason):
            Complaint("the file \(reason)", at: .flag(flags.certificate))
        case .key(let reason): Complaint("the file \(reason)", at: .flag(flags.key))
        }
    }
}
