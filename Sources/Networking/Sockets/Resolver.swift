import Glibc

/// A host name that could not be resolved, and why.
package struct ResolveError: Error, Equatable, Sendable, CustomStringConvertible {
    package var host: String
    package var reason: String
    /// What this machine lacked to ask with; nil where that was not the reason.
    package var lacked: SystemResource?

    /// Why `host` could not be resolved.
    package init(host: String, reason: String, lacked: SystemResource? = nil) {
        self.host = host
        self.reason = reason
        self.lacked = lacked
    }

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
        guard status == 0 else { return .failure(error(status, errno, host)) }
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

    /// What a status of `getaddrinfo` that is not 0 says; of EAI_SYSTEM the error number does.
    private static func error(_ status: Int32, _ number: Int32, _ host: String) -> ResolveError {
        let (isSystem, isMemory) = (status == EAI_SYSTEM, status == EAI_MEMORY)
        let words: UnsafePointer<CChar>? = isSystem ? .init(strerror(number)) : gai_strerror(status)
        return ResolveError(
            host: host, reason: words.map { String(cString: $0) } ?? "error \(status)",
            lacked: isMemory ? .memory : isSystem ? SystemResource(lackedBy: number) : nil)
    }
}
