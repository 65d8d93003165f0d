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
            expires = value.flatMap { HTTPDate.seconds(inCookie: field, $0) } ?? expires
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
