package import Base

/// How long a service asks to be left alone, as far as its response head says so.
package enum RetryAfter: Sendable, Equatable {
    case absent
    case delay(Nanoseconds)
    /// There is a value, and it is none that anybody writes.
    case unreadable(String)

    /// What a raw head says: `retry-after-ms` before `Retry-After`, and where there is neither, when
    /// those of the service's limits that are used up begin anew.
    ///
    /// - Parameter now: seconds since 1970, for values that are dates where the head has no `Date`
    ///   of its own; nil when unknown.
    package init(inHead head: Span<UInt8>, now: Int64?) {
        if let text = HeadSyntax.value(of: "retry-after-ms:", in: head),
            let milliseconds = Units.parseNumber(text)
        {
            self = .delay(Nanoseconds(seconds: milliseconds / 1_000))
            return
        }
        let date = HeadSyntax.value(of: "date:", in: head).flatMap(HTTPDate.seconds)
        guard let text = HeadSyntax.value(of: "retry-after:", in: head) else {
            let resets = RateLimit.all(inHead: head, now: date ?? now)
                .filter { $0.remaining.map { $0 <= 0 } ?? false }.compactMap(\.reset)
            self = resets.max().map { .delay($0) } ?? .absent
            return
        }
        self = Self.delay(text, now: date ?? now).map { .delay($0) } ?? .unreadable(text)
    }

    /// Whether a head says that trying again is of use (`x-should-retry`, which the clients of OpenAI
    /// and Anthropic obey); nil where it does not.
    package static func isWorthTrying(inHead head: Span<UInt8>) -> Bool? {
        switch HeadSyntax.value(of: "x-should-retry:", in: head)?.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// The time that a value of `Retry-After` asks for: seconds, whole (RFC 9110 §10.2.3) or not, a
    /// date from `now` on, or `mm:ss` and `hh:mm:ss` as some services write. Nil for anything else;
    /// zero for a date that is past.
    package static func delay(_ text: String, now: Int64?) -> Nanoseconds? {
        if let seconds = Units.parseNumber(text) { return Nanoseconds(seconds: seconds) }
        if let date = HTTPDate.seconds(text) {
            guard let now else { return nil }
            return max(.zero, .seconds(date) - .seconds(now))
        }
        return clock(text)
    }

    private static func clock(_ text: String) -> Nanoseconds? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard 2...3 ~= parts.count else { return nil }
        var seconds: Int64 = 0
        for (place, part) in parts.enumerated() {
            guard let number = HTTPDate.digits(part[...], 1...(place == 0 ? 4 : 2)) else {
                return nil
            }
            if place > 0, number > 59 { return nil }
            seconds = seconds * 60 + Int64(number)
        }
        return .seconds(seconds)
    }
}

/// Limit of a service's own, as the head of a response tells it.
package struct RateLimit: Sendable, Equatable {
    /// What is limited: `requests`, `tokens`, `input-tokens`; empty where it is not said.
    package var unit: String
    /// How much there is in all.
    package var limit: Int?
    /// How much of it is left; proxies that count afterwards tell less than nothing.
    package var remaining: Int?
    /// How much later it begins anew.
    package var reset: Nanoseconds?

    /// What a field may tell of a limit, as its name has it.
    private enum Part: Substring, CaseIterable {
        case limit, remaining, reset
    }

    /// The limits that a raw head tells: `x-ratelimit-PART` and `x-ratelimit-PART-UNIT` (OpenAI, Azure,
    /// LiteLLM, Groq), `anthropic-ratelimit-UNIT-PART`; in the order in which they come.
    ///
    /// - Parameter now: seconds since 1970, for resets that are points of time; nil when unknown.
    package static func all(inHead head: Span<UInt8>, now: Int64?) -> [RateLimit] {
        var found: [(unit: String, parts: [Part: String])] = []
        HeadSyntax.forEachRateLimit(in: head) { line in
            guard let (unit, part, value) = Self.field(line) else { return }
            let place = found.firstIndex { $0.unit == unit } ?? found.count
            if place == found.count { found.append((unit, [:])) }
            found[place].parts[part] = value
        }
        return found.map { unit, parts in
            RateLimit(
                unit: unit, limit: parts[.limit].flatMap(number),
                remaining: parts[.remaining].flatMap(number),
                reset: parts[.reset].flatMap { reset($0, now: now) })
        }
    }

    private static func field(
        _ line: Span<UInt8>
    ) -> (unit: String, part: Part, value: String)? {
        guard let length = HeadSyntax.nameLength(line, 0..<line.count) else { return nil }
        let name = line.extracting(0..<length).text.lowercased()
        let value = line.extracting(HeadSyntax.value(line, 0..<line.count, length)).text
        let words = name.split(separator: "-").drop { $0 != "ratelimit" }.dropFirst()
        for part in Part.allCases {
            guard let place = words.firstIndex(of: part.rawValue) else { continue }
            let unit = words[..<place] + words[(place + 1)...]
            return (unit.joined(separator: "-"), part, value)
        }
        return nil
    }

    private static func number(_ text: String) -> Int? {
        guard let number = Double(text), number.magnitude < 1e15 else { return nil }
        return Int(number)
    }

    /// The time until a reset: a span (`1s`, `6m0s`, `20ms`), seconds, or a point of time, as RFC 3339 has
    /// it, as a date of HTTP, or in seconds or milliseconds since 1970. Zero where it is past.
    package static func reset(_ text: String, now: Int64?) -> Nanoseconds? {
        let at: Nanoseconds?
        if let number = Double(text), number.isFinite {
            // No service lets one wait for three years.
            if number < 1e8 { return Nanoseconds(seconds: max(number, 0)) }
            at = Nanoseconds(seconds: number < 1e11 ? number : number / 1_000)
        } else if let span = Units.parseDuration(text) {
            return span
        } else {
            at = UTCTime.parse(text) ?? HTTPDate.seconds(text).map { .seconds($0) }
        }
        guard let at, let now else { return nil }
        return max(at - .seconds(now), .zero)
    }
}
