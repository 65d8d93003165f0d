import Base
import Testing

@testable import Networking

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

/// The limits that services tell in their heads, in every spelling.
@Suite struct RateLimitTests {
    static let now: Int64 = 784_111_777

    @Test(
        arguments: [
            ("1s", 1_000), ("6m0s", 360_000), ("20ms", 20), ("1h2m3.5s", 3_723_500), ("0", 0),
            ("12.5", 12_500), ("-3", 0), ("784111787", 10_000), ("784111787000", 10_000),
            ("1994-11-06T08:49:47Z", 10_000), ("Sun, 06 Nov 1994 08:49:47 GMT", 10_000),
            ("1994-11-06T08:49:07Z", 0), ("soon", nil), ("", nil), ("nan", nil), ("inf", nil),
        ] as [(String, Int64?)])
    func resets(text: String, milliseconds: Int64?) {
        #expect(RateLimit.reset(text, now: Self.now) == milliseconds.map { .milliseconds($0) })
    }

    @Test func allSpellingsAreRead() {
        let head = Self.head(
            "x-ratelimit-limit-requests: 60\r\nX-RateLimit-Remaining-Requests: 0\r\n"
                + "x-ratelimit-reset-requests: 1s\r\nx-ratelimit-remaining-tokens: -6\r\n"
                + "X-RateLimit-Limit: 5\r\nanthropic-ratelimit-input-tokens-remaining: 7\r\n"
                + "anthropic-ratelimit-input-tokens-reset: 1994-11-06T08:49:47Z\r\n"
                + "x-ratelimit-nonsense: 1\r\nx-ratelimit-limit-images: many\r\n")
        #expect(
            RateLimit.all(inHead: head.span, now: Self.now) == [
                RateLimit(unit: "requests", limit: 60, remaining: 0, reset: .seconds(1)),
                RateLimit(unit: "tokens", remaining: -6), RateLimit(unit: "", limit: 5),
                RateLimit(unit: "input-tokens", remaining: 7, reset: .seconds(10)),
                RateLimit(unit: "images"),
            ])
    }

    /// Where nothing else says when to come back, what is used up does.
    @Test(
        arguments: [
            ("x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 2s\r\n", 2_000),
            ("x-ratelimit-remaining-requests: 3\r\nx-ratelimit-reset-requests: 2s\r\n", nil),
            ("x-ratelimit-remaining-tokens: -6\r\nx-ratelimit-reset-tokens: 7\r\n", 7_000),
            ("x-ratelimit-reset: 7\r\n", nil),
            ("retry-after: 1\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 7\r\n", 1_000),
        ] as [(String, Int64?)])
    func whatIsUsedUpIsWaitedFor(fields: String, milliseconds: Int64?) {
        let read = RetryAfter(inHead: Self.head(fields).span, now: Self.now)
        #expect(read == milliseconds.map { .delay(.milliseconds($0)) } ?? .absent)
    }

    @Test(
        arguments: [
            ("X-Should-Retry: true\r\n", true), ("x-should-retry: False\r\n", false),
            ("x-should-retry: perhaps\r\n", nil), ("", nil),
        ] as [(String, Bool?)])
    func whetherToTryAgain(fields: String, expected: Bool?) {
        #expect(RetryAfter.isWorthTrying(inHead: Self.head(fields).span) == expected)
    }

    private static func head(_ fields: String) -> [UInt8] {
        Array("HTTP/1.1 429 Too Many Requests\r\n\(fields)\r\n".utf8)
    }
}
