import Base
import Networking

/// A simulated user: what it keeps from one conversation to the next. Confined to its worker.
final class SimulatedUser {
    let number: Int
    let client: UserClient
    /// In the open model, when the user's last conversation ended.
    var freeSince = Nanoseconds.zero
    /// The position of the session's credential.
    var credential = 0
    /// The session with the service, and the conversation that is played in it.
    var session: ServiceSession
    /// Clients beside the user's own, for turns that overlap, and the positions of the free ones.
    private(set) var companions: [UserClient] = []
    private var free: [Int] = []
    /// The conversation that is played, where its turns may overlap.
    var overlap: Overlap?

    init(number: Int, client: UserClient, session: ServiceSession) {
        self.number = number
        self.client = client
        self.session = session
    }

    /// The position of a client for one turn of the conversation: the one that was freed last, or a
    /// new one, ready for that turn.
    func takeCompanion() -> Int {
        if free.isEmpty {
            free.append(companions.count)
            companions.append(UserClient(user: number, worker: client.worker, due: client.due))
        }
        let position = free.removeLast()
        companions[position].copy(from: client)
        return position
    }

    /// Gives back the client at a position.
    func giveBack(companion position: Int) { free.append(position) }

    /// Does something with every client of the user.
    func forEachClient(_ body: (UserClient) -> Void) {
        body(client)
        for companion in companions { body(companion) }
    }

    /// Closes the user's connections.
    func close() { forEachClient { $0.close() } }
}

/// An overlap: a conversation whose turns need not wait for one another, and what has come of them.
/// Confined to its worker.
final class Overlap {
    let script: CompiledScript
    /// The turns under way.
    let turns = WaitGroup()
    /// Turns that the end of the run kept from being taken.
    var cancelled = 0
    /// Whether a turn has failed that must not.
    var isStopped = false
    /// When the last reply came.
    var end: Nanoseconds

    init(_ script: CompiledScript, start: Nanoseconds) {
        self.script = script
        end = start
    }
}

extension UserClient {
    /// Makes this client ready for one turn of the conversation that is played on another one.
    fileprivate func copy(from own: UserClient) {
        conversation = own.conversation
        conversation.exchanges = 0
        conversation.failures = 0
        cookies = own.cookies
        own.cookieSecrets = own.cookieSecrets ?? SessionSecrets(spent: worker.spent)
        cookieSecrets = own.cookieSecrets
        due = own.due
        recorded = own.recorded
        if let shared = own.throttle { throttle?.copy(from: shared) }
    }

    /// Adds what a turn on another client has come to.
    func merge(_ companion: UserClient) {
        conversation.exchanges += companion.conversation.exchanges
        conversation.failures += companion.conversation.failures
        cookies = companion.cookies
        guard let shared = companion.throttle else { return }
        shared.endTurn()
        throttle?.merge(shared)
    }
}
