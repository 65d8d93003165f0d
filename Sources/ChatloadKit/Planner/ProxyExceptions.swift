import Networking

/// The targets that no proxy is used for: the value of `NO_PROXY`, a list of names, addresses and
/// networks with commas or blanks between them.
package struct ProxyExceptions: Sendable, Equatable {
    private let entries: [String]

    /// Reads such a list. What is none of these names nothing.
    package init(_ text: String) {
        entries = text.lowercased().split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    /// Whether the target is one of them: `*` stands for every target, a name for itself and all
    /// names below it, with or without a dot (or `*.`) before it; `10.0.0.0/8` for the addresses of
    /// the network; a `:port` behind a name or address for that port alone.
    package func contain(_ target: Target) -> Bool {
        let address = SocketAddress(ip: target.host, port: 0)
        return entries.contains { entry in
            if entry == "*" { return true }
            if let network = entry.firstIndex(of: "/") {
                return Self.network(
                    entry[..<network], entry[entry.index(after: network)...], holds: address)
            }
            let (name, port) = Self.parts(of: entry)
            guard port == nil || port == "\(target.port)" else { return false }
            if let address { return SocketAddress(ip: String(name), port: 0) == address }
            let domain = name.hasPrefix("*.") ? name.dropFirst(2) : name.drop { $0 == "." }
            return !domain.isEmpty && (target.host == domain || target.host.hasSuffix("." + domain))
        }
    }

    private static func network(
        _ base: Substring, _ length: Substring, holds address: SocketAddress?
    ) -> Bool {
        guard let address, let base = SocketAddress(ip: String(base), port: 0),
            let length = Int(length)
        else { return false }
        return address.isWithin(base, prefix: length)
    }

    /// `name`, `name:port`, `::1`, `[::1]` or `[::1]:port` in parts.
    private static func parts(of entry: String) -> (name: Substring, port: Substring?) {
        if entry.first == "[", let close = entry.lastIndex(of: "]") {
            let rest = entry[entry.index(after: close)...]
            return (entry[..<close].dropFirst(), rest.first == ":" ? rest.dropFirst() : nil)
        }
        let colons = entry.indices.filter { entry[$0] == ":" }
        guard colons.count == 1, let colon = colons.first else { return (entry[...], nil) }
        return (entry[..<colon], entry[entry.index(after: colon)...])
    }
}
