import Networking

/// Whether the load was made: what the generator itself missed, and what it could not make because
/// every user was busy.
extension GeneratorHealth {
    var loadFindings: [VerdictFinding] { [droppedFinding, waitedFinding].compactMap(\.self) }

    var missedFinding: VerdictFinding? {
        guard let schedule else { return nil }
        return undelivered(
            .startsMissed, schedule.missed, "were given up after the generator had stalled")
    }

    var droppedLateFinding: VerdictFinding? {
        guard let late = schedule?.droppedLate else { return nil }
        return undelivered(
            .startsDroppedLate, late, "found no free user when the generator had stalled")
    }

    private func undelivered(_ cause: VerdictFinding.Cause, _ count: Int, _ what: String)
        -> VerdictFinding?
    {
        guard let (share, text) = starts(count, what),
            let (grade, _) = Self.undelivered.exceeded(by: share)
        else { return nil }
        return VerdictFinding(cause, grade, text)
    }

    private var droppedFinding: VerdictFinding? {
        guard let schedule else { return nil }
        return unreached(
            .startsDropped, schedule.dropped &- (schedule.droppedLate ?? 0), "found all users busy")
    }

    var waitedFinding: VerdictFinding? {
        guard let waited = schedule?.waited else { return nil }
        return unreached(.startsWaited, waited, "had to wait for a free user")
    }

    private func unreached(_ cause: VerdictFinding.Cause, _ count: Int, _ what: String)
        -> VerdictFinding?
    {
        guard let (share, text) = starts(count, what), share > Self.unreached else { return nil }
        return VerdictFinding(cause, .invalid, "offered load not reached: " + text)
    }

    /// So many of the due starts, as a share and in words; nil of none.
    private func starts(_ count: Int, _ what: String) -> (share: Double, text: String)? {
        guard let due = schedule?.due, due > 0 else { return nil }
        let (few, all) = (Units.format(count: count), Units.format(count: due))
        return (Self.share(count, of: due), "\(few) of \(all) starts \(what)")
    }

    var usersFinding: VerdictFinding? {
        guard let schedule, let wanted = schedule.wantedUsers, wanted > 0 else { return nil }
        let absent = max(0, wanted &- schedule.maxUsers)
        guard let (grade, _) = Self.absentUsers.exceeded(by: Self.share(absent, of: wanted))
        else { return nil }
        let (few, all) = (Units.format(count: schedule.maxUsers), Units.format(count: wanted))
        return VerdictFinding(
            .usersAbsent, grade, "at most \(few) of the \(all) users wanted were at work at once")
    }
}
