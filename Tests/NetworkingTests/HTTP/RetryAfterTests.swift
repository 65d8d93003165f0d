import Base
import Networking
import Testing

/// When services ask to be left alone, as they write it.
@Suite struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    private static let date: Int64 = 784_111_777

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let delay: Nanoseconds?

        init(_ text: String, _ delay: Nanoseconds?) {
            testDescription = text
            self.delay = delay
        }
    }

    @Test(arguments: [
        Row("120", .seconds(120)), Row("0", .zero), Row("1.5", .milliseconds(1_500)),
        Row("0.25", .milliseconds(250)), Row("00:45", .seconds(45)), Row("15:00", .seconds(900)),
        Row("1:02:03", .seconds(3_723)),
        Row("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(10)),
        Row("Sun, 06 Nov 1994 08:49:27 GMT", .zero), Row("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
        Row("Mon, 07 Nov 1994 08:49:27 GMT", .seconds(86_400)),
        Row("Tue, 29 Feb 2000 00:00:00 GMT", .seconds(951_782_400 - 784_111_767)),
        Row("", nil), Row("soon", nil), Row("-1", nil), Row("1e9", nil), Row("1 s", nil),
        Row("15:60", nil), Row("1:2:3:4", nil), Row(":", nil), Row("1:", nil), Row("99999:00", nil),
        Row("Sun, 06 Nov 1994 24:49:37 GMT", nil), Row("Sun, 06 Nov 1994 08:49:37 CET", nil),
        Row("Sunday, 06-Nov-94 08:49:37 GMT", nil), Row("06 Nov 1994 08:49:37 GMT", nil),
        Row("NaN", nil), Row("infinity", nil), Row("٣", nil),
    ])
    func valuesAreReadAsWritten(row: Row) {
        #expect(RetryAfter.delay(row.testDescription, now: Self.date - 10) == row.delay)
    }

    @Test func aDateIsCountedFromTheServicesOwnClock() {
        let fields = "Date: Sun, 06 Nov 1994 08:49:07 GMT\r\n"
        #expect(
            Self.read(fields + "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", now: 0)
                == .delay(.seconds(30)))
        #expect(
            Self.read("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", now: nil)
                == .unreadable("Sun, 06 Nov 1994 08:49:37 GMT"))
    }

    @Test func millisecondsGoFirst() {
        #expect(
            Self.read("retry-after: 2\r\nRetry-After-Ms: 1500.5\r\n")
                == .delay(.microseconds(1_500_500)))
        #expect(Self.read("retry-after-ms: soon\r\nretry-after: 2\r\n") == .delay(.seconds(2)))
        #expect(Self.read("Retry-After:  later \r\n") == .unreadable("later"))
        #expect(Self.read("X-Retry-After: 2\r\n") == .absent)
    }

    private static func read(_ fields: String, now: Int64? = date) -> RetryAfter {
        let head = Array("HTTP/1.1 429 Too Many Requests\r\n\(fields)\r\n".utf8)
        return RetryAfter(inHead: head.span, now: now)
    }
}
