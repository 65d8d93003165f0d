import Base
import Networking

extension ExchangeFailure {
    /// The class and the words for an exchange that got no complete response.
    init(_ failure: HTTPFailure, through proxy: Proxy?) {
        self.init(of: failure)
        guard let proxy else { return }
        switch failure {
        case _ where lacked != nil: break
        case .resolve, .connect, .connectTimeout, .tunnel:
            detail = "the proxy \(proxy.name): \(detail)"
        default: break
        }
    }

    private init(of failure: HTTPFailure) {
        switch failure {
        case .resolve(let error):
            self =
                error.lacked.map { ExchangeFailure(lacking: $0, error.description) }
                ?? ExchangeFailure(.dns, error.description)
        case .connect(.exhausted(let resource)), .send(.exhausted(let resource)),
            .receive(.exhausted(let resource)):
            self.init(lacking: resource, resource.lackInWords)
        case .connect(let error): self.init(Self.connectClass(of: error), error.description)
        case .connectTimeout: self.init(.connectTimeout, "no connection within the timeout")
        case .tunnel(let failure):
            self.init(Self.tunnelClass(of: failure), Self.words(for: failure))
        case .handshake(let error):
            self.init(Self.handshakeClass(of: error), Self.handshakeWords(for: error))
        case .handshakeTimeout:
            self.init(.connectTimeout, "no TLS handshake within the timeout for connecting")
        case .tls(let failure): self.init(.tls, failure.description + Self.advice(on: failure))
        case .send(let error): self.init(.sendFailed, error.description)
        case .receive(let error): self.init(Self.receiveClass(of: error), error.description)
        case .dropped(let error):
            self.init(
                Self.receiveClass(of: error),
                "the server \(error == .reset ? "reset" : "closed") a kept-alive connection instead of"
                    + " answering; not sent again, as it may have been carried out")
        case .timeout: self.init(.timeout, "no complete response within the timeout")
        case .firstTimeout:
            self.init(
                .timeoutFirstToken, "nothing of the reply within the timeout for its first token")
        case .idleTimeout:
            self.init(
                .timeoutIdle, "nothing more of the reply within the timeout for its next token")
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
        case .refused: .connectRefused
        // No way there, or the kernel would not try: the words tell.
        default: .connectFailed
        }
    }

    private static func tunnelClass(of failure: TunnelFailure) -> ErrorClass {
        switch failure {
        case .refused: .connectRefused
        case .ended: .connectReset
        case .malformed: .malformedHTTP
        case .timedOut: .connectTimeout
        }
    }

    private static func words(for failure: TunnelFailure) -> String {
        switch failure {
        case .refused(407):
            "refused the tunnel: 407; it wants a user and a password: http://USER:PASSWORD@HOST:PORT"
        case .refused(let status): "refused the tunnel: \(status)"
        case .ended(let error): "\(error) before the tunnel was open"
        case .malformed(.malformed(let reason)), .malformed(.tooLarge(let reason)):
            "no answer in HTTP to CONNECT: \(reason)"
        case .malformed(.closedEarly): "ended before the tunnel was open"
        case .timedOut: "no tunnel within the timeout for connecting"
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
