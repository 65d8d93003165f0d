package import Base

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
            // No service lets one wait for thirty years.
            if number < 1e9 { return Nanoseconds(seconds: max(number, 0)) }
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
