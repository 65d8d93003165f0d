package import Base

/// A turn of a conversation: one thing the simulated user says or calls.
package struct Turn: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// Says this text and waits for the reply.
        case say(String)
        /// Calls one of the service's operations by name.
        case call(String)
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
    /// The text that is said; empty for a call.
    var text: String {
        if case .say(let text) = action { text } else { "" }
    }

    /// The name under which it is reported.
    var step: String {
        if let name { return name }
        return switch action {
        case .say: "say"
        case .call(let operation): operation
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
