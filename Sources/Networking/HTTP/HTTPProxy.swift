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
        request.bytes.insert(contentsOf: field.utf8, at: line + 1)
        request.bytes.insert(contentsOf: "http://\(authority)".utf8, at: method + 1)
    }

    private var field: String { authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? "" }
}

/// Why a proxy did not open a tunnel to the origin.
package enum TunnelFailure: Error, Equatable, Sendable {
    /// The proxy answered with this status.
    case refused(status: Int)
    /// The connection to the proxy ended or failed.
    case ended(SocketError)
    case malformed(HTTPError)
    /// No tunnel within the timeout for connecting.
    case timedOut
}
