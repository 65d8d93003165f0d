import Base

/// A chat service, set up for a run: how it is spoken to. Pure knowledge of the wire; it knows
/// nothing of pacing and statistics.
///
/// An object, so that a turn's use of it costs one reference count and not one for every field.
package protocol ChatService: AnyObject, Sendable {
    /// What it was made of.
    var setup: ServiceSetup { get }

    /// A session of the user called `identity`, with nothing sent yet.
    func makeSession(identity: String) -> ServiceSession

    /// Plays one turn of the session's conversation: logs in first if that is needed, says or calls,
    /// and waits for the reply. The description has no objection to the turn.
    ///
    /// - Throws: the failure that ended the turn; the transport has recorded it, unless it happened
    ///   before anything was sent.
    func play(
        _ turn: Turn, in session: ServiceSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure)

    /// The exchanges a turn takes, without those that a session needs only once.
    func exchangeCount(of turn: Turn) -> ClosedRange<Int>

    /// A made-up successful response body for a step, so that `plan` can walk through a turn without
    /// sending anything. `parameters` are the script's, the turn's over the conversation's.
    func placeholderReply(to step: ServiceStep, with parameters: [String: String]) -> String
}

extension ChatService {
    package func makeSession(identity: String) -> ServiceSession {
        ServiceSession(identity: identity)
    }

    package func exchangeCount(of turn: Turn) -> ClosedRange<Int> { 1...1 }

    /// Its description.
    package var description: ServiceDescription { setup.description }

    /// Values that must not be seen in any output.
    package var secrets: Secrets { setup.secrets }

    /// The same service with storage of its own. Workers that shared one would pay for every
    /// reference count with a cache line that travels between their cores.
    package func separated() -> any ChatService {
        do throws(Fault) {
            return try description.make(ServiceSetup(setup.settings, at: setup.address))
        } catch {
            preconditionFailure("BUG: settings were good once and are not any more: \(error)")
        }
    }

    /// This service with a script's parameters over the run's, the turn's over the conversation's.
    func overridden(
        by conversation: [String: String], _ turn: [String: String]
    ) throws(Fault) -> any ChatService {
        // No secret is among them.
        let settings = try setup.settings.overridden(by: conversation, turn)
        return try description.make(
            ServiceSetup(settings, at: setup.address, hiding: setup.secrets))
    }

    /// What is wrong with the parameters that a conversation and a turn of it set; nil when nothing
    /// is.
    func objection(
        toParameters conversation: [String: String], _ turn: [String: String]
    ) -> String? {
        if conversation.isEmpty && turn.isEmpty { return nil }
        do throws(Fault) {
            _ = try overridden(by: conversation, turn)
            return nil
        } catch {
            return error.description
        }
    }
}

/// The setup of a service for a run: its settings, where it lives, and what of both is secret.
package final class ServiceSetup: Sendable {
    package let settings: ServiceSettings
    let address: ServiceAddress
    package let secrets: Secrets

    /// The setup of a run.
    init(_ settings: ServiceSettings, at address: ServiceAddress, hiding secrets: Secrets? = nil) {
        self.settings = settings
        self.address = address
        self.secrets = secrets ?? Secrets(settings.secretValues + address.secretValues)
    }

    /// The description of the service.
    package var description: ServiceDescription { settings.service }
}

/// A session of one simulated user with a service: the conversation that is played, and what the
/// service knows the user by, besides the cookies, which are the transport's. A service that has to
/// remember more has a subclass of its own. Confined to the user's loop.
package class ServiceSession {
    /// The conversation that is played, with the identity whose session it is.
    package final var conversation: ConversationContext
    /// The service with the parameters that the script has set last, so that the turns of one
    /// conversation do not make it anew each time.
    private final var overridden:
        (conversation: [String: String], turn: [String: String], service: any ChatService)?

    init(identity: String) {
        conversation = ConversationContext(
            identity: identity, isPinned: false, iteration: 0, with: [:])
    }

    /// Plays one turn with `service`, or as it is with what the script sets.
    ///
    /// - Throws: the failure that ended the turn, `script` where it cannot be played at all.
    final func play(
        _ turn: Turn, with service: any ChatService, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        try await self.service(service, for: turn).play(turn, in: self, over: transport)
    }

    @inline(never)
    private final func service(
        _ service: any ChatService, for turn: Turn
    ) throws(ExchangeFailure) -> any ChatService {
        if let objection = service.setup.settings.service.objection(to: turn) {
            throw ExchangeFailure(.script, objection)
        }
        let with = conversation.with
        if with.isEmpty && turn.with.isEmpty { return service }
        if let overridden, overridden.conversation == with, overridden.turn == turn.with {
            return overridden.service
        }
        do throws(Fault) {
            let made = try service.overridden(by: with, turn.with)
            overridden = (with, turn.with, made)
            return made
        } catch {
            throw ExchangeFailure(.script, error.description)
        }
    }
}

/// What a turn may need to know of the conversation it belongs to.
package struct ConversationContext: Sendable, Equatable {
    /// The simulated user's identity: `user` of the script line, or made for the user.
    package var identity: String
    /// Whether the script pinned the identity.
    package var isPinned: Bool
    /// The conversation's number in the run; makes keys fresh where a service needs a fresh one.
    package var iteration: Int
    /// `with` of the script line.
    package var with: [String: String]
}
