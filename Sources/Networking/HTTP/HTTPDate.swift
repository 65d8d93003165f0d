import Base

/// Dates as HTTP writes them (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// Seconds since 1970; nil for what is no date. Which weekday it was is not checked.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
            let day = Digits.value(words[1], 2...2), 1...31 ~= day,
            let month = CivilDate.monthNames.firstIndex(of: String(words[2])),
            let year = Digits.value(words[3], 4...4), year >= 1_970
        else { return nil }
        let time = words[4].split(separator: ":").map { Digits.value($0, 2...2) ?? 99 }
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
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map(twoDigits).joined(separator: ":")
        return "\(weekdays[day % 7]), \(twoDigits(date.day)) "
            + "\(CivilDate.monthNames[date.month - 1]) "
            + "\(twoDigits(date.year / 100))\(twoDigits(date.year % 100)) \(time) GMT"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

/// Numbers of a given length.
enum Digits {
    static func value(_ text: Substring, _ lengths: ClosedRange<Int>) -> Int? {
        guard lengths ~= text.utf8.count, text.utf8.allSatisfy(\.isDigit) else { return nil }
        return Int(text)
    }
}
