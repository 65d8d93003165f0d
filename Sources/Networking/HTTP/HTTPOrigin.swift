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
