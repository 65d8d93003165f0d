import Testing

@testable import Networking

/// What failed, of what URLSession says.
@Suite struct URLSessionFailureTests {
    @Test(arguments: [
        (-1003, "Could not resolve host: h", "resolve"), (-1004, "", "connect"),
        (-1005, "Recv failure: Connection reset by peer", "receive"),
        (-1001, "", "connectTimeout"), (-999, "", "cancelled"),
        (-1011, "Empty reply from server", "message(closedEarly)"),
        (-1002, "Received HTTP/0.9 when not allowed", "message(malformed"),
        (-1, "transfer closed with 18 bytes remaining to read", "message(closedEarly)"),
        (-1, "seek callback returned error 1", "message(closedEarly)"),
        (-1, "Illegal or missing hexadecimal sequence in chunked-encoding", "message(malformed"),
        (-1, "Out of memory", "message(tooLarge"),
        (-1, "Failed to connect to h port 1: No route to host", "connect"),
        (-1, "SSL certificate problem: self-signed certificate", "tls"),
        (-1, "SSL: no alternative certificate subject name matches target host name 'h'", "tls"),
        (-1, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to h:1", "handshake"),
        (-1, "", "message(malformed"), (7, "what nobody knows", "message(malformed"),
    ])
    func hasAClass(code: Int, words: String, name: String) {
        let failure = "\(HTTPFailure(urlError: code, words, to: "h"))"
        #expect(failure.replacing("Networking.HTTPError.", with: "").hasPrefix(name), "\(failure)")
    }
}
