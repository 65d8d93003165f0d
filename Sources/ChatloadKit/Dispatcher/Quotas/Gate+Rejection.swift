import Networking

extension Gate {
    /// Takes note of a success of what left at `sent`.
    func succeed(sent: Nanoseconds) { shared.desk.note(successOf: credential, sent: sent) }

    /// Does what is to be done about a rejection of what left at `sent` and ended at `end`.
    ///
    /// - Parameters:
    ///   - asked: what the service said of when to try again.
    ///   - backoff: how long to wait when that is nothing readable.
    /// - Returns: whether the exchange is to be tried again.
    func reject(
        sent: Nanoseconds, end: Nanoseconds, asked: RetryAfter,
        otherwise backoff: @autoclosure () -> Nanoseconds
    ) -> Bool {
        switch shared.desk.policy {
        case .record: return false
        case .stop:
            retireCredential()
            return false
        case .wait:
            // The least pause, whatever the service says.
            let shortestPause = Nanoseconds.milliseconds(10)
            var pause = shortestPause
            if case .delay(let span) = asked {
                pause = max(pause, span)
            } else {
                pause = backoff()
            }
            shared.desk.setAside(credential, sent: sent, until: end + pause)
            return true
        }
    }
}
