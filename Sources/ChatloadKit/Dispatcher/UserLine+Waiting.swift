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

    /// Wakes a user that takes its time, so that it sees that the run is over; one that waits for
    /// a reply goes on.
    func endThinking() {
        if isThinking { sleeper.wake() }
    }

    /// Wakes a user that waits until it is wanted, because it will not be.
    func turnAway() {
        if isAway { sleeper.wake() }
    }

    func close() { connection.close() }
}
