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
    /// encrypted, and the certificate has to be for `host`, also with a proxy on the way. Of several addresses the first connection
    /// goes to the `turn`th, the next one to that after it.
    package init(
        host: String, port: Int, tls: TLSContext? = nil, through proxy: HTTPProxy? = nil,
        connectTimeout: Nanoseconds,
        limits: HTTPLimits = HTTPLimits(), count: ConnectionCount = ConnectionCount(),
        turn: Int = 0, loop: EventLoop,
        lookUp: @escaping Resolver.LookUp = Resolver.lookUp
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
}

extension HTTPOrigin {
    /// Whether it is spoken to over TLS.
    package var isSecure: Bool { tls != nil }
}
