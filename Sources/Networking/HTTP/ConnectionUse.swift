/// How an exchange uses its connection, and so what its end by the peer means: a server closes a
/// connection that has been idle without knowing of the request on the way to it (RFC 9112 §9.5).
struct ConnectionUse {
    /// From here on a connection counts as idle: a server that closes one sooner has other reasons,
    /// which are not to be hidden.
    static let leastIdle = Nanoseconds.milliseconds(500)

    /// Whether the server may carry the request out twice.
    var isRepeatable = false
    /// Whether the connection carried exchanges before.
    var isReused = false
    var wasIdle = false

    /// What follows when the peer has ended the connection without a byte of a response.
    enum Consequence {
        case fails
        /// The request is sent again: it cannot have been carried out, or may be once more.
        case repeats
        /// The request would be sent again if that could do no harm.
        case failsForSafety
    }

    /// What follows now; `wasSent` is whether anything of the request was handed to the kernel.
    func consequence(wasSent: Bool) -> Consequence {
        guard isReused else { return .fails }
        if !wasSent { return .repeats }
        guard wasIdle else { return .fails }
        return isRepeatable ? .repeats : .failsForSafety
    }
}
