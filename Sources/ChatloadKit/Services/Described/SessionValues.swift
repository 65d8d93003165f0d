import Base

/// Values of a session that only the exchange at hand knows: what is filled into requests, and what
/// replies have given to remember. Confined to its user's loop.
final class SessionValues {
    /// The user's identity, and what the service knows it by.
    var user = ""
    var userID = ""
    /// The conversation's number in the run, and the turn's in the conversation, from 1.
    var conversation = 0
    var turn = 0
    /// What is said.
    var text = ""
    /// A fresh one for each exchange.
    var uuid = ""
    /// What replies have given, by the places of the captures' names; nil before there was anything.
    var captures: [[UInt8]?]
    /// The messages of the conversation, where the client keeps them.
    var history = MessageHistory()

    init(captures count: Int) { captures = Array(repeating: nil, count: count) }
}
