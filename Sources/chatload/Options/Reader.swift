import Base
import ChatloadKit
import Networking
import Sandbox

/// How a text becomes a value.
struct Reader<Value>: Sendable {
    /// All the texts that are values, where they are few.
    var choices: [String] = []
    let read: @Sendable (String) throws(Fault) -> Value
}

extension Reader where Value == Bool {
    /// On or off in words; on the command line a toggle's presence reads as `true`.
    static var flag: Reader {
        Reader { (text) throws(Fault) in
            switch text {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off": return false
            default: throw Fault("\(Printable.quoted(text)) is neither true nor false")
            }
        }
    }
}

extension Reader where Value == String {
    /// Any text but an empty one.
    static var text: Reader {
        Reader { (text) throws(Fault) in
            if text.isEmpty { throw Fault("needs a value") }
            return text
        }
    }

    /// The name of a folder to write to; never `-`, which means stdout to whoever types it.
    static var folder: Reader {
        Reader { (text) throws(Fault) in
            if text == "-" {
                throw Fault(
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
        Reader { (text) throws(Fault) in
            guard let value = Int(text) else {
                throw Fault("\(Printable.quoted(text)) is not a whole number")
            }
            if range.contains(value) { return value }
            let bounds =
                range.upperBound == .max
                ? "at least \(range.lowerBound)"
                : "between \(range.lowerBound) and \(range.upperBound)"
            throw Fault("\(value) is out of range", hint: "it must be \(bounds)")
        }
    }
}

extension Reader where Value == UInt64 {
    /// A seed.
    static var seed: Reader {
        Reader { (text) throws(Fault) in
            guard let value = UInt64(text) else {
                throw Fault(
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
        Reader { (text) throws(Fault) in
            guard let span = Units.parseDuration(text) else {
                throw Fault(
                    "\(Printable.quoted(text)) is not a duration",
                    hint: "write 500ms, 30s, 5m or 1h30m; a bare number is seconds")
            }
            if span == .zero, !canBeZero { throw Fault("must be longer than nothing") }
            return span
        }
    }
}

extension Reader where Value == Double {
    /// A share between 0 and 1, also as a percentage.
    static var share: Reader {
        Reader { (text) throws(Fault) in
            let isPercentage = text.last == "%"
            let number = Units.parseNumber(isPercentage ? String(text.dropLast()) : text)
            let share = number.map { isPercentage ? $0 / 100 : $0 }
            guard let share, share <= 1 else {
                throw Fault(
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
        choice(noun, of: Value.allCases.map { ($0.rawValue, $0) })
    }
}

extension Reader where Value: Sendable {
    /// One of a set of words with their values; `noun` says what they are.
    static func choice(_ noun: String, of values: [(word: String, value: Value)]) -> Reader {
        let known = values.map(\.word)
        return Reader(choices: known) { (text) throws(Fault) in
            if let found = values.first(where: { $0.word == text }) { return found.value }
            throw Fault(
                "unknown \(noun) \(Printable.quoted(text))",
                hint: Nearest.hint(for: text.lowercased(), among: known)
                    ?? "known: " + known.joined(separator: ", "))
        }
    }
}

extension Reader where Value == ServiceDescription {
    /// A service by its name.
    static var service: Reader { choice("service", of: Services.all.map { ($0.name, $0) }) }
}

extension Reader where Value == Keyed<String>.Entry {
    /// `NAME=VALUE`. The value may be a secret that should not be here, so no error shows the text.
    static var setting: Reader {
        Reader { (text) throws(Fault) in
            try pair(text, separator: "=", example: "NAME=VALUE")
        }
    }

    /// `NAME: VALUE`, a header line; its name is compared without regard to case.
    static var header: Reader {
        Reader { (text) throws(Fault) in
            var entry = try pair(text, separator: ":", example: "'NAME: VALUE'")
            let value = entry.value.drop { $0 == " " || $0 == "\t" }
            entry.value = String(value)
            let isName = entry.key.utf8.allSatisfy(HeaderSyntax.isNameByte)
            let isValue = entry.value.utf8.allSatisfy(HeaderSyntax.isValueByte)
            if isName, isValue { return entry }
            throw Fault(
                "is not a header line",
                hint: "a name is letters, digits and hyphens; a value has no control characters")
        }
    }

    private static func pair(_ text: String, separator: Character, example: String)
        throws(Fault) -> Keyed<String>.Entry
    {
        guard let split = text.firstIndex(of: separator), split > text.startIndex else {
            throw Fault("wants \(example)")
        }
        let value = text[text.index(after: split)...]
        return Keyed.Entry(key: String(text[..<split]), value: String(value))
    }
}

/// RFC 9110 §5.1 and §5.5: which bytes a header's name and value are made of.
enum HeaderSyntax {
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    static func isValueByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\t") || byte >= 0x20 && byte != 0x7F
    }
}

extension Reader where Value == ThinkTime {
    /// A span or a distribution of spans: `0`, `2s`, `uniform:1s,3s`, `lognormal:2s,0.5`,
    /// `exponential:2s`.
    static var spread: Reader {
        Reader { (text) throws(Fault) in
            do {
                return try ThinkTime(parsing: text)
            } catch {
                throw Fault(
                    "\(Printable.quoted(text)) is neither a duration nor a distribution",
                    hint: "write 2s, uniform:1s,3s, lognormal:MEDIAN,SIGMA or exponential:MEAN")
            }
        }
    }
}

extension Reader where Value == LatencyModel {
    /// A latency of the sandbox, written like a think time.
    static var latency: Reader {
        Reader { (text) throws(Fault) in
            if let model = LatencyModel(parsing: text) { return model }
            throw Fault(
                "\(Printable.quoted(text)) is neither a duration nor a distribution",
                hint: "write 50ms, uniform:20ms,80ms, lognormal:MEDIAN,SIGMA or exponential:MEAN")
        }
    }
}

/// A value for one service, or under the key `*` for all that have none of their own.
struct ForService {
    /// `SERVICE=VALUE` or `VALUE`, the services being `known`.
    static func reader<Value>(of value: Reader<Value>, known: [String]) -> Reader<
        Keyed<Value>.Entry
    > {
        Reader { (text) throws(Fault) in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 1 { return Keyed.Entry(key: "*", value: try value.read(text)) }
            let service = String(parts[0])
            if !known.contains(service) {
                throw Fault(
                    "unknown service \(Printable.quoted(service))",
                    hint: Nearest.hint(for: service, among: known)
                        ?? "known: " + known.joined(separator: ", "))
            }
            return Keyed.Entry(key: service, value: try value.read(String(parts[1])))
        }
    }
}

extension Reader where Value == Threshold {
    /// A limit on one figure of a summary.
    static var threshold: Reader {
        Reader { (text) throws(Fault) in
            do throws(Fault) {
                return try Threshold(parsing: text)
            } catch {
                throw error.about(Printable.quoted(text))
            }
        }
    }
}

extension Reader where Value == GoodputLimits {
    /// What a turn must keep to be a good one.
    static var goodput: Reader {
        Reader { (text) throws(Fault) in
            do throws(Fault) {
                let limits = try GoodputLimits(parsing: text)
                try limits.requireMeasured()
                return limits
            } catch {
                throw error.about(Printable.quoted(text))
            }
        }
    }
}

extension Reader where Value == Quota {
    /// `SCOPE:AMOUNT UNIT[/PERIOD][ burst N]`.
    static var quota: Reader {
        Reader { (text) throws(Fault) in
            do throws(Fault) {
                return try Quota(parsing: text)
            } catch {
                throw error.about(Printable.quoted(text))
            }
        }
    }
}

extension Reader where Value == TokenEstimate {
    /// `chars:4`, `bytes:4`, `words` or `reported`. What is none is not shown: it may be a token of
    /// the other kind.
    static var tokens: Reader {
        Reader { (text) throws(Fault) in
            if let estimate = TokenEstimate(parsing: text) { return estimate }
            throw Fault(
                "is no way to count tokens",
                hint: "write chars:4, bytes:4, words or reported")
        }
    }
}
