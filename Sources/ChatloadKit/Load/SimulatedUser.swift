import Base
import Networking

/// What a simulated user keeps from one conversation to the next. Confined to its worker.
final class SimulatedUser {
    let number: Int
    let line: UserClient
    /// In the open model, when the user's last conversation ended.
    var freeSince = Nanoseconds.zero
    /// The place of the session's credential.
    var credential = 0
    var session: ServiceSession
    /// Lines beside the user's own, for turns that overlap, and the places of those that are free.
    private(set) var companions: [UserClient] = []
    private var free: [Int] = []
    /// The conversation at hand, where its turns may overlap.
    var overlap: Overlap?

    init(number: Int, line: UserClient, session: ServiceSession) {
        self.number = number
        self.line = line
        self.session = session
    }

    /// The place of a line for one turn of the conversation at hand: the one that was freed last, or
    /// a new one.
    func takeCompanion(made make: () -> UserClient) -> Int {
        if let place = free.popLast() { return place }
        companions.append(make())
        return companions.count - 1
    }

    /// Gives back the line at a place.
    func giveBack(companion place: Int) { free.append(place) }

    /// Does something with every line of the user.
    func forEachLine(_ body: (UserClient) -> Void) {
        body(line)
        for companion in companions { body(companion) }
    }

    /// Closes the user's connections.
    func close() { forEachLine { $0.close() } }
}
