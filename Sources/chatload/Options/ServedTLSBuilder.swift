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
        let identity: TLSIdentity
        if let named {
            identity = named
        } else {
            do throws(Fault) {
                identity = try SelfSignedCertificate.make(hosts: hosts)
            } catch {
                throw error.at(.flag("--tls"))
            }
        }
        let context = try TLSContext(
            server: identity,
            namedAt: TLSPlaces(use: "--tls", certificate: "--tls-cert", key: "--tls-key"))
        if let output = options.output { try Self.write(identity.chain, to: output) }
        return context
    }

    /// This machine's own names, and the address that is listened on.
    private var hosts: [String] {
        let usual = ["localhost", "127.0.0.1", "::1"]
        let isOne = !usual.contains(settings.host) && !["0.0.0.0", "::"].contains(settings.host)
        return usual + (isOne ? [settings.host] : [])
    }

    /// Writes the certificate, which anybody may read; into what is there, if it is no regular file.
    private static func write(_ bytes: [UInt8], to path: String) throws(Fault) {
        do throws(Fault) {
            let place = try ExportPlace(path)
            if case .into = place.way { return try place.write(bytes) }
        } catch {
            throw Fault("the file \(error.description)", at: flag)
        }
        guard let file = fopen(path, "we") else { throw unwritten() }
        let isWhole = fwrite(bytes, 1, bytes.count, file) == bytes.count
        if fclose(file) != 0 || !isWhole { throw unwritten() }
    }

    private static let flag = Fault.Place.flag("--tls-cert-out")

    private static func unwritten() -> Fault {
        Fault("the file cannot be written: \(String(cString: strerror(errno)))", at: flag)
    }
}
