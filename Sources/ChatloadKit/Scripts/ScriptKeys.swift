import Base

/// Keys of one kind of object in a script.
protocol ScriptKey: RawRepresentable<String>, CaseIterable, Sendable
where AllCases == [Self] {
    /// What has such keys, with its article.
    static var object: String { get }
    /// What to write instead of a key that other tools and datasets have.
    static func usual(for word: String) -> String?
}

/// The keys of a conversation.
enum ConversationKey: String, ScriptKey {
    case id, user, weight, at, with, system
    case onFail = "on_fail"
    case turns, result

    static let object = "a conversation"

    static func usual(for word: String) -> String? {
        textNames.contains(word) || word == "say"
            ? #"a conversation has turns: {"turns":[{"say":"Hello"}]}"# : nil
    }
}

/// The keys of a turn.
enum TurnKey: String, ScriptKey {
    case say, call, attach, name, think, with, expect, capture
    case onFail = "on_fail"
    case reply, at, result

    static let object = "a turn"

    static func usual(for word: String) -> String? {
        if textNames.contains(word) { return #"what the user says is "say""# }
        switch word {
        case "wait", "sleep", "pause", "delay": return #"the time before a turn is "think""#
        case "assert", "check", "checks", "expected", "verify":
            return #"what a reply must be is "expect""#
        case "extract", "save", "store": return #"what is kept of a reply is "capture""#
        default: return nil
        }
    }
}

/// The demands of an expectation.
enum ExpectationKey: String, ScriptKey {
    case contains
    case notContains = "not_contains"
    case equals, matches, within, status, json

    static let object = "an expectation"

    static func usual(for word: String) -> String? { nil }
}

extension ScriptKey {
    /// Names that others give to a text to say.
    fileprivate static var textNames: Set<String> {
        ["prompt", "text", "content", "message", "question", "query", "input", "instruction"]
    }

    /// What to say about a key that is not known.
    static func fault(for word: String, at offset: Int) -> Fault {
        let names = allCases.map(\.rawValue)
        let nearest =
            usual(for: word)
            ?? nearestName(to: word.shortened, among: names).map { "did you mean \"\($0)\"?" }
        return Fault(
            "unknown key \"\(word.shortened)\" in \(object)", offset: offset,
            hint: nearest ?? "known keys: \(names.joined(separator: ", "))")
    }
}
