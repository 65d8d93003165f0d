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
    let count: ConnectionCount
    /// What connections are encrypted with; nil for plain ones.
    let tls: TLSContext?
    /// What exchanges go through instead of connections of this process's own; nil for those.
    package var portable: PortableSession?
    /// TLS handshakes that succeeded, and how many of them resumed a session.
    var handshakes = (all: 0, resumed: 0)
    /// The request being written; every connection of the loop uses it in turn.
    var request = ByteBuffer(capacity: 4_096)
    private let lookUp: Resolver.LookUp
    private var resolution = Resolution.unknown
    /// Who waits for the look-up that is under way.
    private var waiting: [Sleeper] = []

    /// An origin at `host:port`, whose name is looked up when the first connection is opened. Open
    /// connections are counted in `count`, which may be other origins' too. With `tls` they are
    /// encrypted, and the certificate has to be for `host`.
    package init(
        host: String, port: Int, tls: TLSContext? = nil, connectTimeout: Nanoseconds,
        limits: HTTPLimits = HTTPLimits(), count: ConnectionCount = ConnectionCount(),
        loop: EventLoop,
        lookUp: @escaping Resolver.LookUp = Resolver.lookUp
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.connectTimeout = connectTimeout
        self.limits = limits
        self.count = count
        self.loop = loop
        self.lookUp = lookUp
    }

    /// The origin's addresses; nil while they are being looked up. However many users ask at once,
    /// the name is looked up once, and a numeric address not at all.
    func addresses() throws(ResolveError) -> [SocketAddress]? {
        switch resolution {
        case .known(let addresses): return addresses
        case .failed(let error, let time) where loop.tick - time < Self.retryAfter: throw error
        case .underWay: return nil
        case .unknown, .failed: break
        }
        if let address = SocketAddress(ip: host, port: port) {
            resolution = .known([address])
            return [address]
        }
        beginLookUp()
        return nil
    }

    /// A sleeper that the end of the look-up under way will wake.
    func sleeperDuringLookUp() -> Sleeper {
        let sleeper = Sleeper(loop: loop)
        waiting.append(sleeper)
        return sleeper
    }

    private func beginLookUp() {
        resolution = .underWay
        // Only carried through the other thread; it is touched on the loop alone.
        nonisolated(unsafe) let origin = self
        loop.poller.runBlocking(named: "resolver") { [host, port, loop, lookUp] in
            let result = lookUp(host, port)
            loop.execute { origin.endLookUp(result) }
        }
    }

    private func endLookUp(_ result: Result<[SocketAddress], ResolveError>) {
        switch result {
        case .success(let addresses): resolution = .known(addresses)
        case .failure(let error): resolution = .failed(error, at: loop.tick)
        }
        for sleeper in waiting { sleeper.wake() }
        waiting = []
    }
}
