import Base

/// Dates as HTTP writes them (RFC 9110 §5.6.7), `Sun, 06 Nov 1994 08:49:37 GMT`, and as cookies do.
package enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// Seconds since 1970; nil for what is no date. Which weekday it was is not checked.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
            let day = digits(words[1], 2...2), 1...31 ~= day,
            let month = CivilDate.monthNames.firstIndex(of: String(words[2])),
            let year = digits(words[3], 4...4), year >= 1_970
        else { return nil }
        let time = words[4].split(separator: ":").map { digits($0, 2...2) ?? 99 }
        guard time.count == 3, time[0] < 24, time[1] < 60, time[2] <= 60 else { return nil }
        let days = CivilDate(year: year, month: month + 1, day: day).days
        return Int64(((days * 24 + time[0]) * 60 + time[1]) * 60 + time[2])
    }

    /// The date of a second since 1970; seconds beyond the year 9999 or before 1970 give the nearest
    /// that can be written.
    package static func text(second: Int64) -> String {
        let second = min(max(second, 0), 253_402_300_799)
        let day = Int(second / 86_400)
        let rest = Int(second % 86_400)
        let date = CivilDate(days: day)
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map { twoDigits($0) }.joined(
            separator: ":")
        return "\(weekdays[day % 7]), \(twoDigits(date.day)) "
            + "\(CivilDate.monthNames[date.month - 1]) "
            + "\(twoDigits(date.year / 100))\(twoDigits(date.year % 100)) \(time) GMT"
    }

    /// A number of so many digits.
    static func digits(_ text: Substring, _ lengths: ClosedRange<Int>) -> Int? {
        guard lengths ~= text.utf8.count, text.utf8.allSatisfy(\.isDigit) else { return nil }
        return Int(text)
    }
}

/// Dates as cookies have them (RFC 6265 §5.1.1).
extension HTTPDate {
    /// Seconds since 1970; nil for what is no date.
    static func seconds(inCookie field: Span<UInt8>, _ range: Range<Int>) -> Int64? {
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
