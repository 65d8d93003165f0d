import Networking

extension Exchange {
    /// Actual minus intended send, without what quotas held back and the time it took to connect:
    /// how late the generator itself was; nil where that says nothing. When a retry leaves follows
    /// from the service's words, not from a schedule.
    var scheduleLag: Nanoseconds? {
        guard let sent, attempt == 1 else { return nil }
        let connecting = (dns ?? .zero) + (connect ?? .zero) + (tls ?? .zero)
        return sent - intended - throttled - connecting
    }

    /// The response time without the generator's own lateness, where that is more of it than
    /// figures bear; nil where it is not.
    var responseInTime: Nanoseconds? {
        guard let lag = scheduleLag, lag > Self.tolerance(of: responseTime) else { return nil }
        return max(responseTime - lag, .zero)
    }

    /// How much of a latency may be the generator's own: a millisecond, or a twentieth of it. A
    /// sample that holds no more than this is not late: beside a service that takes a second, 2 ms
    /// are nothing.
    static func tolerance(of latency: Nanoseconds) -> Nanoseconds {
        max(.milliseconds(1), Nanoseconds(latency.count / 20))
    }
}
