/// Exchanges through URLSession of FoundationNetworking: the way out where the sockets here cannot
/// be used. Sessions of several loops share it.
package struct PortableTransport: Sendable {
    /// How servers are verified and what is shown to them. Files are in PEM form.
    package struct TLS: Sendable, Equatable {
        package var verifies = true
        package var authorities: String?
        package var certificate: String?
        package var key: String?

        /// The system's authorities and no certificate.
        package init() {}
    }

    /// Sound to share because what it points to never changes.
    private nonisolated(unsafe) let library: UnsafePointer<PortableLibrary>
    private let tls: TLS
    private let proxy: String

    /// Loads the library. `proxy` is the URL of the proxy on the way, with its credentials; without
    /// one there is none, whatever the environment says.
    ///
    /// - Throws: why it cannot be used.
    package init(tls: TLS = TLS(), proxy: String? = nil) throws(PortableComplaint) {
        library = try PortableLibrary.found.get()
        self.tls = tls
        self.proxy = proxy ?? ""
        // Whether it can be guarded shows when it is used.
        guard session(to: "http://127.0.0.1", connectTimeout: .zero, HTTPLimits()) != nil else {
            throw .unguarded
        }
    }

    /// A session of its own for one loop, to an origin in the form `http://host:port`.
    package func session(
        to origin: String, connectTimeout: Nanoseconds, _ limits: HTTPLimits = HTTPLimits()
    ) -> PortableSession? {
        let handle = library.pointee.open(
            origin, max(Int(connectTimeout.count / 1_000_000), 1), limits.head, limits.body,
            tls.verifies ? 1 : 0, tls.authorities, tls.certificate, tls.key, proxy)
        return handle.map { PortableSession(library: library, handle: $0) }
    }
}

/// What one loop's users send through. It is closed when nobody holds it any more.
package final class PortableSession {
    let library: UnsafePointer<PortableLibrary>
    private let handle: UnsafeMutableRawPointer

    fileprivate init(library: UnsafePointer<PortableLibrary>, handle: UnsafeMutableRawPointer) {
        self.library = library
        self.handle = handle
    }

    deinit { library.pointee.close(handle) }

    /// Sends a request; what becomes of it is told to `exchange`.
    func send(_ request: [UInt8], for exchange: PortableExchange) {
        let context = Unmanaged.passRetained(exchange)
        exchange.handle = request.withUnsafeBufferPointer {
            library.pointee.send(
                handle, $0.baseAddress, $0.count, PortableExchange.hear, context.toOpaque())
        }
        if exchange.handle == nil { context.release() }
    }
}
