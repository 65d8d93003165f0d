import Glibc
import LinuxSystem

/// UTC time: points of the wall clock in nanoseconds since the beginning of 1970, and as texts.
package enum UTCTime {
    /// Now. For names and labels only: whatever is measured or waited for goes by the loops' clock.
    package static var now: Nanoseconds { .reading(CLOCK_REALTIME) }

    /// A text, as below.
    package static func parse(_ text: String) -> Nanoseconds? {
        let bytes = text.utf8.span
        return parse(0..<bytes.count, in: bytes)
    }

    /// `2023-11-16 18:17:03.9799600`, `2024-05-10T00:00:00.009930+00:00`, `2024-01-02T03:04:05Z`: a
    /// date, a `T` or a space, hours and minutes, perhaps seconds with any number of decimals (what
    /// is beyond the ninth is dropped), perhaps a zone; without one it is UTC. Nil for anything else,
    /// and for years that do not fit into 64 bits.
    package static func parse(_ range: Range<Int>, in bytes: Span<UInt8>) -> Nanoseconds? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
        var reader = DigitReader(range)
        guard let year = reader.digits(4, in: bytes), reader.skip("-", in: bytes),
            let month = reader.digits(2, in: bytes), reader.skip("-", in: bytes),
            let day = reader.digits(2, in: bytes),
            let days = days(year: year, month: month, day: day)
        else { return nil }
        let midnight = Int64(days) * 86_400 * second
        if reader.isAtEnd { return Nanoseconds(midnight) }
        guard reader.skip("T", in: bytes) || reader.skip(" ", in: bytes),
            let clock = reader.clock(in: bytes), let zone = reader.zone(in: bytes), reader.isAtEnd
        else { return nil }
        // Years that fit leave room for more than a day at both ends.
        return Nanoseconds(midnight + clock - zone)
    }

    /// Nanoseconds in a second.
    fileprivate static let second: Int64 = 1_000_000_000

    /// A number in the given unit, or, where it would be a date of the far future in that unit, in
    /// the unit a thousand or a million times as fine in which it is none: exports write seconds,
    /// milliseconds, microseconds and nanoseconds alike.
    package static func parse(
        number range: Range<Int>, unit: Nanoseconds, in bytes: Span<UInt8>
    ) -> Nanoseconds? {
        guard let value = JSONNumber.double(range, in: bytes) else { return nil }
        // A hundred billion seconds are three thousand years.
        let limit = 1e11 * 1e9
        var scale = unit.count
        while value.magnitude * Double(scale) >= limit, scale >= 1_000 { scale /= 1_000 }
        return decimal(range, scale: scale, in: bytes)
            ?? Nanoseconds(seconds: value * (Double(scale) / 1e9))
    }

    /// A number of units without rounding, which floating point would for the dates of today; nil
    /// when it is not written in digits alone.
    private static func decimal(
        _ range: Range<Int>, scale: Int64, in bytes: Span<UInt8>
    ) -> Nanoseconds? {
        var reader = DigitReader(range)
        let isNegative = reader.skip("-", in: bytes)
        var whole: Int64 = 0
        while let digit = reader.digits(1, in: bytes) {
            guard whole < 1 << 58 else { return nil }
            whole = whole * 10 + Int64(digit)
        }
        var time = Nanoseconds(whole) * scale
        if reader.skip(".", in: bytes) {
            var unit = scale
            while let digit = reader.digits(1, in: bytes) {
                unit /= 10
                time = time + Nanoseconds(Int64(digit) * unit)
            }
        }
        return reader.isAtEnd ? isNegative ? .zero - time : time : nil
    }
}

/// Dates, and texts of them.
extension UTCTime {
    /// Days since the beginning of 1970; nil for dates that there are not, and for years whose
    /// nanoseconds do not fit into 64 bits.
    private static func days(year: Int, month: Int, day: Int) -> Int? {
        guard 1679...2260 ~= year, 1...12 ~= month else { return nil }
        let isShort = month == 4 || month == 6 || month == 9 || month == 11
        guard 1...(month == 2 ? 29 : isShort ? 30 : 31) ~= day else { return nil }
        return CivilDate(year: year, month: month, day: day).days
    }

    /// `2026-11-21T01:45:12.003456789Z`, or `2026-11-21T01:45:12Z`.
    package static func text(of time: Nanoseconds, isWhole: Bool = false) -> String {
        func floor(_ value: Int64, _ unit: Int64) -> (quotient: Int64, rest: Int64) {
            let (quotient, rest) = value.quotientAndRemainder(dividingBy: unit)
            return rest < 0 ? (quotient - 1, rest + unit) : (quotient, rest)
        }
        func digits(_ value: Int64, _ count: Int = 2) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(count - text.count, 0)) + text
        }
        let (seconds, part) = floor(time.count, second)
        let (days, rest) = floor(seconds, 86_400)
        let date = CivilDate(days: Int(days))
        let fraction = isWhole ? "" : "." + digits(part, 9)
        return digits(Int64(date.year), 4) + "-" + digits(Int64(date.month)) + "-"
            + digits(Int64(date.day)) + "T" + digits(rest / 3_600) + ":"
            + digits(rest / 60 % 60) + ":" + digits(rest % 60) + fraction + "Z"
    }
}

/// Takes digits and marks off the front of a text.
private struct DigitReader {
    private var index: Int
    private let end: Int

    init(_ range: Range<Int>) { (index, end) = (range.lowerBound, range.upperBound) }

    var isAtEnd: Bool { index == end }

    mutating func skip(_ mark: Unicode.Scalar, in bytes: Span<UInt8>) -> Bool {
        guard index < end, bytes[index] == UInt8(ascii: mark) else { return false }
        index += 1
        return true
    }

    /// Exactly so many digits as a number. Inlined, since dates are most of what a trace's rows are.
    @inline(__always)
    mutating func digits(_ count: Int, in bytes: Span<UInt8>) -> Int? {
        guard end - index >= count else { return nil }
        var value = 0
        for offset in index..<index + count {
            guard let digit = digit(bytes[offset]) else { return nil }
            value = value * 10 + digit
        }
        index += count
        return value
    }

    /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.` and decimals, since midnight.
    mutating func clock(in bytes: Span<UInt8>) -> Int64? {
        guard let hours = digits(2, in: bytes), hours < 24, skip(":", in: bytes),
            let minutes = digits(2, in: bytes), minutes < 60
        else { return nil }
        let time = Int64(hours * 3_600 + minutes * 60)
        guard skip(":", in: bytes) else { return time * UTCTime.second }
        // A leap second is the sixtieth.
        guard let seconds = digits(2, in: bytes), seconds <= 60 else { return nil }
        return (time + Int64(seconds)) * UTCTime.second + fraction(in: bytes)
    }

    /// Decimals behind a point or a comma, in nanoseconds; 0 when there are none.
    private mutating func fraction(in bytes: Span<UInt8>) -> Int64 {
        guard skip(".", in: bytes) || skip(",", in: bytes) else { return 0 }
        var value: Int64 = 0
        var places = 0
        while index < end, let digit = digit(bytes[index]) {
            if places < 9 {
                value = value * 10 + Int64(digit)
                places += 1
            }
            index += 1
        }
        while places < 9 {
            value *= 10
            places += 1
        }
        return value
    }

    /// Nothing, `Z`, ` UTC`, `+hh`, `+hhmm` or `+hh:mm`: how far east of UTC.
    mutating func zone(in bytes: Span<UInt8>) -> Int64? {
        if isAtEnd || skip("Z", in: bytes) || skip("z", in: bytes) { return 0 }
        if skip(" ", in: bytes) {
            let isUTC = skip("U", in: bytes) && skip("T", in: bytes) && skip("C", in: bytes)
            return isUTC ? 0 : nil
        }
        let isEast = skip("+", in: bytes)
        guard isEast || skip("-", in: bytes), let hours = digits(2, in: bytes), hours < 24 else {
            return nil
        }
        _ = skip(":", in: bytes)
        let minutes = isAtEnd ? 0 : digits(2, in: bytes)
        guard let minutes, minutes < 60 else { return nil }
        let offset = Int64(hours * 3_600 + minutes * 60) * UTCTime.second
        return isEast ? offset : -offset
    }

    private func digit(_ byte: UInt8) -> Int? {
        let digit = byte &- UInt8(ascii: "0")
        return digit < 10 ? Int(digit) : nil
    }
}

/// Date in the Gregorian calendar, and its number of days since the beginning of 1970 (Howard
/// Hinnant, "chrono-Compatible Low-Level Date Algorithms").
package struct CivilDate: Equatable, Sendable {
    /// The months as HTTP, cookies and JavaScript write them.
    package static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    package let year: Int
    /// From 1 on.
    package let month: Int
    /// From 1 on.
    package let day: Int

    /// A date; a day beyond its month's end counts on into the next month. The year is from 1 on.
    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date of a day since 1970, or before it from year 1 on.
    package init(days: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    }

    /// Days since the beginning of 1970. Years are counted from March on, so that the leap day is the
    /// last of its year.
    package var days: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
