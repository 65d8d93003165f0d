import Networking

/// A conversation whose turns may overlap, and what has come of them. Confined to its worker.
final class Overlap {
    let script: PlayableScript
    /// The turns under way.
    let crowd = Crowd()
    /// Turns that the end of the run kept from being taken.
    var cancelled = 0
    /// Whether a turn has failed that must not.
    var isStopped = false
    /// When the last reply came.
    var end: Nanoseconds

    init(_ script: PlayableScript, start: Nanoseconds) {
        self.script = script
        end = start
    }
}

/// A replay with every turn at its recorded time, whether or not the reply to the one before is
/// there.
extension Worker {
    /// Plays one conversation: the user's own line keeps the time, and each turn has a line of its own
    /// that is free, in the same session.
    func playStrictly(_ script: PlayableScript, ticket: Int, at seat: Seat) async {
        let line = seat.line
        let turns = begin(script, ticket: ticket, at: seat, over: line)
        let overlap = Overlap(script, start: line.due)
        seat.overlap = overlap
        var begun = 0
        while begun < turns.count, await think(before: turns[begun], of: script, begun, line),
            !overlap.isStopped, takeApart(begun, at: seat, overlap)
        {
            begun += 1
        }
        await overlap.crowd.empty()
        seat.overlap = nil
        line.due = overlap.end
        line.endConversation(
            turns: begun - overlap.cancelled, of: overlap.isStopped ? begun : turns.count)
    }

    /// Lets the turn at an index begin on a line of its own; false when it must not.
    @inline(never)
    private func takeApart(_ index: Int, at seat: Seat, _ overlap: Overlap) -> Bool {
        let place = seat.takeCompanion {
            UserLine(user: seat.number, worker: parts, due: seat.line.due)
        }
        let companion = seat.companions[place]
        companion.accompany(seat.line)
        guard companion.begin(turn: index + 1, overlap.script.steps[index]) else {
            seat.giveBack(companion: place)
            return false
        }
        companion.memory =
            overlap.script.conversation.isPlain ? nil : memory(of: overlap.script, at: seat)
        overlap.crowd.enter()
        let user = seat.number
        Task(executorPreference: loop) { await self.take(index, ofUser: user, over: place) }
        return true
    }

    private func take(_ index: Int, ofUser user: Int, over place: Int) async {
        guard let seat = seats[user], let overlap = seat.overlap else { return }
        defer { overlap.crowd.leave() }
        let companion = seat.companions[place]
        var turns = overlap.script.conversation.turns
        do throws(ExchangeFailure) {
            try companion.memory?.prepare(&turns, at: index)
            try overlap.script.attachments.check(turns[index])
            try await take(turns[index], at: seat, over: companion)
        } catch {
            if error.errorClass == .cancelled {
                overlap.cancelled += 1
            } else {
                companion.recordUnlessRecorded(error)
            }
        }
        let end = overlap.script.turnCount(after: index + 1, failed: companion.turnFailed)
        if end < turns.count { overlap.isStopped = true }
        overlap.end = max(overlap.end, companion.due)
        seat.line.takeOver(companion)
        seat.giveBack(companion: place)
    }
}

extension UserLine {
    /// Makes this line ready for one turn of the conversation that is played on another one.
    fileprivate func accompany(_ own: UserLine) {
        conversation = own.conversation
        conversation.exchanges = 0
        conversation.failures = 0
        cookies = own.cookies
        due = own.due
        recorded = own.recorded
        if let shared = own.gate { gate?.accompany(shared) }
    }

    /// Adds what a turn on another line has come to.
    fileprivate func takeOver(_ companion: UserLine) {
        conversation.exchanges += companion.conversation.exchanges
        conversation.failures += companion.conversation.failures
        cookies = companion.cookies
        guard let shared = companion.gate else { return }
        shared.endTurn()
        gate?.takeOver(shared)
    }
}
