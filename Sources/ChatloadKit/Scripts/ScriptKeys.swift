import Base
import Networking

/// The keys of one kind of object in a script.
enum ScriptKeys {
    case conversation
    case turn
    case expectation

    private static let ofConversations: [StaticString] = [
        "id", "user", "weight", "at", "with", "system", "on_fail", "turns", "result",
    ]
    private static let ofTurns: [StaticString] = [
        "say", "call", "attach", "name", "think", "with", "expect", "capture", "on_fail", "reply",
        "at", "result",
    ]
    private static let ofExpectations: [StaticString] = [
        "contains", "not_contains", "equals", "matches", "within", "status", "json",
    ]

    /// The place of a key among the known ones.
    func index(of key: JSONText, in bytes: Span<UInt8>) -> Int? {
        let known = all
        return known.indices.first { key.equals(known[$0], in: bytes) }
    }

    /// The keys as texts.
    var names: [String] { all.map { "\($0)" } }

    private var all: [StaticString] {
        switch self {
        case .conversation: Self.ofConversations
        case .turn: Self.ofTurns
        case .expectation: Self.ofExpectations
        }
    }

    /// What to say about a key that is not known.
    func fault(for key: JSONText, in bytes: Span<UInt8>) -> Fault {
        let word = key.string(in: bytes)
        let offset = key.range.lowerBound - 1
        let words = names
        let nearest =
            usual(for: word)
            ?? nearestName(to: word.shortened, among: words).map { "did you mean \"\($0)\"?" }
        return Fault(
            "unknown key \"\(word.shortened)\" in \(self == .expectation ? "an" : "a") \(self)",
            offset: offset, hint: nearest ?? "known keys: \(words.joined(separator: ", "))")
    }
}

/// The keys of a conversation, in the order of the list above.
enum ConversationKey: Int { case id, user, weight, at, with, system, onFail, turns, result }

/// The keys of a turn, in the order of the list above.
enum TurnKey: Int {
    case say, call, attach, name, think, with, expect, capture, onFail, reply, at, result
}

/// The demands of an expectation, in the order of the list above.
enum ExpectationKey: Int {
    case contains, notContains, equals, matches, within, status, json
}

extension ScriptKeys {
    /// What to write instead of a key that other tools and datasets have.
    private func usual(for word: String) -> String? {
        switch self {
        case .conversation:
            Self.texts.contains(word) || word == "say"
                ? #"a conversation has turns: {"turns":[{"say":"Hello"}]}"# : nil
        case .turn:
            if Self.texts.contains(word) {
                #"what the user says is "say""#
            } else if ["wait", "sleep", "pause", "delay"].contains(word) {
                #"the time before a turn is "think""#
            } else if ["assert", "check", "checks", "expected", "verify"].contains(word) {
                #"what a reply must be is "expect""#
            } else if ["extract", "save", "store"].contains(word) {
                #"what is kept of a reply is "capture""#
            } else {
                nil
            }
        case .expectation: nil
        }
    }

    /// Names of a text to say.
    private static let texts: Set = [
        "prompt", "text", "content", "message", "question", "query", "input", "instruction",
    ]
}

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

extension Fault {
    /// What the scanner found in a line or an element, and what is usually behind it.
    init(_ error: JSONError, in bytes: Span<UInt8>) {
        self.init(
            "this is not valid JSON: \(error.reason)", offset: error.offset,
            hint: Self.usualMistake(behind: error.offset, in: bytes))
    }

    private static func usualMistake(
        behind offset: Int, in bytes: Span<UInt8>
    ) -> String? {
        let first = JSONExtent.skipSpace(from: 0, in: bytes)
        guard offset < bytes.count else {
            // As the first line of JSON ends that somebody has laid out.
            let last = (0..<bytes.count).last { !bytes[$0].isJSONSpace }
            return last.map { [0x7B, 0x5B, 0x2C].contains(bytes[$0]) } == true
                ? "one conversation stands on one line; put those of several lines into an array:"
                    + " [ {…}, {…} ]" : nil
        }
        switch bytes[offset] {
        case UInt8(ascii: "#") where offset == first: return "comments begin with //"
        case UInt8(ascii: ",")
        where JSONExtent.skipSpace(from: offset + 1, in: bytes) == bytes.count:
            return "take the comma off the end of each line, or put all of it into an array: [ … ]"
        case UInt8(ascii: "\\"):
            return #"write two backslashes for one, as in "(\\d+)""#
        case UInt8(ascii: "]") where offset == first:
            return "take the comma off that stands before the closing bracket"
        case let byte where offset == first && byte != UInt8(ascii: "{") && byte < 0x80:
            return #"write each prompt as a script: {"turns":[{"say":"Hello"}]}"#
        default: return nil
        }
    }
}
