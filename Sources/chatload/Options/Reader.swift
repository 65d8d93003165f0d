import Base
import ChatloadKit
import Networking
import Sandbox

/// Reader: how a text becomes a value.
struct Reader<Value>: Sendable {
    /// All the texts that are values, where they are few.
    var choices: [String] = []
    let read: @Sendable (String) throws(Fault) -> Value

    /// A value that can tell what is wrong with a text; the text is quoted before it.
    static func parsed(_ parse: @escaping @Sendable (String) throws(Fault) -> Value) -> Reader {
        Reader { (text) throws(Fault) in
            try Fault.changing({ $0.about(Printable.quoted(text)) }) { () throws(Fault) in
                try parse(text)
            }
        }
    }

    /// A value that a text is or is not: `is no rate`, `is neither true nor false`.
    static func parsed(
        or complaint: String, hint: String? = nil, _ parse: @escaping @Sendable (String) -> Value?
    ) -> Reader {
        Reader { (text) throws(Fault) in
            if let value = parse(text) { return value }
            throw Fault("\(Printable.quoted(text)) \(complaint)", hint: hint)
        }
    }

    /// The same, but for values about which `fault` tells one.
    func refusing(_ fault: @escaping @Sendable (_ text: String, Value) -> Fault?) -> Reader {
        Reader(choices: choices) { (text) throws(Fault) in
            let value = try read(text)
            if let fault = fault(text, value) { throw fault }
            return value
        }
    }

    /// Values between commas.
    static func list<Element>(of element: Reader<Element>) -> Reader where Value == [Element] {
        Reader { (text) throws(Fault) in
            try text.split(separator: ",", omittingEmptySubsequences: false)
                .map { (part) throws(Fault) in try element.read(String(part)) }
        }
    }
}

extension Reader where Value == Bool {
    /// On or off in words; on the command line a toggle's presence reads as `true`.
    static var flag: Reader {
        .parsed(or: "is neither true nor false") { text in
            switch text {
            case "true", "1", "yes", "on": true
            case "false", "0", "no", "off": false
            default: nil
            }
        }
    }
}

extension Reader where Value == String {
    /// Any text but an empty one.
    static var text: Reader {
        Reader { $0 }.refusing { $1.isEmpty ? Fault("needs a value") : nil }
    }

    /// The name of a folder to write to; never `-`, which means stdout to whoever types it.
    static var folder: Reader {
        text.refusing { _, text in
            if text != "-" { return nil }
            return Fault(
                "'-' is stdout, and reports are a folder of files",
                hint: "name a folder; --format json prints the figures to stdout")
        }
    }
}

extension Reader where Value == Int {
    /// A whole number within `range`.
    static func count(_ range: ClosedRange<Int>) -> Reader {
        .parsed(or: "is not a whole number") { Int($0) }.refusing { _, value in
            if range.contains(value) { return nil }
            let bounds =
                range.upperBound == .max
                ? "at least \(range.lowerBound)"
                : "between \(range.lowerBound) and \(range.upperBound)"
            return Fault("\(value) is out of range", hint: "it must be \(bounds)")
        }
    }
}

extension Reader where Value == UInt64 {
    static var seed: Reader {
        .parsed(
            or: "is not a seed", hint: "a seed is a whole number from 0 to \(UInt64.max)"
        ) { UInt64($0) }
    }
}

extension Reader where Value == Nanoseconds {
    /// A span of time, above zero unless `canBeZero`.
    static func duration(canBeZero: Bool = false) -> Reader {
        .parsed(
            or: "is not a duration",
            hint: "write 500ms, 30s, 5m or 1h30m; a bare number is seconds",
            Units.parseDuration
        ).refusing { _, span in
            span == .zero && !canBeZero ? Fault("must be longer than nothing") : nil
        }
    }
}

extension Reader where Value == Double {
    /// A share between 0 and 1, also as a percentage.
    static var share: Reader {
        .parsed(
            or: "is not a share", hint: "write a number from 0 to 1, or a percentage such as 5%"
        ) { text in
            let isPercentage = text.last == "%"
            let number = Units.parseNumber(isPercentage ? String(text.dropLast()) : text)
            let share = number.map { isPercentage ? $0 / 100 : $0 }
            return share.flatMap { $0 <= 1 ? $0 : nil }
        }
    }

    /// Events per second: `50`, `50/s`, `300/m`.
    static var rate: Reader {
        .parsed(
            or: "is not a rate",
            hint: "write 50, 50/s, 300/m or 100/10s; a bare number is per second",
            Units.parseRate
        ).refusing { text, rate in
            rate <= 1_000_000
                ? nil
                : Fault("\(Printable.quoted(text)) is out of range", hint: "at most 1000000/s")
        }
    }

    /// How many times as fast: `2x`, `0.5x`, `60`.
    static var speed: Reader {
        .parsed(
            or: "is not a speed",
            hint: "write 1x for as it was, 60x for an hour in a minute, 0.5x for half as fast"
        ) { text in
            let number = text.last == "x" ? text.dropLast() : text[...]
            return Units.parseNumber(String(number)).flatMap {
                (1e-6...1e9).contains($0) ? $0 : nil
            }
        }
    }

    /// The shape of gamma-distributed gaps.
    static var burstiness: Reader {
        .parsed(
            or: "is not a burstiness",
            hint: "a number from 0.01 to 1000: 1 is Poisson, less is burstier"
        ) { text in
            Units.parseNumber(text).flatMap { (0.01...1_000).contains($0) ? $0 : nil }
        }
    }

    /// How sure one wants to be.
    static var confidence: Reader {
        share.refusing { text, share in
            if (0.5...0.9999).contains(share) { return nil }
            return Fault(
                "\(Printable.quoted(text)) is no usable confidence",
                hint: "it must be between 50% and 99.99%; 95% and 99% are usual")
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
            throw Fault.unknown(noun, text, known: known)
        }
    }
}

extension Fault {
    /// That a word is none of those there are.
    fileprivate static func unknown(_ noun: String, _ text: String, known: [String]) -> Fault {
        Fault(
            "unknown \(noun) \(Printable.quoted(text))",
            hint: nearestHint(for: text.lowercased(), among: known)
                ?? "known: " + known.joined(separator: ", "))
    }
}

extension Reader where Value == Keyed<String>.Entry {
    /// `NAME=VALUE`. The value may be a secret that should not be here, so no error shows the text.
    static var setting: Reader {
        Reader { (text) throws(Fault) in try pair(text, "=", example: "NAME=VALUE") }
    }

    /// `NAME: VALUE`, a header line; its name is compared without regard to case.
    static var header: Reader {
        Reader { (text) throws(Fault) in
            var entry = try pair(text, ":", example: "'NAME: VALUE'")
            entry.value = String(entry.value.drop { $0 == " " || $0 == "\t" })
            if HeaderField(entry.key, entry.value).isValid { return entry }
            throw Fault(
                "is not a header line",
                hint: "a name is letters, digits and hyphens; a value has no control characters")
        }
    }

    private static func pair(_ text: String, _ separator: Character, example: String)
        throws(Fault) -> Keyed<String>.Entry
    {
        guard let split = text.firstIndex(of: separator), split > text.startIndex else {
            throw Fault("wants \(example)")
        }
        let value = text[text.index(after: split)...]
        return Keyed.Entry(key: String(text[..<split]), value: String(value))
    }
}

extension Reader where Value == ThinkTime {
    /// A span or a distribution of spans: `0`, `2s`, `uniform:1s,3s`, `lognormal:2s,0.5`,
    /// `exponential:2s`.
    static var spread: Reader {
        .parsed(
            or: "is neither a duration nor a distribution",
            hint: "write 2s, uniform:1s,3s, lognormal:MEDIAN,SIGMA or exponential:MEAN"
        ) { try? ThinkTime(parsing: $0) }
    }
}

extension Reader where Value == LatencyModel {
    /// A latency of the sandbox, written like a think time.
    static var latency: Reader {
        .parsed(
            or: "is neither a duration nor a distribution",
            hint: "write 50ms, uniform:20ms,80ms, lognormal:MEDIAN,SIGMA or exponential:MEAN",
            LatencyModel.init(parsing:))
    }
}

extension Reader where Value == CountModel {
    /// A number, or a distribution of numbers.
    static var counts: Reader {
        .parsed(
            or: "is neither a number nor a distribution of numbers",
            hint: "write 120, uniform:50,200, lognormal:MEDIAN,SIGMA or exponential:MEAN, with"
                + " numbers up to \(Figures.count(Int.largestDraw))",
            CountModel.init(parsing:))
    }

    /// A number of tokens, or a distribution of numbers; there is at least one.
    static var lengths: Reader {
        Reader { (text) throws(Fault) in
            let model = try counts.read(text)
            if model == .fixed(0) { throw Fault("is nothing", hint: "write 1 or more") }
            return model
        }
    }
}

extension Reader where Value == StageSetting {
    /// `T:N`: within this time to this level.
    static var stage: Reader {
        .parsed(
            or: "is not a stage", hint: "write TIME:LEVEL, such as 30s:50; a time of 0 jumps"
        ) { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let length = Units.parseDuration(String(parts[0])),
                let level = Units.parseRate(String(parts[1])), level <= 1_000_000
            else { return nil }
            return StageSetting(
                LoadStage(length: length, level: level), isRate: parts[1].contains("/"))
        }
    }
}

extension Reader where Value == Warmup {
    /// A time with its unit, a number of conversations, or `auto`.
    static var warmup: Reader {
        .parsed(
            or: "is neither a time nor a number of conversations",
            hint: "write 30s for a time, 100 for conversations, or auto"
        ) { text in
            if text == "auto" { return .automatic }
            if let count = Int(text), count > 0 { return .conversations(count) }
            let hasUnit = text.last.map { !$0.isNumber } ?? false
            if hasUnit, let span = Units.parseDuration(text), span > .zero { return .time(span) }
            return nil
        }
    }
}

extension Reader where Value == SocketAddress {
    /// `HOST:PORT`, the host being an address or `localhost`; without one, of this machine only.
    static var listenAddress: Reader {
        .parsed(
            or: "is no address to listen on",
            hint: "write 9464, 127.0.0.1:9464 or [::1]:9464; 0.0.0.0:9464 listens on every"
                + " interface"
        ) { text in
            let colon = text.lastIndex(of: ":")
            var host = colon.map { String(text[..<$0]) } ?? ""
            let port = Int(colon.map { text[text.index(after: $0)...] } ?? text[...])
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
            }
            if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
            return port.flatMap { SocketAddress(ip: host, port: $0) }
        }
    }
}

extension Reader where Value == [SocketAddress] {
    /// Local IP addresses, divided by commas.
    static var sources: Reader {
        .list(
            of: .parsed(
                or: "is not an IP address",
                hint: "write addresses of this machine: 127.0.0.2,127.0.0.3"
            ) { SocketAddress(ip: $0, port: 0) })
    }
}

extension Reader where Value == GoodputLimits {
    /// What a turn must keep to be a good one.
    static var goodput: Reader {
        .parsed { (text) throws(Fault) in try GoodputLimits(parsing: text) }
    }
}

extension Reader where Value == TokenEstimate {
    /// `chars:4`, `bytes:4`, `words` or `reported`. What is none is not shown: it may be a token of
    /// the other kind.
    static var tokens: Reader {
        Reader { (text) throws(Fault) in
            if let estimate = TokenEstimate(parsing: text) { return estimate }
            throw Fault(
                "is no way to count tokens", hint: "write chars:4, bytes:4, words or reported")
        }
    }
}

extension Reader {
    /// `SERVICE=VALUE`, or `VALUE` under the key `*` for all services that have none of their own.
    static func byService<Part>(
        _ value: Reader<Part>, known: [String]
    ) -> Reader where Value == Keyed<Part>.Entry {
        Reader { (text) throws(Fault) in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 1 { return Keyed.Entry(key: "*", value: try value.read(text)) }
            let service = String(parts[0])
            if !known.contains(service) {
                throw Fault.unknown("service", service, known: known)
            }
            return Keyed.Entry(key: service, value: try value.read(String(parts[1])))
        }
    }
}

extension Reader where Value == ServiceLimit {
    /// What the sandbox allows a credential in a period.
    static var limit: Reader {
        .parsed(
            or: "is not a limit",
            hint: "write '60 requests/m' or '10000 tokens/h'; periods are s, m, h, d or 10s",
            ServiceLimit.init(parsing:))
    }
}

extension Reader where Value == Keyed<ServiceLimit>.Entry {
    /// A limit under its unit, so that requests and tokens can both be limited.
    static var limitByUnit: Reader {
        Reader { (text) throws(Fault) in
            let limit = try Reader<ServiceLimit>.limit.read(text)
            return Keyed.Entry(key: limit.unit.rawValue, value: limit)
        }
    }

    /// `SERVICE=LIMIT` or `LIMIT`, under service and unit.
    static func limitByServiceAndUnit(known: [String]) -> Reader {
        let reader = Reader.byService(.limit, known: known)
        return Reader { (text) throws(Fault) in
            var entry = try reader.read(text)
            entry.key += " " + entry.value.unit.rawValue
            return entry
        }
    }
}

extension Reader where Value == [Stall] {
    /// One stall, or several between commas.
    static var stalls: Reader {
        .list(
            of: .parsed(
                or: "is not a stall",
                hint: "write AT:FOR, such as 30s:5s for five seconds from second 30 on",
                Stall.init(parsing:)))
    }
}
