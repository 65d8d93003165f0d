import Base

/// Keys of one kind of object in a script.
protocol ScriptKey: RawRepresentable<String>, CaseIterable, Sendable {
    /// What has such keys, with its article.
    static var object: String { get }
    /// The keys with their spelling.
    static var spellings: [(key: Self, name: [UInt8])] { get }
    /// What to write instead of a key that other tools and datasets have.
    static func usual(for word: String) -> String?
}

/// The keys of a conversation.
enum ConversationKey: String, ScriptKey {
    case id, user, weight, at, with, system
    case onFail = "on_fail"
    case turns, result

    static let object = "a conversation"
    static let spellings = spelled

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
    static let spellings = spelled

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
    static let spellings = spelled

    static func usual(for word: String) -> String? { nil }
}

extension ScriptKey {
    fileprivate static var spelled: [(key: Self, name: [UInt8])] {
        allCases.map { ($0, Array($0.rawValue.utf8)) }
    }

    /// Names that others give to a text to say.
    fileprivate static var textNames: Set<String> {
        ["prompt", "text", "content", "message", "question", "query", "input", "instruction"]
    }

    /// What to say about a key that is not known.
    static func fault(for key: JSONText, in bytes: Span<UInt8>) -> Fault {
        let word = key.string(in: bytes)
        let names = allCases.map(\.rawValue)
        let nearest =
            usual(for: word)
            ?? nearestName(to: word.shortened, among: names).map { "did you mean \"\($0)\"?" }
        return Fault(
            "unknown key \"\(word.shortened)\" in \(object)", offset: key.range.lowerBound - 1,
            hint: nearest ?? "known keys: \(names.joined(separator: ", "))")
    }
}

/// The keys of one object that have been read, by their place among the known ones.
struct SeenKeys<Key: ScriptKey> {
    private var bits: UInt32 = 0

    /// Remembers the key at a place; false when it was there before.
    mutating func insert(_ place: Int) -> Bool {
        defer { bits |= 1 << UInt32(place) }
        return bits & (1 << UInt32(place)) == 0
    }
}
