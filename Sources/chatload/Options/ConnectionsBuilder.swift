import ChatloadKit
import Networking

/// Decides how connections are made, and checks what can be checked of it.
struct ConnectionsBuilder {
    let settings: RunSettings
    let surroundings: Surroundings

    /// How connections to the target are made; nil stands for the embedded sandbox, on 127.0.0.1.
    func connections(to target: Target?) throws(Complaint) -> Connections {
        let proxy = try proxy(to: target)
        try checkSources(for: proxy?.host ?? target?.host ?? "127.0.0.1", isProxy: proxy != nil)
        return Connections(
            sources: settings.sources, idleClose: settings.idleClose, proxy: proxy)
    }

    private func proxy(to target: Target?) throws(Complaint) -> Proxy? {
        guard let target else { return nil }
        return try ProxyBuilder(environment: surroundings.environment).proxy(to: target)
    }

    private func checkSources(for host: String, isProxy: Bool) throws(Complaint) {
        for source in settings.sources {
            guard source.isOfThisMachine else {
                throw complaint(
                    "\(source.ip) is no address of this machine",
                    hint: "ip address lists them; all of 127.0.0.0/8 are")
            }
            // Which addresses a name has is known when it is looked up.
            guard let address = SocketAddress(ip: host, port: 0) else { continue }
            guard address.isIPv6 == source.isIPv6 else {
                throw complaint(
                    "\(source.ip) is \(Self.family(of: source)) and the"
                        + " \(isProxy ? "proxy" : "target")"
                        + " \(address.ip) is \(Self.family(of: address))",
                    hint: "name addresses of the same family")
            }
        }
    }

    private func complaint(_ message: String, hint: String) -> Complaint {
        Complaint(message, at: .flag("--source-address"), hint: hint)
    }

    private static func family(of address: SocketAddress) -> String {
        address.isIPv6 ? "IPv6" : "IPv4"
    }
}
