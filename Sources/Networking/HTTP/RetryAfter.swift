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
        if let text = HeaderFields.value(of: "retry-after-ms:", in: head),
            let milliseconds = Units.parseNumber(text)
        {
            self = .delay(Nanoseconds(seconds: milliseconds / 1_000))
            return
        }
        guard let text = HeaderFields.value(of: "retry-after:", in: head) else {
            self = .absent
            return
        }
        let date = HeaderFields.value(of: "date:", in: head).flatMap(HTTPDate.seconds)
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
            guard let number = Digits.value(part[...], 1...(place == 0 ? 4 : 2)) else { return nil }
            if place > 0, number > 59 { return nil }
            seconds = seconds * 60 + Int64(number)
        }
        return .seconds(seconds)
    }
}

/// Dates as HTTP writes them (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else. Which weekday it
    /// was is not checked.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
            let day = Digits.value(words[1], 2...2), 1...31 ~= day,
            let month = months.firstIndex(of: words[2]),
            let year = Digits.value(words[3], 4...4), year >= 1_970
        else { return nil }
        let time = words[4].split(separator: ":").map { Digits.value($0, 2...2) ?? 99 }
        guard time.count == 3, time[0] < 24, time[1] < 60, time[2] <= 60 else { return nil }
        let days = days(year: year, month: month + 1, day: day)
        return Int64(((days * 24 + time[0]) * 60 + time[1]) * 60 + time[2])
    }

    /// Days since 1970-01-01 in the Gregorian calendar: years are counted from March on, so that the
    /// leap day is the last of its year.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}

/// Numbers of a given length.
private enum Digits {
    static func value(_ text: Substring, _ lengths: ClosedRange<Int>) -> Int? {
        guard lengths ~= text.utf8.count,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }
}
