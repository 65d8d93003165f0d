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
}
