package import Networking

/// One script line: what one simulated user does, turn after turn.
package struct Conversation: Sendable, Equatable {
    /// `id` of the line, or `line-N`.
    package var id: String
    /// The identity that plays it, when the script says so.
    package var user: String?
    /// How often it is played in the time that a weight of 1 is played once; at least 1.
    package var weight = 1
    /// When a replay starts it, from the replay's start.
    package var at: Nanoseconds?
    /// Parameters of the service for this conversation, over those of the run.
    package var with: [String: String] = [:]
    /// What the service is told about its part, where it takes that: the system prompt.
    package var system: String?
    /// Whether a turn that fails ends the conversation, unless the turn itself says otherwise.
    package var stopsOnFailure = false
    /// What is done, in order; never empty. Texts with variables are as written.
    package var turns: [Turn] = []
    /// The line's number in its file, from 1.
    package var line: Int
    /// Whether `id` stands in the line.
    var hasOwnID = false
    /// Whether some text has something to substitute.
    var usesVariables = false

    /// The turns as they are said: variables replaced.
    ///
    /// Without variables these are `turns` themselves, at no cost.
    package func turns(for identity: String, ticket: Int) -> [Turn] {
        guard usesVariables else { return turns }
        var spoken = turns
        for index in spoken.indices {
            guard case .say(let text) = spoken[index].action else { continue }
            let values = VariableValues(identity: identity, ticket: ticket, turn: index + 1)
            spoken[index].action = .say(Variables.replace(in: text, by: values))
        }
        return spoken
    }

    /// Whether the conversation ends when the given turn of it has failed.
    package func stops(afterFailureOf turn: Turn) -> Bool { turn.stopsOnFailure ?? stopsOnFailure }

    /// What a turn may know of the conversation when `identity` plays it under `ticket`.
    package func context(identity: String, ticket: Int) -> ConversationContext {
        ConversationContext(
            identity: identity, isPinned: user != nil, ticket: ticket, with: with)
    }
}
