import ChatloadKit
import Networking
import Sandbox

extension Reader where Value == Keyed<String>.Entry {
    /// `NAME=VALUE`. The value may be a secret that should not be here, so no error shows the text.
    static var setting: Reader {
        Reader { (text) throws(Refusal) in
            try pair(text, separator: "=", example: "NAME=VALUE")
        }
    }

    /// `NAME: VALUE`, a header line; its name is compared without regard to case.
    static var header: Reader {
        Reader { (text) throws(Refusal) in
            var entry = try pair(text, separator: ":", example: "'NAME: VALUE'")
            let value = entry.value.drop { $0 == " " || $0 == "\t" }
            entry.value = String(value)
            let isName = entry.key.utf8.allSatisfy(HeaderSyntax.isNameByte)
            let isValue = entry.value.utf8.allSatisfy(HeaderSyntax.isValueByte)
            if isName, isValue { return entry }
            throw Refusal(
                "is not a header line",
                hint: "a name is letters, digits and hyphens; a value has no control characters")
        }
    }

    private static func pair(_ text: String, separator: Character, example: String)
        throws(Refusal) -> Keyed<String>.Entry
    {
        guard let split = text.firstIndex(of: separator), split > text.startIndex else {
            throw Refusal("wants \(example)")
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
        Reader { (text) throws(Refusal) in
            do {
                return try ThinkTime(parsing: text)
            } catch {
                throw Refusal(
                    "\(Printable.quoted(text)) is neither a duration nor a distribution",
                    hint: "write 2s, uniform:1s,3s, lognormal:MEDIAN,SIGMA or exponential:MEAN")
            }
        }
    }
}

extension Reader where Value == LatencyModel {
    /// A latency of the sandbox, written like a think time.
    static var latency: Reader {
        Reader { (text) throws(Refusal) in
            if let model = LatencyModel(parsing: text) { return model }
            throw Refusal(
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
        Reader { (text) throws(Refusal) in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 1 { return Keyed.Entry(key: "*", value: try value.read(text)) }
            let service = String(parts[0])
            if !known.contains(service) {
                throw Refusal(
                    "unknown service \(Printable.quoted(service))",
                    hint: Nearest.hint(for: service, among: known)
                        ?? "known: " + known.joined(separator: ", "))
            }
            return Keyed.Entry(key: service, value: try value.read(String(parts[1])))
        }
    }
}
