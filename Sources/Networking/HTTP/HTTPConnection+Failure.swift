extension HTTPConnection {
    /// What a socket's failure is for the exchange, where it is not one of the connection as such.
    func failure(
        of error: SocketError, otherwise: (SocketError) -> HTTPFailure
    ) -> HTTPFailure {
        switch error {
        case .timedOut: .timeout
        case .cancelled: .cancelled
        case .insecure: .tls(stream?.tlsFailure ?? .unknown)
        default: otherwise(error)
        }
    }
}
