import Glibc

/// A host name that could not be resolved, and why.
package struct ResolveError: Error, Equatable, Sendable, CustomStringConvertible {
    package var host: String
    package var reason: String

    package var description: String { "cannot resolve \(host): \(reason)" }
}

/// Turns host names into addresses by asking the system.
package enum Resolver {
    /// The addresses of a host with a port, in the order of preference, or why there is none. Called
    /// on a thread of its own, because it may block.
    package typealias LookUp =
        @Sendable (_ host: String, _ port: Int) -> Result<[SocketAddress], ResolveError>

    /// What the system's resolver says; blocks.
    package static func lookUp(
        _ host: String, port: Int
    ) -> Result<[SocketAddress], ResolveError> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            return .failure(ResolveError(host: host, reason: String(cString: gai_strerror(status))))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let current = entry {
            if var address = current.pointee.ai_addr.flatMap({ SocketAddress($0) }) {
                address.port = port
                if !addresses.contains(address) { addresses.append(address) }
            }
            entry = current.pointee.ai_next
        }
        return addresses.isEmpty
            ? .failure(ResolveError(host: host, reason: "it has no address"))
            : .success(addresses)
    }
}
