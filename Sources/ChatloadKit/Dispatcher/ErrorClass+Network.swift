import Networking

extension ExchangeFailure {
    /// The class and the words for an exchange that got no complete response.
    init(_ failure: HTTPFailure) {
        switch failure {
        case .resolve(let error): self.init(.dns, error.description)
        case .connect(let error): self.init(Self.connectClass(of: error), error.description)
        case .connectTimeout: self.init(.connectTimeout, "no connection within the timeout")
        case .handshake(let error):
            self.init(Self.handshakeClass(of: error), Self.handshakeWords(for: error))
        case .handshakeTimeout:
            self.init(.connectTimeout, "no TLS handshake within the timeout for connecting")
        case .tls(let failure): self.init(.tls, failure.description + Self.advice(on: failure))
        case .send(let error): self.init(.sendFailed, error.description)
        case .receive(let error): self.init(Self.receiveClass(of: error), error.description)
        case .timeout: self.init(.timeout, "no complete response within the timeout")
        case .message(.malformed(let reason)): self.init(.malformedHTTP, reason)
        case .message(.tooLarge(let reason)): self.init(.tooLarge, reason)
        case .message(.closedEarly):
            self.init(.closedEarly, "the connection ended before the response was complete")
        case .cancelled: self.init(.cancelled, "the run ended first")
        }
    }

    private static func connectClass(of error: SocketError) -> ErrorClass {
        switch error {
        case .reset: .connectReset
        case .timedOut: .connectTimeout
        // An address nobody can reach, or no descriptor or port of our own to reach it from: the
        // words tell which.
        default: .connectRefused
        }
    }

    /// What a handshake ends with that is not TLS's own may pass, as when connecting.
    private static func handshakeClass(of error: SocketError) -> ErrorClass {
        error == .timedOut ? .connectTimeout : .connectReset
    }

    private static func handshakeWords(for error: SocketError) -> String {
        error == .truncated
            ? "the server closed the connection during the TLS handshake"
            : "\(error) during the TLS handshake"
    }

    private static func advice(on failure: TLSFailure) -> String {
        switch failure.kind {
        case .untrusted: "; --cacert names a file of certificates to trust"
        case .wantsCertificate: "; --cert and --key name a certificate to show"
        case .plainHTTP: "; its target begins with http://"
        case .invalid, .wrongHost, .refused, .plainText, .broken: ""
        }
    }

    private static func receiveClass(of error: SocketError) -> ErrorClass {
        error == .reset ? .connectReset : .closedEarly
    }
}
