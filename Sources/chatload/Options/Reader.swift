import ChatloadKit
import Networking

/// Why a text is not a value of its option; the place is added by whoever knows it.
struct Refusal: Error, Equatable {
    var message: String
    var hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

/// How a text becomes a value.
struct Reader<Value>: Sendable {
    /// All the texts that are values, where they are few.
    var choices: [String] = []
    let read: @Sendable (String) throws(Refusal) -> Value
}

extension Reader where Value == Bool {
    /// On or off in words; on the command line a toggle's presence reads as `true`.
    static var flag: Reader {
        Reader { (text) throws(Refusal) in
            switch text {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off": return false
            default: throw Refusal("\(Printable.quoted(text)) is neither true nor false")
            }
        }
    }
}

extension Reader where Value == String {
    /// Any text but an empty one.
    static var text: Reader {
        Reader { (text) throws(Refusal) in
            if text.isEmpty { throw Refusal("needs a value") }
            return text
        }
    }

    /// The name of a folder to write to; never `-`, which means stdout to whoever types it.
    static var folder: Reader {
        Reader { (text) throws(Refusal) in
            if text == "-" {
                throw Refusal(
                    "'-' is stdout, and reports are a folder of files",
                    hint: "name a folder; --format json prints the figures to stdout")
            }
            return try Reader.text.read(text)
        }
    }
}

extension Reader where Value == Int {
    /// A whole number within `range`.
    static func count(_ range: ClosedRange<Int>) -> Reader {
        Reader { (text) throws(Refusal) in
            guard let value = Int(text) else {
                throw Refusal("\(Printable.quoted(text)) is not a whole number")
            }
            if range.contains(value) { return value }
            let bounds =
                range.upperBound == .max
                ? "at least \(range.lowerBound)"
                : "between \(range.lowerBound) and \(range.upperBound)"
            throw Refusal("\(value) is out of range", hint: "it must be \(bounds)")
        }
    }
}

extension Reader where Value == UInt64 {
    /// A seed.
    static var seed: Reader {
        Reader { (text) throws(Refusal) in
            guard let value = UInt64(text) else {
                throw Refusal(
                    "\(Printable.quoted(text)) is not a seed",
                    hint: "a seed is a whole number from 0 to \(UInt64.max)")
            }
            return value
        }
    }
}

extension Reader where Value == Nanoseconds {
    /// A span of time, above zero unless `canBeZero`.
    static func duration(canBeZero: Bool = false) -> Reader {
        Reader { (text) throws(Refusal) in
            guard let span = Units.parseDuration(text) else {
                throw Refusal(
                    "\(Printable.quoted(text)) is not a duration",
                    hint: "write 500ms, 30s, 5m or 1h30m; a bare number is seconds")
            }
            if span == .zero, !canBeZero { throw Refusal("must be longer than nothing") }
            return span
        }
    }
}

extension Reader where Value == Double {
    /// A share between 0 and 1, also as a percentage.
    static var share: Reader {
        Reader { (text) throws(Refusal) in
            let isPercentage = text.last == "%"
            let number = Units.parseNumber(isPercentage ? String(text.dropLast()) : text)
            let share = number.map { isPercentage ? $0 / 100 : $0 }
            guard let share, share <= 1 else {
                throw Refusal(
                    "\(Printable.quoted(text)) is not a share",
                    hint: "write a number from 0 to 1, or a percentage such as 5%")
            }
            return share
        }
    }
}

extension Reader
where
    Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String
{
    /// One of a closed set of words; `noun` says what they are.
    static func choice(_ noun: String) -> Reader {
        let known = Value.allCases.map(\.rawValue)
        return Reader(choices: known) { (text) throws(Refusal) in
            if let value = Value(rawValue: text) { return value }
            throw Refusal(
                "unknown \(noun) \(Printable.quoted(text))",
                hint: Nearest.hint(for: text.lowercased(), among: known)
                    ?? "known: " + known.joined(separator: ", "))
        }
    }
}
