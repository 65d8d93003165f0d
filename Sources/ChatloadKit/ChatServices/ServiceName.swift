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
