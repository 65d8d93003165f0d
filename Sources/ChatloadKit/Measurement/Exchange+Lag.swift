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

    /// Whether more of the response time is the generator's own lateness than figures bear.
    var isLate: Bool {
        guard let lag = scheduleLag else { return false }
        return lag > Self.tolerance(of: responseTime)
    }

    /// How much of a latency may be the generator's own: a millisecond, or a twentieth of it. A
    /// sample that holds no more than this is none that could be left out: beside a service that
    /// takes a second, 2 ms are nothing, and leaving such samples out would only make the figures
    /// of the faster ones.
    static func tolerance(of latency: Nanoseconds) -> Nanoseconds {
        max(.milliseconds(1), Nanoseconds(latency.count / 20))
    }
}
