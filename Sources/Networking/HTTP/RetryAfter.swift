package import Base

/// How long a service asks to be left alone, as far as its response head says so.
package enum RetryAfter: Sendable, Equatable {
    case absent
    case delay(Nanoseconds)
    /// There is a value, and it is none that anybody writes.
    case unreadable(String)

    /// What a raw head says: `retry-after-ms` before `Retry-After`.
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
        guard let text = HeadSyntax.value(of: "retry-after:", in: head) else {
            self = .absent
            return
        }
        let date = HeadSyntax.value(of: "date:", in: head).flatMap(HTTPDate.seconds)
        self = Self.delay(text, now: date ?? now).map { .delay($0) } ?? .unreadable(text)
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
