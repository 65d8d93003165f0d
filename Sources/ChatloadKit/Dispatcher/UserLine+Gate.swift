import Networking

/// Waiting for quotas and for rejected credentials.
extension UserLine {
    /// The credential of the conversation that is about to begin under this ticket.
    func takeCredential(ticket: Int) -> Int {
        guard let gate else { return 0 }
        gate.begin(ticket: ticket, at: loop.tick)
        return gate.credential
    }

    /// Whether the user may begin another conversation.
    var canGoOn: Bool { gate?.canGoOn ?? true }

    /// Waits until the attempt at hand may be sent; why it must not be sent any more, if so.
    func pass(
        _ gate: Gate, _ operation: Operation, _ prompt: String
    ) async -> ExchangeFailure? {
        let start = begin(at: gate, operation, prompt)
        while true {
            switch next(at: gate, since: start) {
            case .go: return nil
            case .refuse(let reason): return ExchangeFailure(.cancelled, reason)
            case .wait(let slot):
                isThinking = !hasSent
                let wake = await sleeper.sleep(until: slot)
                isThinking = false
                if wake != .ready { return giveUp(at: gate) }
            }
        }
    }

    @inline(never)
    private func begin(
        at gate: Gate, _ operation: Operation, _ prompt: String
    ) -> Nanoseconds {
        gate.begin(saying: operation == .say ? prompt : nil, isFirst: !hasSent)
        return attempt > 1 ? heldSince : loop.clock()
    }

    @inline(never)
    private func next(at gate: Gate, since start: Nanoseconds) -> Gate.Step {
        let now = loop.clock()
        let step = gate.step(at: now)
        switch step {
        case .go: if hasWaited || attempt > 1 { throttled = max(now - start, .zero) }
        case .wait:
            if worker.control.isDraining, !hasSent {
                gate.cancel(at: now)
                return .refuse("the run ended first")
            }
            hasWaited = true
        case .refuse: gate.cancel(at: now)
        }
        return step
    }

    @inline(never)
    private func giveUp(at gate: Gate) -> ExchangeFailure {
        gate.cancel(at: loop.clock())
        return ExchangeFailure(.cancelled, "the run ended first")
    }
}
