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

    /// The date of a day since 1970, from that year on.
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

extension CivilDate {
    /// Milliseconds since 1970 of a run's start, `2026-01-02T03:04:05Z` with any digits of a second's
    /// fraction or none; nil for anything else.
    package static func milliseconds(of text: String) -> Int64? {
        let halves = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard text.hasSuffix("Z"), 1...2 ~= halves.count, halves[0].utf8.count == 19 else {
            return nil
        }
        func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
        let matches = zip(halves[0].utf8, "0000-00-00T00:00:00".utf8).allSatisfy {
            $1 == UInt8(ascii: "0") ? isDigit($0) : $0 == $1
        }
        let fraction = halves.count == 2 ? halves[1] : "0"
        guard matches, !fraction.isEmpty, fraction.utf8.allSatisfy(isDigit) else { return nil }
        let numbers = halves[0].split { !$0.isNumber }.compactMap { Int($0) }
        guard 1...12 ~= numbers[1], 1...31 ~= numbers[2] else { return nil }
        guard numbers[3] < 24, numbers[4] < 60, numbers[5] <= 60 else { return nil }
        let days = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]).days
        let seconds = days * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + numbers[5]
        // Three digits, whatever more there are.
        return Int64(seconds) * 1_000 + (Int64((fraction.prefix(3) + "00").prefix(3)) ?? 0)
    }
}
