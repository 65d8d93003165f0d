package import Base
package import Networking

/// How long things may take before they count as failed.
package struct Timeouts: Sendable, Equatable {
    /// One exchange, opening its connection included.
    package var total = Nanoseconds.seconds(60)
    /// Opening a connection.
    package var connect = Nanoseconds.seconds(5)
}

/// How users connect to the target.
package struct Connections: Sendable, Equatable {
    /// The local addresses to come from, spread over the users; empty lets the kernel choose.
    package var sources: [SocketAddress] = []
    /// A connection that nothing has been sent over for this long is closed, and opened again for
    /// the next exchange; nil keeps it open.
    package var idleClose: Nanoseconds?
    /// Whom they are made to instead of the target; nil for the target itself.
    package var proxy: Proxy?
}

/// Connection settings: where connections come from, and how long they may take and last.
package struct ConnectionSettings: Sendable, Equatable {
    package var timeouts = Timeouts()
    package var idleClose: Nanoseconds?
    package var sources: [SocketAddress] = []

    package init() {}

    /// How connections to the target are made; nil stands for the embedded sandbox, on 127.0.0.1.
    ///
    /// - Parameter environment: what may name a proxy.
    func connections(
        to target: Target?, _ environment: [String: String]
    ) throws(Fault) -> Connections {
        let proxy = try target.flatMap { (target) throws(Fault) in
            try Proxy(to: target, in: environment)
        }
        let host = proxy?.host ?? target?.host ?? "127.0.0.1"
        for source in sources {
            guard source.isOfThisMachine else {
                throw Self.fault(
                    "\(source.ip) is no address of this machine",
                    hint: "ip address lists them; all of 127.0.0.0/8 are")
            }
            // Which addresses a name has is known when it is looked up.
            guard let address = SocketAddress(ip: host, port: 0) else { continue }
            guard address.isIPv6 == source.isIPv6 else {
                throw Self.fault(
                    "\(source.ip) is \(Self.family(of: source)) and the"
                        + " \(proxy != nil ? "proxy" : "target")"
                        + " \(address.ip) is \(Self.family(of: address))",
                    hint: "name addresses of the same family")
            }
        }
        return Connections(sources: sources, idleClose: idleClose, proxy: proxy)
    }

    private static func fault(_ message: String, hint: String) -> Fault {
        Fault(message, at: .flag("--source-address"), hint: hint)
    }

    private static func family(of address: SocketAddress) -> String {
        address.isIPv6 ? "IPv6" : "IPv4"
    }
}
