package import Base
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

/// Readings of one socket: what tells when that which was read had arrived, and whether it may have
/// been several segments.
struct SocketReadings {
    /// When the last byte of the latest reading arrived, by the kernel's stamp; `never` where it
    /// has none, or one that cannot be.
    private var stamp = Nanoseconds.never
    /// What is read next cannot have arrived before this: a reading had emptied the socket then, or
    /// the request that it answers was not yet on its way.
    private var earliest = Nanoseconds.zero
    /// Segments less readings when they were last compared, and the readings since; modulo 2³².
    private var segments: UInt32 = 0
    private var readings: UInt32 = 0

    /// Something was read.
    ///
    /// - Parameters:
    ///   - arrival: the kernel's stamp, if it gave one.
    ///   - isShort: whether there was less than room for, so that the socket is empty.
    ///   - tick: a time before the reading.
    @inline(__always)
    mutating func note(_ arrival: Nanoseconds?, isShort: Bool, in tick: Nanoseconds) {
        stamp = .never
        if let arrival, arrival >= earliest { stamp = arrival }
        if isShort {
            readings &+= 1
            earliest = max(earliest, tick)
        } else if stamp != .never {
            earliest = stamp
        }
    }

    /// A request leaves, to which nothing that came before is an answer.
    mutating func expectNothing(before time: Nanoseconds) { earliest = max(earliest, time) }

    /// When the last byte of the latest reading arrived; nil where the kernel does not say, or says
    /// what cannot be: its clock, the wall's, was set meanwhile.
    func arrival(readAt time: Nanoseconds) -> Nanoseconds? { stamp <= time ? stamp : nil }

    /// Whether each reading since the last call was of one segment, for all that is known.
    ///
    /// - Parameter received: the segments that have come since the connection was opened, where
    ///   somebody counts them.
    mutating func wereOfOneSegment(received: UInt32?) -> Bool {
        guard let received else { return false }
        defer { (segments, readings) = (received, 0) }
        return received &- segments == readings
    }
}
