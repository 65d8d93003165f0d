import Networking

/// The keys of one kind of object in a script.
struct ScriptKeys {
    /// The object, with its article.
    let object: String
    /// The keys that are understood; at most 32.
    let known: [StaticString]
    /// The keys that belong to scripts and are refused for now, so that nobody believes in a check
    /// that never happens.
    let unsupported: [String]

    static let conversation = ScriptKeys(
        object: "a conversation", known: ["id", "user", "weight", "at", "with", "turns"],
        unsupported: ["messages", "conversations"])
    static let turn = ScriptKeys(
        object: "a turn", known: ["say", "call", "attach", "name", "think", "with"],
        unsupported: ["capture", "expect", "reply", "on_fail"])

    /// The place of a key among the known ones.
    func index(of key: JSONText, in bytes: Span<UInt8>) -> Int? {
        var index = 0
        while index < known.count {
            if key.equals(known[index], in: bytes) { return index }
            index += 1
        }
        return nil
    }

    /// What to say about a key that is not known.
    func fault(for key: JSONText, in bytes: Span<UInt8>) -> ScriptFault {
        let word = key.string(in: bytes)
        let offset = key.range.lowerBound - 1
        if unsupported.contains(word) {
            return ScriptFault(
                "\"\(word)\" is not supported yet", at: offset, suggestion: "take it out")
        }
        let words = known.map { "\($0)" }
        let nearest = NearestWord.to(word, among: words).map { "did you mean \"\($0)\"?" }
        return ScriptFault(
            "unknown key \"\(word.shortened)\" in \(object)", at: offset,
            suggestion: nearest ?? "known keys: \(words.joined(separator: ", "))")
    }
}

/// The keys of a conversation, in the order of `ScriptKeys.conversation.known`.
enum ConversationKey: Int { case id, user, weight, at, with, turns }

/// The keys of a turn, in the order of `ScriptKeys.turn.known`.
enum TurnKey: Int { case say, call, attach, name, think, with }

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
