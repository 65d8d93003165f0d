import Base
import Testing

@Suite struct UTCTimeTests {
    @Test(
        arguments: [
            ("1970-01-01 00:00:00", 0), ("1970-01-01", 0), ("1970-01-02T00:00", 86_400_000_000_000),
            ("2023-11-16 18:17:03.9799600", 1_700_158_623_979_960_000),
            ("2024-05-10 00:00:00.009930+00:00", 1_715_299_200_009_930_000),
            ("2024-05-10 00:00:00+00:00", 1_715_299_200_000_000_000),
            ("2024-02-29T23:59:60Z", 1_709_251_200_000_000_000),
            ("2026-01-02T04:04:10.5+01:00", 1_767_323_050_500_000_000),
            ("2026-01-02t03:04:10", nil), ("2026-01-01T22:04:10,5-0500", 1_767_323_050_500_000_000),
            ("2026-01-02 03:04:10 UTC", 1_767_323_050_000_000_000),
            ("2026-01-02 03:04:10-00", 1_767_323_050_000_000_000),
            ("1969-12-31 23:59:59.999999999", -1),
            ("2000-01-01 00:00:00.1234567899", 946_684_800_123_456_789),
            ("", nil), ("yesterday", nil), ("2026-13-01", nil), ("2026-02-30", nil),
            ("2026-01-00", nil), ("2026-1-1", nil), ("0001-01-01", nil), ("9999-01-01", nil),
            ("2026-01-02 24:00", nil), ("2026-01-02 23:60", nil), ("2026-01-02 23:59:61", nil),
            ("2026-01-02 03:04:10 CET", nil), ("2026-01-02 03:04:10+1", nil),
            ("2026-01-02 03:04:10Zx", nil), ("2026-01-02 03:04:10.5.5", nil), ("2026-01-02 ", nil),
        ] as [(String, Int64?)])
    func datesAreRead(text: String, expected: Int64?) {
        let bytes = Array(text.utf8)
        #expect(UTCTime.parse(0..<bytes.count, in: bytes.span)?.count == expected)
    }

    /// In seconds, milliseconds, microseconds and nanoseconds, to the last digit.
    @Test(
        arguments: [
            ("1767225602.25", 1, 1_767_225_602_250_000_000), ("0", 1, 0),
            ("-1.5", 1, -1_500_000_000),
            ("1767225602250", 1, 1_767_225_602_250_000_000),
            ("1767225602250000", 1, 1_767_225_602_250_000_000),
            ("1767225602250000123", 1, 1_767_225_602_250_000_123),
            ("1767225602250000123", 1_000, 1_767_225_602_250_000_123),
            ("1200", 1_000, 1_200_000_000), ("1200.5", 1_000, 1_200_500_000),
            ("1.2e3", 1_000, 1_200_000_000), ("0.0000000001", 1, 0), ("x", 1, nil), ("", 1, nil),
            ("1e400", 1, nil), ("99999999999999999999999999", 1, Int64.max),
        ] as [(String, Int64, Int64?)])
    func numbersAreRead(text: String, perSecond: Int64, expected: Int64?) {
        let bytes = Array(text.utf8)
        let unit = Nanoseconds(1_000_000_000 / perSecond)
        let found = UTCTime.parse(number: 0..<bytes.count, unit: unit, in: bytes.span)
        #expect(found?.count == expected)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (1_709_251_199_003_456_789, "2024-02-29T23:59:59.003456789Z"),
            (.max, "2262-04-11T23:47:16.854775807Z"), (.min, "1677-09-21T00:12:43.145224192Z"),
        ] as [(Int64, String)])
    func timesAreWrittenToTheNanosecond(count: Int64, text: String) {
        #expect(UTCTime.text(of: Nanoseconds(count)) == text)
        #expect(UTCTime.text(of: Nanoseconds(count), isWhole: true) == text.prefix(19) + "Z")
    }

    @Test func whatIsWrittenIsReadBack() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<1_000 {
            // Some 290 years from 1680 to 2260.
            let time = Nanoseconds(Int64(bitPattern: random.next()) / 100 * 99)
            #expect(UTCTime.parse(UTCTime.text(of: time)) == time)
        }
    }

    @Test func daysAndDatesAgree() {
        for day in stride(from: -105_000, through: 105_000, by: 17) {
            #expect(CivilDate(days: day).days == day)
        }
    }
}
