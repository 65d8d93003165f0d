import Networking

/// Trying again what has failed.
extension UserLine {
    /// Whether the exchange at hand is tried again after a failure: a rejection by the pause of its
    /// credential where the run waits for that, everything else by the policy for retries.
    func triesAgain(_ operation: Operation, after failure: ExchangeFailure) -> Bool {
        let timeline = connection.timeline
        if failure.errorClass == .rejected, let gate, gate.policy != .record {
            return timeline.sent.map {
                gate.reject(sent: $0, end: timeline.end, asked: retryAfter, otherwise: backoff())
            } ?? false
        }
        guard retries < worker.retry.most,
            worker.retry.mends(failure.errorClass, of: operation, wasSent: timeline.sent != nil)
        else { return false }
        var random = random(RandomStream.retry)
        guard
            let pause = worker.retry.pause(
                before: retries + 1, share: random.unit(), asked: retryAfter)
        else { return false }
        retries += 1
        resumption = timeline.end + pause
        return true
    }

    /// Waits for the time of the next attempt, where there is one.
    func backOff() async throws(ExchangeFailure) {
        guard let end = beginBackOff() else { return }
        guard await sleeper.sleep(until: end) == .ready else {
            throw ExchangeFailure(.cancelled, "the run ended first")
        }
        heldSince = loop.clock()
    }

    @inline(never)
    private func beginBackOff() -> Nanoseconds? {
        guard let resumption else { return nil }
        self.resumption = nil
        if resumption - loop.tick > worker.idleClose { connection.close() }
        return resumption
    }

    /// How long to wait after a rejection that does not say: twice as long each time, up to a
    /// minute, and a seeded share less so that not all come back at once.
    private func backoff() -> Nanoseconds {
        var random = random(RandomStream.backoff)
        let longest = Double(min(1 << min(attempt - 1, 6), 60))
        return Nanoseconds(seconds: longest * (1 - random.unit() / 2))
    }

    /// Random numbers that follow from the seed and from which attempt this is, of which turn.
    private func random(_ stream: RandomStream) -> SeededRandom {
        SeededRandom(
            seed: worker.seed, stream: stream.rawValue,
            index: UInt64(
                truncatingIfNeeded: (conversation.ticket &* 4_096 &+ turn) &* 64 &+ attempt))
    }
}
