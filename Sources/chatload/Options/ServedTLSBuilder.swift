import Base
import ChatloadKit
import Glibc
import Networking

/// What `serve` was asked for about secure connections.
struct ServedTLSOptions: Sendable {
    var isWanted = false
    /// Files in PEM form.
    var certificate: String?
    var key: String?
    /// Where to write the certificate that is made.
    var output: String?
}

/// Makes what the sandbox speaks https with of the settings.
struct ServedTLSBuilder {
    let settings: ServeSettings
    let surroundings: ProcessEnvironment

    private var options: ServedTLSOptions { settings.tls }

    /// What connections are encrypted with; nil where they are not.
    func context() throws(Fault) -> TLSContext? {
        let named = try TLSFiles.identity(
            certificate: options.certificate, key: options.key,
            flags: ("--tls-cert", "--tls-key"), surroundings)
        if named != nil, options.output != nil {
            throw Fault(
                "nothing is made where a certificate is given", at: .flag("--tls-cert-out"),
                hint: "leave out either --tls-cert-out or --tls-cert")
        }
        guard named != nil || options.isWanted || options.output != nil else { return nil }
        do throws(TLSComplaint) {
            let identity: TLSIdentity
            if let named {
                identity = named
            } else {
                identity = try SelfSignedCertificate.make(hosts: hosts)
            }
            let context = try TLSContext(server: identity)
            if let output = options.output { try Self.write(identity.chain, to: output) }
            return context
        } catch {
            throw TLSFiles.complaint(
                error, flags: ("--tls", "--tls-cert-out", "--tls-cert", "--tls-key"))
        }
    }

    /// This machine's own names, and the address that is listened on.
    private var hosts: [String] {
        let usual = ["localhost", "127.0.0.1", "::1"]
        let isOne = !usual.contains(settings.host) && !["0.0.0.0", "::"].contains(settings.host)
        return usual + (isOne ? [settings.host] : [])
    }

    /// Writes the certificate, which anybody may read; into what is there, if it is no regular file.
    private static func write(_ bytes: [UInt8], to path: String) throws(TLSComplaint) {
        do throws(Fault) {
            let place = try ExportPlace(path)
            if case .into = place.way { return try place.write(bytes) }
        } catch {
            throw .authorities(error.description)
        }
        guard let file = fopen(path, "we") else { throw unwritten() }
        let isWhole = fwrite(bytes, 1, bytes.count, file) == bytes.count
        if fclose(file) != 0 || !isWhole { throw unwritten() }
    }

    private static func unwritten() -> TLSComplaint {
        .authorities("cannot be written: \(String(cString: strerror(errno)))")
    }
}
