import Networking

/// Waiting until something is due, and being woken from it.
extension UserLine {
    /// Waits until the user is wanted; false when no conversation begins any more.
    func wait(untilWanted time: Nanoseconds) async -> Bool {
        due = time
        guard !worker.control.startsEnd.hasBeenMade else { return false }
        guard time > loop.tick else { return true }
        isAway = true
        defer { isAway = false }
        return await sleeper.sleep(until: time) == .ready
    }

    /// Lets the user take its time until a turn is due; false when the run ended meanwhile.
    func think(until time: Nanoseconds) async -> Bool {
        if worker.control.isDraining { return false }
        isThinking = true
        defer { isThinking = false }
        return await wait(until: time)
    }

    /// Waits out what the latest failure asks for, before a conversation: it counts in none. Gives the
    /// loop back in any case where no time has passed since `start`, when the last one began.
    ///
    /// - Returns: how long that was.
    func rest(since start: Nanoseconds) async -> Nanoseconds {
        guard failureBackoff.isDue || loop.tick <= start else { return .zero }
        let begin = loop.tick
        due = max(due, restEnd())
        isAway = true
        _ = await sleeper.sleep(until: due)
        isAway = false
        return loop.tick - begin
    }

    /// Until when the user does nothing after the latest failure: always later than now, so that
    /// whoever waits for it gives the loop back.
    func restEnd() -> Nanoseconds {
        failureBackoff.clear()
        return max(failureBackoff.end, loop.tick + Nanoseconds(1))
    }

    func pause(_ span: Nanoseconds) async throws(ExchangeFailure) {
        guard await wait(until: due + span) else {
            throw ExchangeFailure(.cancelled, "the run ended first")
        }
    }

    private func wait(until time: Nanoseconds) async -> Bool {
        due = time
        guard due > loop.tick else { return true }
        if closesSoon {
            guard await sleeper.sleep(until: loop.tick + worker.idleClose) == .ready else {
                return false
            }
            connection.close()
        }
        return await sleeper.sleep(until: due) == .ready
    }

    /// Whether the connection will have been idle for too long before it is needed.
    private var closesSoon: Bool { due - loop.tick > worker.idleClose && connection.isOpen }

    /// Ends whatever the user waits for, for good.
    func cancel() {
        connection.cancel()
        sleeper.wake()
    }

    /// Wakes a user that takes its time, or waits for a name to be looked up, so that it sees that the
    /// run is over; one that waits for a reply goes on.
    func endThinking() {
        connection.giveUpLookUps()
        if isThinking { sleeper.wake() }
    }

    /// Wakes a user that waits until it is wanted, because it will not be.
    func turnAway() {
        if isAway { sleeper.wake() }
    }

    func close() { connection.close() }
}
