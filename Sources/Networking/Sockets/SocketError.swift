import Glibc

/// Why a socket operation failed, in the terms a load tester reports.
package enum SocketError: Error, Equatable, Sendable, CustomStringConvertible {
    case refused
    /// The peer reset the connection.
    case reset
    /// The stream or listener has been closed on this side.
    case closed
    case timedOut
    /// The wait was ended by `cancel`.
    case cancelled
    case unreachable
    /// This machine had none left of something that it takes.
    case exhausted(SystemResource)
    case addressInUse
    case notPermitted
    /// The connection did not become, or stay, a secure one: the stream's `tlsFailure` says why.
    case insecure
    /// None of the peer's addresses is of the family (IPv4, IPv6) of the address to come from.
    case wrongFamily
    /// The peer ended a secure connection without saying so first: something may be missing.
    case truncated
    /// Any other error number of the system.
    case system(Int32)

    init(_ number: Int32) {
        if let resource = SystemResource(lackedBy: number) {
            self = .exhausted(resource)
            return
        }
        self =
            switch number {
            case ECONNREFUSED: .refused
            case ECONNRESET, EPIPE: .reset
            case ETIMEDOUT: .timedOut
            case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN: .unreachable
            case EADDRINUSE: .addressInUse
            case EACCES, EPERM: .notPermitted
            default: .system(number)
            }
    }

    /// The failure in words, without a subject.
    package var description: String {
        switch self {
        case .refused: "connection refused"
        case .reset: "connection reset by the peer"
        case .closed: "connection closed"
        case .timedOut: "timed out"
        case .cancelled: "cancelled"
        case .unreachable: "network or host unreachable"
        case .exhausted(let resource): resource.lackInWords
        case .addressInUse: "address already in use"
        case .notPermitted: "not permitted by the system"
        case .insecure: "no secure connection"
        case .wrongFamily: "no address of the family of the address to connect from"
        case .truncated: "connection ended without TLS's close_notify"
        case .system(let number): String(cString: strerror(number))
        }
    }
}
