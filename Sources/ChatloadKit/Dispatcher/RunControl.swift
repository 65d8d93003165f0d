import Networking
import Synchronization

/// What the workers of a run share: who plays which conversation next, how many users are busy, how
/// many exchanges are left, and whether the run is coming to its end.
///
/// One atomic step per conversation (and per exchange only where `--exchanges` limits them) keeps
/// the concurrency exact on any number of workers: no user is idle while a conversation remains.
final class RunControl: Sendable {
    /// From now on no new turn begins.
    let drains = Announcement()
    /// From now on no conversation begins: the run is draining, or all of them have begun.
    let startsEnd = Announcement()
    /// The conversations there may be.
    let placeLimit: Int

    /// Whether the run drains because there may be no more exchanges.
    var hasMetLimit: Bool { limitIsMet.load(ordering: .relaxed) }

    private let limitIsMet = Atomic<Bool>(false)
    private let places = Atomic<Int>(0)
    private let change = Guarded<ScriptComplaint?>(nil)
    private let exchanges = Atomic<Int>(0)
    private let exchangeLimit: Int?
    private let busy = Atomic<Int>(0)
    private let mostBusy = Atomic<Int>(0)

    init(conversations: Int?, exchanges: Int?) {
        placeLimit = conversations ?? .max
        exchangeLimit = exchanges
    }

    /// Whether no new turn may begin.
    var isDraining: Bool { drains.hasBeenMade }

    /// From now on no new turn begins.
    func drain() {
        drains.make()
        startsEnd.make()
    }

    /// No new turn begins, since an input is not what it was when the run was planned.
    func giveUp(because change: ScriptComplaint) {
        self.change.withLock { $0 = $0 ?? change }
        drain()
    }

    /// What has happened to an input; nil where nothing that mattered has.
    var changedInput: ScriptComplaint? { change.withLock { $0 } }

    /// The next conversation's place in the order of play, from 1; nil when none is left.
    func nextPlace() -> Int? {
        // A look first, so that users that come for more at the end cannot count up without bound.
        guard !isDraining, places.load(ordering: .relaxed) < placeLimit else {
            startsEnd.make()
            return nil
        }
        let place = places.add(1, ordering: .relaxed).newValue
        if place >= placeLimit { startsEnd.make() }
        return place <= placeLimit ? place : nil
    }

    /// Whether one more exchange may be made; ends the run when the limit has been reached.
    func claimExchange() -> Bool {
        guard let exchangeLimit else { return true }
        let claimed = exchanges.add(1, ordering: .relaxed).newValue
        if claimed >= exchangeLimit {
            if !isDraining { limitIsMet.store(true, ordering: .relaxed) }
            drain()
        }
        return claimed <= exchangeLimit
    }

    // MARK: Users

    /// The most users that were busy at once.
    var mostUsers: Int { mostBusy.load(ordering: .relaxed) }

    /// Counts a user as busy, unless `ceiling` of them are.
    func enter(ceiling: Int = .max) -> Bool {
        var count = busy.load(ordering: .relaxed)
        while count < ceiling {
            let (isDone, found) = busy.weakCompareExchange(
                expected: count, desired: count + 1, ordering: .relaxed)
            if isDone {
                mostBusy.max(count + 1, ordering: .relaxed)
                return true
            }
            count = found
        }
        return false
    }

    /// Counts a user as free again.
    func leave() { busy.subtract(1, ordering: .relaxed) }
}
