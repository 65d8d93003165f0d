import Networking

/// How the load came out beside what was asked for.
extension Dispatcher {
    /// The figures of all workers' starts, after the run.
    func schedule(_ tally: StartTally) -> ScheduleFigures {
        var figures = ScheduleFigures()
        figures.started = tally.started
        figures.dropped = tally.dropped
        figures.missed = tally.missed
        figures.maxUsers = parts.control.mostUsers
        figures.maxConnected = parts.connections.highest
        if tally.backedOff > .zero { figures.backedOffSeconds = tally.backedOff.roundedSeconds }
        figures.reconnects = parts.connections.reconnects
        figures.repeatedRequests = parts.connections.repeatedRequests
        if plan.order.isReplay {
            // Its users are no load that was asked for: there may be as many.
            figures.waited = plan.clock.map { _ in tally.waited }
        } else if plan.load.arrivals == nil {
            figures.wantedUsers = wantedUsers(until: tally.scheduleEnd ?? .never)
        } else {
            addRates(to: &figures, tally)
        }
        return figures
    }

    /// The drawn schedule's own rate and not the one it was drawn with: the two differ by chance, in
    /// short runs by much, and that is not the generator's fault.
    private func addRates(to figures: inout ScheduleFigures, _ tally: StartTally) {
        figures.variation = tally.variation
        guard let length = tally.scheduleEnd, length > .zero else { return }
        let due = tally.started + tally.dropped + tally.missed
        figures.requestedRate = Double(due) / length.seconds
        figures.achievedRate = Double(tally.started) / max(length, tally.lastStart).seconds
    }

    /// The most users wanted at once; nil where not all of them had something to do.
    private func wantedUsers(until end: Nanoseconds) -> Int? {
        let most = plan.load.level.peak(until: end)
        let wanted = Int(min(most + 0.5, Double(plan.load.users)))
        return wanted <= parts.control.placeLimit ? wanted : nil
    }
}
