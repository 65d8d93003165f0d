import Glibc

/// A host name that could not be resolved, and why.
package struct ResolveError: Error, Equatable, Sendable, CustomStringConvertible {
    package var host: String
    package var reason: String

    package var description: String { "cannot resolve \(host): \(reason)" }
}

/// Turns host names into addresses on a thread of its own, because the system's resolver blocks.
package enum Resolver {
    /// The addresses of `host` in the order the system prefers; a numeric address is returned
    /// without a look-up.
    ///
    /// - Throws: `ResolveError` when there is none.
    package static func resolve(
        _ host: String, port: Int
    ) async throws(ResolveError) -> [SocketAddress] {
        if let address = SocketAddress(ip: host, port: port) { return [address] }
        let result = await withUnsafeContinuation { continuation in
            SystemThread.spawn(named: "resolver") {
                continuation.resume(returning: look(up: host, port: port))
            }
        }
        return try result.get()
    }

    private static func look(
        up host: String, port: Int
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
