/// Where the connections of one loop's users go, and what they share on the way. Confined to the
/// loop's thread.
package final class HTTPOrigin {
    private enum Resolution {
        case unknown
        case underWay
        case known([SocketAddress])
        case failed(ResolveError, at: Nanoseconds)
    }

    /// A name that could not be resolved is asked for again after this long.
    private static let retryAfter = Nanoseconds.seconds(1)

    let loop: EventLoop
    let host: String
    let port: Int
    let connectTimeout: Nanoseconds
    let limits: HTTPLimits
    /// The request being written; every connection of the loop uses it in turn.
    var request = ByteBuffer(capacity: 4_096)
    private var resolution = Resolution.unknown
    private var waiting: [UnsafeContinuation<Void, Never>] = []

    /// An origin at `host:port`, whose name is looked up when the first connection is opened.
    package init(
        host: String, port: Int, connectTimeout: Nanoseconds, limits: HTTPLimits = HTTPLimits(),
        loop: EventLoop
    ) {
        self.host = host
        self.port = port
        self.connectTimeout = connectTimeout
        self.limits = limits
        self.loop = loop
    }

    /// The origin's addresses. However many users ask at once, the name is looked up once.
    func addresses() async throws(ResolveError) -> [SocketAddress] {
        while true {
            switch resolution {
            case .known(let addresses): return addresses
            case .failed(let error, let time) where loop.tick - time < Self.retryAfter: throw error
            case .underWay: await withUnsafeContinuation { waiting.append($0) }
            case .unknown, .failed: await resolve()
            }
        }
    }

    private func resolve() async {
        resolution = .underWay
        do {
            resolution = .known(try await Resolver.resolve(host, port: port))
        } catch {
            resolution = .failed(error, at: loop.tick)
        }
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
