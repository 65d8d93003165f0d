package import Networking

/// One thing the simulated user says or calls.
package struct Turn: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// Says this text and waits for the reply.
        case say(String)
        /// Calls one of the service's operations by name.
        case call(Operation)
    }

    package var action: Action
    /// Files to send along, as paths relative to the working directory.
    package var attachments: [String]
    /// The name under which the turn's exchange is reported instead of `say` or the operation's.
    package var name: String?
    /// How long the user takes before this turn; nil when the script does not say.
    package var think: ThinkTime?
    /// Parameters of this turn, over those of the conversation and the run.
    package var with: [String: String]
    /// What the service replied when the conversation was recorded.
    package var reply: String?
    /// When the turn was taken when the conversation was recorded, counted from the conversation's
    /// start.
    package var at: Nanoseconds?
    /// Whether a failure of this turn ends the conversation; nil leaves it to the conversation.
    package var stopsOnFailure: Bool?

    package init(
        _ action: Action, attachments: [String] = [], name: String? = nil,
        think: ThinkTime? = nil, with: [String: String] = [:]
    ) {
        self.action = action
        self.attachments = attachments
        self.name = name
        self.think = think
        self.with = with
    }
}

extension Turn {
    /// The name under which it is reported.
    var step: String {
        if let name { return name }
        return switch action {
        case .say: Operation.say.rawValue
        case .call(let operation): operation.rawValue
        }
    }
}

/// How long a user takes before a turn.
package enum ThinkTime: Sendable, Equatable {
    case fixed(Nanoseconds)
    case uniform(Nanoseconds, Nanoseconds)
    /// Median and the standard deviation of the logarithm.
    case logNormal(median: Nanoseconds, sigma: Double)
    /// Mean.
    case exponential(Nanoseconds)
    /// As long as it takes to read the reply before, at so many words a minute.
    case reading(wordsPerMinute: Double)
}

/// Everything the services can be asked to do: the closed set behind `call`, and the names of
/// steps in reports.
///
/// A service supports some of them. The case's position is its `StepID` in every `StepTable`.
package enum Operation: String, CaseIterable, Sendable {
    case say
    case poll
    case login
    case serviceInfo = "service.info"
    case botsList = "bots.list"
    case botsGet = "bots.get"
    case userGet = "user.get"
    case commandsList = "commands.list"
    case chatsCreate = "chats.create"
    case chatsList = "chats.list"
    case chatsDelete = "chats.delete"
    case messagesSend = "messages.send"
    case messagesList = "messages.list"
    case filesUpload = "files.upload"

    /// Whether carrying it out twice does no more than carrying it out once. A login is none of these
    /// because it makes a user.
    var isRepeatable: Bool {
        switch self {
        case .poll, .serviceInfo, .botsList, .botsGet, .userGet, .commandsList, .chatsList,
            .messagesList:
            true
        case .say, .login, .chatsCreate, .chatsDelete, .messagesSend, .filesUpload: false
        }
    }

    /// The case's position, which is the number of its step.
    var index: Int {
        switch self {
        case .say: 0
        case .poll: 1
        case .login: 2
        case .serviceInfo: 3
        case .botsList: 4
        case .botsGet: 5
        case .userGet: 6
        case .commandsList: 7
        case .chatsCreate: 8
        case .chatsList: 9
        case .chatsDelete: 10
        case .messagesSend: 11
        case .messagesList: 12
        case .filesUpload: 13
        }
    }
}
