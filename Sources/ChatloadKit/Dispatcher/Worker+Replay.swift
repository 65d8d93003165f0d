import Networking

/// A replay at recorded times: conversations start when they did, and wait for a user where none is
/// free.
extension Worker {
    /// Starts this worker's share of the conversations: every so manieth in the order of their times.
    func admit(_ clock: ReplayClock, through turnstile: Turnstile) async {
        for position in stride(from: parts.number, to: clock.count, by: run.workers) {
            let due = clock.start(at: position)
            guard await isOpen(at: run.epoch + due), await isLetIn(position, by: turnstile)
            else { return }
            tally.started += 1
            _ = run.control.enter()
            begin(ticket: clock.conversation(at: position) + 1, due: due)
        }
    }

    /// Waits until a user is free; false when no conversation begins any more.
    private func isLetIn(_ position: Int, by turnstile: Turnstile) async -> Bool {
        let isFree = turnstile.admits(position) { [self] in
            loop.execute { self.assumeIsolated { $0.door.wake() } }
        }
        if isFree { return true }
        tally.waited += 1
        _ = await door.sleep(until: .never)
        return !run.control.startsEnd.hasBeenMade
    }
}

extension Worker {
    /// When the user takes a turn of a replay at recorded times: at `offset` from its conversation's
    /// start but not before the reply to the turn before, or after the recorded think time where
    /// there is no offset; nil for at once.
    func time(
        of turn: Turn, at offset: Nanoseconds?, _ pace: ReplayPace, isFirst: Bool, _ line: UserLine
    ) -> Nanoseconds? {
        var time: Nanoseconds?
        line.recorded = nil
        if let offset {
            let recorded = line.epoch + line.conversation.started + offset
            line.recorded = recorded
            time = max(recorded, line.due)
        } else if !isFirst, let think = plan.load.thinkOverride {
            time = line.due + line.draw(think, seed: plan.seed)
        } else if let think = turn.think {
            time = line.due + pace.played(think: line.draw(think, seed: plan.seed))
        }
        if isFirst { line.recorded = time ?? line.due }
        return time
    }
}
