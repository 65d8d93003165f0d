import Base

/// A `Set-Cookie` value taken apart (RFC 6265 §5.2); the ranges lie in the value.
package struct SetCookie: Sendable, Equatable {
    package let name: Range<Int>
    package let value: Range<Int>
    /// Nil where it is not given, or gives nothing to go by.
    package private(set) var path: Range<Int>?
    private(set) var domain: Range<Int>?
    private(set) var isSecure = false
    /// Seconds from now; the last one given counts, and before `expires`.
    private var maxAge: Int64?
    /// Seconds since 1970.
    private var expires: Int64?

    /// Nil for what is no cookie.
    package init?(_ field: Span<UInt8>) {
        let pairEnd = field.firstIndex(of: UInt8(ascii: ";"), in: 0..<field.count) ?? field.count
        let pair = field.trimmed(0..<pairEnd)
        guard let equals = field.firstIndex(of: UInt8(ascii: "="), in: pair) else { return nil }
        name = field.trimmed(pair.lowerBound..<equals)
        value = field.trimmed(equals + 1..<pair.upperBound)
        guard !name.isEmpty, field.isPrintable(pair) else { return nil }
        var start = pairEnd + 1
        while start < field.count {
            let end =
                field.firstIndex(of: UInt8(ascii: ";"), in: start..<field.count) ?? field.count
            take(attribute: start..<end, of: field)
            start = end + 1
        }
    }

    private mutating func take(attribute: Range<Int>, of field: Span<UInt8>) {
        let equals = field.firstIndex(of: UInt8(ascii: "="), in: attribute)
        let name = field.trimmed(attribute.lowerBound..<(equals ?? attribute.upperBound))
        let value = equals.map { field.trimmed($0 + 1..<attribute.upperBound) }
        // The lengths tell most apart.
        switch name.count {
        case 4 where field.equalsIgnoringCase("path", name):
            let isPath = value.map { !$0.isEmpty && field[$0.lowerBound] == UInt8(ascii: "/") }
            path = isPath == true && field.isPrintable(value ?? 0..<0) ? value : nil
        case 6 where field.equalsIgnoringCase("secure", name): isSecure = true
        case 6 where field.equalsIgnoringCase("domain", name):
            if let value, !value.isEmpty { domain = value }
        case 7 where field.equalsIgnoringCase("max-age", name):
            maxAge = value.flatMap { Self.seconds(field, $0) } ?? maxAge
        case 7 where field.equalsIgnoringCase("expires", name):
            expires = value.flatMap { CookieDate.seconds(field, $0) } ?? expires
        default: break
        }
    }

    /// When it expires, on the clock that reads `now`; without a wall clock, a date before 2020 has
    /// passed and no other will.
    func expiry(at now: Nanoseconds, wallClock: Int64?) -> Nanoseconds {
        if let maxAge { return maxAge <= 0 ? now : Self.time(now, maxAge) }
        guard let expires else { return .never }
        guard let wallClock else { return expires < 1_577_836_800 ? now : .never }
        let (left, overflows) = expires.subtractingReportingOverflow(wallClock)
        return overflows || left <= 0 ? now : Self.time(now, left)
    }

    private static func time(_ now: Nanoseconds, _ seconds: Int64) -> Nanoseconds {
        // Longer than any run.
        seconds > 1_000_000_000 ? .never : now + .seconds(seconds)
    }

    /// A number of seconds; nil for what is none.
    private static func seconds(_ field: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        guard let first = range.first else { return nil }
        let isNegative = field[first] == UInt8(ascii: "-")
        let digits = isNegative ? first + 1..<range.upperBound : range
        guard !digits.isEmpty else { return nil }
        var value = 0 as Int64
        for index in digits {
            guard field[index].isDigit else { return nil }
            value = min(value * 10 + Int64(field[index] - UInt8(ascii: "0")), 1 << 50)
        }
        return isNegative ? -value : value
    }
}

/// Dates as cookies have them (RFC 6265 §5.1.1).
enum CookieDate {
    /// Seconds since 1970; nil for what is no date.
    static func seconds(_ field: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        var time: Int64?
        var day: Int64?
        var month: Int?
        var year: Int64?
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, !isDelimiter(field[end]) { end += 1 }
            let token = start..<end
            start = end + 1
            if token.isEmpty { continue }
            if time == nil, let found = self.time(field, token) {
                time = found
            } else if day == nil, let number = number(field, token, 1...2) {
                day = number
            } else if month == nil, let found = self.month(field, token) {
                month = found
            } else if year == nil, let number = number(field, token, 2...4) {
                year = number < 70 ? number + 2_000 : number < 100 ? number + 1_900 : number
            }
        }
        guard let time, let day, let month, let year, 1...31 ~= day, year >= 1_601 else {
            return nil
        }
        let date = CivilDate(year: Int(year), month: month, day: Int(day))
        return Int64(date.days) * 86_400 + time
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x20...0x2F, 0x3B...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// A number of so many digits that is followed by no further one.
    private static func number(
        _ field: Span<UInt8>, _ token: Range<Int>, _ lengths: ClosedRange<Int>
    ) -> Int64? {
        var value = 0 as Int64
        var end = token.lowerBound
        while end < token.upperBound, field[end].isDigit {
            if end - token.lowerBound == 4 { return nil }
            value = value * 10 + Int64(field[end] - UInt8(ascii: "0"))
            end += 1
        }
        return lengths.contains(end - token.lowerBound) ? value : nil
    }

    /// Seconds of `hh:mm:ss`.
    private static func time(_ field: Span<UInt8>, _ token: Range<Int>) -> Int64? {
        var parts: [Int64] = []
        var start = token.lowerBound
        while parts.count < 3 {
            let end =
                parts.count == 2
                ? token.upperBound
                : field.firstIndex(of: UInt8(ascii: ":"), in: start..<token.upperBound)
            guard let end, let part = number(field, start..<end, 1...2) else { return nil }
            parts.append(part)
            start = min(end + 1, token.upperBound)
        }
        guard parts[0] < 24, parts[1] < 60, parts[2] < 60 else { return nil }
        return parts[0] * 3_600 + parts[1] * 60 + parts[2]
    }

    private static func month(_ field: Span<UInt8>, _ token: Range<Int>) -> Int? {
        guard token.count >= 3 else { return nil }
        let names: [StaticString] = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ]
        let start = token.lowerBound..<token.lowerBound + 3
        return names.firstIndex { field.equalsIgnoringCase($0, start) }.map { $0 + 1 }
    }
}
