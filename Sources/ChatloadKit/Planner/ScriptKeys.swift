import Networking

/// The keys of one kind of object in a script.
enum ScriptKeys {
    case conversation
    case turn

    private static let ofConversations: [StaticString] = [
        "id", "user", "weight", "at", "with", "system", "on_fail", "turns", "result",
    ]
    private static let ofTurns: [StaticString] = [
        "say", "call", "attach", "name", "think", "with", "reply", "at", "on_fail", "result",
    ]
    /// Keys that belong to scripts and are refused for now, so that nobody believes in a check that
    /// never happens.
    private static let unsupported = [
        "messages", "conversations", "capture", "expect",
    ]

    /// The place of a key among the known ones.
    func index(of key: JSONText, in bytes: Span<UInt8>) -> Int? {
        switch self {
        case .conversation: Self.index(of: key, among: Self.ofConversations, in: bytes)
        case .turn: Self.index(of: key, among: Self.ofTurns, in: bytes)
        }
    }

    /// What to say about a key that is not known.
    func fault(for key: JSONText, in bytes: Span<UInt8>) -> ScriptFault {
        let word = key.string(in: bytes)
        let offset = key.range.lowerBound - 1
        if Self.unsupported.contains(word) {
            return ScriptFault(
                "\"\(word)\" is not supported yet", at: offset, suggestion: "take it out")
        }
        let words = (self == .turn ? Self.ofTurns : Self.ofConversations).map { "\($0)" }
        let nearest = nearestName(to: word.shortened, among: words).map {
            "did you mean \"\($0)\"?"
        }
        return ScriptFault(
            "unknown key \"\(word.shortened)\" in a \(self)", at: offset,
            suggestion: nearest ?? "known keys: \(words.joined(separator: ", "))")
    }

    private static func index(
        of key: JSONText, among known: [StaticString], in bytes: Span<UInt8>
    ) -> Int? {
        var index = 0
        while index < known.count {
            if key.equals(known[index], in: bytes) { return index }
            index += 1
        }
        return nil
    }
}

/// The keys of a conversation, in the order of the list above.
enum ConversationKey: Int { case id, user, weight, at, with, system, onFail, turns, result }

/// The keys of a turn, in the order of the list above.
enum TurnKey: Int { case say, call, attach, name, think, with, reply, at, onFail, result }

extension String {
    /// The text for use in a complaint: one line, not endless.
    var shortened: String {
        let flat = String(
            String.UnicodeScalarView(
                unicodeScalars.prefix(60).map {
                    $0.properties.isWhitespace || $0.value < 32 ? " " : $0
                }
            ))
        return unicodeScalars.count > 60 ? flat + "…" : flat
    }
}
