package import Base
import Synchronization

/// Where the connections of one loop's users go, and what they share on the way. Confined to the
/// loop's thread.
package final class HTTPOrigin {
    let loop: EventLoop
    let host: String
    let port: Int
    /// Where connections really go, if not to `host:port`.
    let proxy: HTTPProxy?
    let connectTimeout: Nanoseconds
    let limits: HTTPLimits
    let count: ConnectionCount
    /// What connections are encrypted with; nil for plain ones.
    let tls: TLSContext?
    /// TLS handshakes that succeeded, and how many of them resumed a session.
    var handshakes = (all: 0, resumed: 0)
    /// The request being written; every connection of the loop uses it in turn.
    var request = ByteBuffer(capacity: 4_096)
    /// The addresses that connections go to.
    let book: AddressBook

    /// An origin at `host:port`, whose name is looked up when the first connection is opened. Open
    /// connections are counted in `count`, which may be other origins' too. With `tls` they are
    /// encrypted, and the certificate has to be for `host`, also with a proxy on the way. Of several
    /// addresses the first connection goes to the `turn`th, the next one to that after it.
    package init(
        host: String, port: Int, tls: TLSContext? = nil, through proxy: HTTPProxy? = nil,
        connectTimeout: Nanoseconds,
        limits: HTTPLimits = HTTPLimits(), count: ConnectionCount = ConnectionCount(),
        turn: Int = 0, loop: EventLoop,
        lookUp: @escaping AddressLookUp = lookUpAddresses
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.limits = limits
        self.count = count
        self.loop = loop
        book = AddressBook(
            of: proxy?.host ?? host, port: proxy?.port ?? port, turn: turn, loop: loop,
            lookUp: lookUp)
    }

    /// Whether it is spoken to over TLS.
    package var isSecure: Bool { tls != nil }
}

/// A proxy on the way to an origin: it forwards plain requests that name their target in full and
/// opens tunnels for encrypted ones (RFC 9112 §3.2.2, RFC 9110 §9.3.6).
package struct HTTPProxy: Sendable, Equatable {
    /// A name or an address; IPv6 without brackets.
    package var host: String
    package var port: Int
    /// What `Proxy-Authorization` says; nil without credentials.
    package var authorization: String?

    /// A proxy at `host:port`.
    package init(host: String, port: Int, authorization: String? = nil) {
        self.host = host
        self.port = port
        self.authorization = authorization
    }

    /// The request that asks for a tunnel to `authority`, which has a port.
    func tunnelRequest(to authority: String) -> [UInt8] {
        Array("CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\(field)\r\n".utf8)
    }

    /// Makes a request for an origin one for the proxy.
    func forward(_ request: inout ByteBuffer, to authority: String) {
        let blank = UInt8(ascii: " ")
        let newline = UInt8(ascii: "\n")
        guard let method = request.bytes.firstIndex(of: blank),
            let line = request.bytes.firstIndex(of: newline), method < line
        else { return }
        request.insert(field, at: line + 1)
        request.insert("http://\(authority)", at: method + 1)
    }

    private var field: String { authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? "" }
}

/// Why a proxy did not open a tunnel to the origin.
package enum TunnelFailure: Equatable, Sendable {
    /// The proxy answered with this status.
    case refused(status: Int)
    /// The connection to the proxy ended or failed.
    case ended(SocketError)
    case malformed(HTTPError)
    /// No tunnel within the timeout for connecting.
    case timedOut
}

/// How many connections are open, the most there were at once, and what became of idle ones; of as
/// many loops as share it.
package final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)
    private let most = Atomic<Int>(0)
    private let opensAgain = Atomic<Int>(0)
    private let repeats = Atomic<Int>(0)

    /// None yet.
    package init() {}

    /// The connections that are open.
    package var current: Int { open.load(ordering: .relaxed) }

    /// The most that were open at once.
    package var highest: Int { most.load(ordering: .relaxed) }

    /// Connections that were opened anew because the server had closed the kept-alive one.
    package var reconnects: Int { opensAgain.load(ordering: .relaxed) }

    /// Requests that were sent again on a new connection after the server had closed the kept-alive
    /// one.
    package var repeatedRequests: Int { repeats.load(ordering: .relaxed) }

    func opened() {
        most.max(open.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
    }

    func closed() { open.wrappingSubtract(1, ordering: .relaxed) }

    func reopened() { opensAgain.wrappingAdd(1, ordering: .relaxed) }

    func repeated() { repeats.wrappingAdd(1, ordering: .relaxed) }
}

/// Opening a connection: look-up, addresses, and the handshake where there is one.
extension HTTPConnection {
    /// Never inlined: what it needs would stand in the frames of users that wait for a response.
    @inline(never)
    func openStream(until deadline: Nanoseconds) async throws(HTTPFailure) -> Stream {
        if isCancelled { throw .cancelled }
        if let stream { return stream }
        let race = try beginRace(to: await lookUp(until: deadline))
        await finish(race, until: deadline)
        try end(race, until: deadline)
        if let proxy = origin.proxy, origin.tls != nil {
            try await tunnel(through: proxy, until: deadline)
        }
        timeline.connect = origin.loop.clock() - opening
        if origin.tls != nil { try await secure(until: deadline) }
        return try opened()
    }

    private func lookUp(until deadline: Nanoseconds) async throws(HTTPFailure) -> [SocketAddress] {
        let start = origin.loop.tick
        while true {
            if isCancelled { throw .cancelled }
            if let addresses = try origin.book.addresses() {
                if origin.loop.tick > start { timeline.dns = origin.loop.tick - start }
                return usable(addresses)
            }
            if givesUpLookUps { throw .cancelled }
            let sleeper = origin.book.sleeperDuringLookUp()
            self.sleeper = sleeper
            isLookingUp = true
            let wake = await sleeper.sleep(until: deadline)
            isLookingUp = false
            self.sleeper = nil
            if wake == .ready { throw .timeout }
        }
    }

    /// Those of the source's family, where there is a source.
    private func usable(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let source else { return addresses }
        return addresses.filter { $0.isIPv6 == source.isIPv6 }
    }

    /// When connecting has taken too long.
    var connectLimit: Nanoseconds { opening + origin.connectTimeout }

    @inline(never)
    private func beginRace(to addresses: [SocketAddress]) -> HappyEyeballs {
        opening = origin.loop.clock()
        return HappyEyeballs(to: addresses, from: source, on: origin.loop)
    }

    /// Goes on with opening a connection until it is open or cannot be opened.
    @inline(never)
    private func finish(_ race: HappyEyeballs, until deadline: Nanoseconds) async {
        while let time = nextStep(of: race, until: deadline) {
            _ = await race.sleeper.sleep(until: time)
        }
    }

    /// Until when to wait before the next step; nil when there is none.
    @inline(never)
    private func nextStep(of race: HappyEyeballs, until deadline: Nanoseconds) -> Nanoseconds? {
        let limit = min(deadline, connectLimit)
        if isCancelled || origin.loop.tick >= limit { return nil }
        sleeper = race.sleeper
        return race.step().map { min($0, limit) }
    }

    /// Takes over what a race has come to.
    ///
    /// - Throws: why there is no connection.
    @inline(never)
    private func end(_ race: HappyEyeballs, until deadline: Nanoseconds) throws(HTTPFailure) {
        sleeper = nil
        stream = race.end()
        if isCancelled { throw .cancelled }
        origin.book.note(failed: race.failed, reached: race.reached)
        if stream != nil { return }
        if origin.loop.tick >= deadline { throw .timeout }
        if origin.loop.tick >= connectLimit { throw .connectTimeout }
        throw .connect(race.error)
    }

    @inline(never)
    private func opened() throws(HTTPFailure) -> Stream {
        guard let stream else { throw .cancelled }
        origin.count.opened()
        isCounted = true
        return stream
    }
}

/// Connections through a proxy. One without passes by all of this.
extension HTTPConnection {
    /// Has the proxy open a tunnel to the origin over a connection that has just been opened.
    ///
    /// Never inlined: what it needs would stand in the frames of users without a proxy too.
    @inline(never)
    func tunnel(through proxy: HTTPProxy, until deadline: Nanoseconds) async throws(HTTPFailure) {
        guard let stream else { return }
        let limit = min(deadline, connectLimit)
        parser.reset(isReplyToHead: true)
        do throws(SocketError) {
            try await stream.send(proxy.tunnelRequest(to: origin.fullAuthority), until: limit)
        } catch {
            throw tunnelFailure(of: error, until: deadline)
        }
        var isOpen = false
        while !isOpen {
            var arrived: [UInt8] = []
            do throws(SocketError) {
                _ = try await stream.receive(into: &arrived, until: limit)
            } catch {
                throw tunnelFailure(of: error, until: deadline)
            }
            isOpen = try opensTunnel(arrived)
        }
    }

    /// Whether the proxy has opened the tunnel, by what has arrived; nothing is the connection's end.
    /// Its answer has no body where it has opened one (RFC 9110 §9.3.6), and its body is of no
    /// interest where it has not.
    private func opensTunnel(_ bytes: [UInt8]) throws(HTTPFailure) -> Bool {
        do throws(HTTPError) {
            guard try bytes.isEmpty ? parser.end() : parser.feed(bytes.span) else { return false }
        } catch {
            throw .tunnel(error == .closedEarly ? .ended(.closed) : .malformed(error))
        }
        let status = parser.head.status
        guard (200...299).contains(status) else { throw .tunnel(.refused(status: status)) }
        return true
    }

    private func tunnelFailure(of error: SocketError, until deadline: Nanoseconds) -> HTTPFailure {
        switch error {
        case .cancelled: .cancelled
        case .timedOut: origin.loop.tick >= deadline ? .timeout : .tunnel(.timedOut)
        default: .tunnel(.ended(error))
        }
    }

    /// Makes the request at hand one for the proxy.
    @inline(never)
    func forward(through proxy: HTTPProxy) {
        proxy.forward(&origin.request, to: origin.authority)
    }
}

extension HTTPOrigin {
    /// `host:port`, an IPv6 address in brackets.
    var fullAuthority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The same, for plain requests, whose usual port is not named.
    var authority: String {
        port == 80 ? String(fullAuthority.dropLast(":80".count)) : fullAuthority
    }
}

/// Secure connections. A plain one passes by all of this.
extension HTTPConnection {
    /// Shakes hands over a connection that has just been opened.
    ///
    /// Never inlined: what it needs would stand in the frames of users without TLS too.
    @inline(never)
    func secure(until deadline: Nanoseconds) async throws(HTTPFailure) {
        guard let stream, let context = origin.tls else { return }
        let start = origin.loop.clock()
        do {
            try await stream.secure(
                with: context, host: origin.host, resuming: ticket,
                until: min(deadline, connectLimit))
        } catch {
            if error == .timedOut, origin.loop.tick < deadline { throw .handshakeTimeout }
            throw failure(of: error) { .handshake($0) }
        }
        timeline.tls = origin.loop.clock() - start
        origin.handshakes.all += 1
        if stream.channel.tls?.isResumed ?? false { origin.handshakes.resumed += 1 }
    }

    /// Keeps what the next connection can resume, if this one has been given anything.
    @inline(never)
    func keepTicket() {
        if let latest = stream?.ticket { ticket = latest }
    }
}

/// Attempts to connect to the addresses of one name, of which the first that succeeds wins. The next
/// one begins when one has failed or none has succeeded for a while; those before it stay under way
/// (RFC 8305 §5).
///
/// A class, so that users do not wait with all of it in their frames.
final class HappyEyeballs {
    /// How long an attempt is alone (RFC 8305 §8 recommends it).
    static let headStart = Nanoseconds.milliseconds(250)

    /// Woken when an attempt ends.
    let sleeper: CancellableSleep
    private let loop: EventLoop
    private let source: SocketAddress?
    private var waiting: ArraySlice<SocketAddress>
    private var attempts: [(address: SocketAddress, stream: Stream)] = []
    private var nextStart = Nanoseconds.zero
    private var winner: Stream?
    /// Why the latest attempt that failed did so.
    private(set) var error: SocketError
    /// The addresses that another one had to stand in for.
    private(set) var failed: [SocketAddress] = []
    /// The winner's address.
    private(set) var reached: SocketAddress?

    /// A race that begins with the first step.
    init(to addresses: [SocketAddress], from source: SocketAddress?, on loop: EventLoop) {
        waiting = addresses[...]
        // Where no address is left, none was of the source's family.
        error = addresses.isEmpty ? .wrongFamily : .unreachable
        self.source = source
        self.loop = loop
        sleeper = CancellableSleep(loop: loop)
    }

    /// Looks at the attempts that have ended and begins the next one if it is time.
    ///
    /// - Returns: until when to wait for an attempt to end; nil when one has won or all have failed.
    func step() -> Nanoseconds? {
        let failures = failed.count
        if takeEnded() { return nil }
        if attempts.isEmpty || failed.count > failures || loop.tick >= nextStart { beginNext() }
        if attempts.isEmpty { return nil }
        return waiting.isEmpty ? .never : nextStart
    }

    /// Ends the race, what is still under way included; the winner, if there is one.
    func end() -> Stream? {
        for attempt in attempts {
            failed.append(attempt.address)
            attempt.stream.close()
        }
        attempts = []
        return winner
    }

    /// Takes out the attempts that have ended, up to one that has succeeded; of those that began
    /// after it nothing is known.
    private func takeEnded() -> Bool {
        var place = 0
        while place < attempts.count {
            let attempt = attempts[place]
            guard attempt.stream.channel.isWritable else {
                place += 1
                continue
            }
            attempts.remove(at: place)
            do throws(SocketError) {
                try attempt.stream.endConnecting()
                for late in attempts[place...] { late.stream.close() }
                attempts.removeSubrange(place...)
                (winner, reached) = (attempt.stream, attempt.address)
                return true
            } catch {
                self.error = error
                failed.append(attempt.address)
            }
        }
        return false
    }

    private func beginNext() {
        while let address = waiting.popFirst() {
            do throws(SocketError) {
                let stream = try Stream.beginConnecting(to: address, from: source, on: loop)
                stream.wakeWhenWritable(sleeper)
                attempts.append((address, stream))
                nextStart = loop.tick + Self.headStart
                return
            } catch {
                self.error = error
                failed.append(address)
            }
        }
    }
}
