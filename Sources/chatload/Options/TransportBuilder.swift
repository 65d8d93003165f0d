import ChatloadKit
import Networking

/// What exchanges go through.
enum TransportKind: String, CaseIterable, Sendable {
    /// Connections of this process's own.
    case socket
    case urlsession
}

/// Makes the transport of the settings, where it is not that of sockets.
struct TransportBuilder {
    let settings: RunSettings
    let proxy: Proxy?

    /// The library that speaks with URLSession; nil where it is not wanted.
    func portable() throws(Complaint) -> PortableTransport? {
        guard settings.transport == .urlsession else { return nil }
        if let flag = refusedFlag {
            throw Complaint(
                "URLSession decides that by itself", at: .flag(flag),
                hint: "leave out either \(flag) or --transport urlsession")
        }
        var tls = PortableTransport.TLS()
        tls.verifies = !settings.tls.isInsecure
        tls.authorities = settings.tls.authorities
        tls.certificate = settings.tls.certificate
        tls.key = settings.tls.key
        do {
            return try PortableTransport(tls: tls, proxy: proxy?.url)
        } catch {
            throw Self.complaint(error)
        }
    }

    /// An option that was given and that URLSession does not heed.
    private var refusedFlag: String? {
        if settings.idleClose != nil { return "--idle-close" }
        return settings.sources.isEmpty ? nil : "--source-address"
    }

    private static func complaint(_ complaint: PortableComplaint) -> Complaint {
        let build = "build it: swift build -c release"
        return switch complaint {
        case .missing(let path):
            Complaint(
                "urlsession needs a library that is not beside chatload:"
                    + " \(Printable.line(path, limit: 200))", at: .flag("--transport"), hint: build)
        case .otherVersion(let path):
            Complaint(
                "the library of urlsession belongs to another build of chatload:"
                    + " \(Printable.line(path, limit: 200))", at: .flag("--transport"), hint: build)
        case .unusable(let reason):
            Complaint(
                "the library of urlsession cannot be loaded (\(Printable.line(reason, limit: 200)))",
                at: .flag("--transport"),
                hint: "install what it needs, such as Debian's libcurl4 and libxml2, or leave out"
                    + " --transport")
        case .unguarded:
            Complaint(
                "the URLSession of this machine would end chatload over some responses, and cannot"
                    + " be kept from it: it does not use libcurl.so.4", at: .flag("--transport"),
                hint: "leave out --transport")
        }
    }
}
