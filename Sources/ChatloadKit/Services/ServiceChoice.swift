package import Networking

/// The service of a run: one of the closed set, with its settings.
package enum ServiceChoice: Sendable {
    case tamako(Tamako)
    case botyard(Botyard)
    case stammer(Stammer)

    /// The service called `name` with these settings. Against the sandbox, required parameters that
    /// are not given get the sandbox's values.
    ///
    /// - Parameter pathPrefix: the target's path, before every path of the service.
    /// - Throws: what is wrong with the settings, the prefix or the headers.
    package init(
        _ name: ServiceName, settings: [String: String] = [:], pathPrefix: String = "",
        extraHeaders: [HeaderField] = [], inSandbox: Bool = false
    ) throws(SettingComplaint) {
        let settings = try ServiceSettings(settings, for: name, inSandbox: inSandbox)
        let address = try ServiceAddress(
            pathPrefix: pathPrefix, extraHeaders: extraHeaders, for: name)
        switch name {
        case .tamako: self = .tamako(try Tamako(settings, at: address))
        case .botyard: self = .botyard(try Botyard(settings, at: address))
        case .stammer: self = .stammer(try Stammer(settings, at: address))
        }
    }

    /// The same service with storage of its own. Workers that shared one would pay for every
    /// reference count with a cache line that travels between their cores.
    package func separated() -> ServiceChoice {
        do throws(SettingComplaint) {
            switch self {
            case .tamako(let own): return .tamako(try Tamako(own.settings, at: own.address))
            case .botyard(let own): return .botyard(try Botyard(own.settings, at: own.address))
            case .stammer(let own): return .stammer(try Stammer(own.settings, at: own.address))
            }
        } catch {
            preconditionFailure("BUG: settings were good once and are not any more: \(error)")
        }
    }

    /// Which of the services it is.
    package var name: ServiceName {
        switch self {
        case .tamako: .tamako
        case .botyard: .botyard
        case .stammer: .stammer
        }
    }

    /// Its settings; `masked` of them may be shown.
    package var settings: ServiceSettings {
        switch self {
        case .tamako(let service): service.settings
        case .botyard(let service): service.settings
        case .stammer(let service): service.settings
        }
    }
}

extension ServiceChoice: ChatService {
    /// A session with whichever service it is.
    package enum Session {
        case tamako(Tamako.Session)
        case botyard(Botyard.Session)
        case stammer(Stammer.Session)
    }

    package func makeSession(identity: String) -> Session {
        switch self {
        case .tamako(let service): .tamako(service.makeSession(identity: identity))
        case .botyard(let service): .botyard(service.makeSession(identity: identity))
        case .stammer(let service): .stammer(service.makeSession(identity: identity))
        }
    }

    /// Plays the turn in the service's own words. Theirs are never inlined here: a user that waits
    /// would hold the frames of all three.
    package func play(
        _ turn: Turn, of conversation: ConversationContext, in session: Session,
        over line: some ChatTransport
    ) async throws(ExchangeFailure) {
        switch (self, session) {
        case (.tamako(let service), .tamako(let own)):
            try await service.play(turn, of: conversation, in: own, over: line)
        case (.botyard(let service), .botyard(let own)):
            try await service.play(turn, of: conversation, in: own, over: line)
        case (.stammer(let service), .stammer(let own)):
            try await service.play(turn, of: conversation, in: own, over: line)
        default: preconditionFailure("BUG: a session of another service")
        }
    }

    package func objection(to turn: Turn) -> String? {
        switch self {
        case .tamako(let service): service.objection(to: turn)
        case .botyard(let service): service.objection(to: turn)
        case .stammer(let service): service.objection(to: turn)
        }
    }

    package func objection(
        toParameters conversation: [String: String], _ turn: [String: String]
    ) -> String? {
        switch self {
        case .tamako(let service): service.objection(toParameters: conversation, turn)
        case .botyard(let service): service.objection(toParameters: conversation, turn)
        case .stammer(let service): service.objection(toParameters: conversation, turn)
        }
    }

    package var parameters: [ServiceParameter] { name.parameters }

    package func exchangeCount(of turn: Turn) -> ClosedRange<Int> {
        switch self {
        case .tamako(let service): service.exchangeCount(of: turn)
        case .botyard(let service): service.exchangeCount(of: turn)
        case .stammer(let service): service.exchangeCount(of: turn)
        }
    }

    package func placeholderReply(
        to operation: Operation, with parameters: [String: String]
    ) -> String {
        switch self {
        case .tamako(let service): service.placeholderReply(to: operation, with: parameters)
        case .botyard(let service): service.placeholderReply(to: operation, with: parameters)
        case .stammer(let service): service.placeholderReply(to: operation, with: parameters)
        }
    }

    package var secrets: Secrets {
        switch self {
        case .tamako(let service): service.secrets
        case .botyard(let service): service.secrets
        case .stammer(let service): service.secrets
        }
    }
}

/// The services chatload speaks with, by the names used in `--service`.
package enum ServiceName: String, CaseIterable, Sendable, Codable {
    case tamako
    case botyard
    case stammer

    /// The service's parameters, in the order they are shown.
    package var parameters: [ServiceParameter] {
        switch self {
        case .tamako: Tamako.parameters
        case .botyard: Botyard.parameters
        case .stammer: Stammer.parameters
        }
    }

    /// The operations a script may `call`.
    package var callable: [Operation] {
        switch self {
        case .tamako, .stammer: []
        case .botyard: Operation.allCases.filter { $0 != .say && $0 != .poll }
        }
    }

    /// Whether a turn can be taken before the reply to the one before it is there: each response
    /// brings its own reply.
    package var allowsOverlap: Bool { self != .botyard }

    /// One line about it.
    package var summary: String {
        switch self {
        case .tamako: "Tamako Chat API: one GET per message, the reply in the response"
        case .botyard: "Botyard Client API: login, chats, files; replies are polled for"
        case .stammer: "Stammer AI Message AI Agent: one POST per message"
        }
    }
}

/// A service with a script's parameters over the run's, kept in the session so that a conversation's
/// turns do not make it anew each time.
package final class OverrideCache<Service: AnyObject & Sendable> {
    private var conversation: [String: String] = [:]
    private var turn: [String: String] = [:]
    private var service: Service?

    init() {}

    /// `service` itself when the script sets nothing, else the one `make` gives for the script's
    /// parameters, the turn's over the conversation's.
    ///
    /// - Throws: a `script` failure with the complaint.
    func service(
        _ service: Service, for conversation: ConversationContext, _ turn: Turn,
        make: ([String: String], [String: String]) throws(SettingComplaint) -> Service
    ) throws(ExchangeFailure) -> Service {
        if conversation.with.isEmpty && turn.with.isEmpty { return service }
        if let kept = self.service, self.conversation == conversation.with, self.turn == turn.with {
            return kept
        }
        do throws(SettingComplaint) {
            let made = try make(conversation.with, turn.with)
            (self.conversation, self.turn) = (conversation.with, turn.with)
            self.service = made
            return made
        } catch {
            throw ExchangeFailure(.script, error.description)
        }
    }
}
