import Networking

extension ExchangeFailure {
    /// The class and the words for an exchange that got no complete response.
    init(_ failure: HTTPFailure) {
        switch failure {
        case .resolve(let error): self.init(.dns, error.description)
        case .connect(let error): self.init(Self.connectClass(of: error), error.description)
        case .connectTimeout: self.init(.connectTimeout, "no connection within the timeout")
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

    private static func receiveClass(of error: SocketError) -> ErrorClass {
        error == .reset ? .connectReset : .closedEarly
    }
}
