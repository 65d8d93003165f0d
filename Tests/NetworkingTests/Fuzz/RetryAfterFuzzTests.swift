import Support
import Testing

@testable import Base
@testable import Networking

@Suite struct RetryAfterFuzzTests {
    private static let fuzz = Fuzz(
        "retry-after",
        texts: [
            "120", "1.5", "0:30", "1:02:03", "Sun, 06 Nov 1994 08:49:37 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 29 Feb 2024 00:00:60 GMT", "soon",
        ],
        words: [":", ".", ",", " ", "GMT", "Feb", "1969", "9999", "60", "\u{660}", "+", "-", "e9"])

    @Test func aPauseIsNeverNegative() throws {
        var delays = 0
        try Self.fuzz.play { input in
            let value = String(decoding: input.bytes.filter { $0 != 0x0A }, as: UTF8.self)
            let now = Int64(truncatingIfNeeded: input.random.next())
            let delay = RetryAfter.delay(value, now: now)
            if let delay {
                delays += 1
                try #require(delay >= .zero, "\(input)")
            }
            let head = Array("HTTP/1.1 429 x\r\nretry-after:x\(value)x\r\n\r\n".utf8)
            if case .delay = RetryAfter(inHead: head.span, now: now) {
                Issue.record("\(input)")
            }
            for name in ["Retry-After", "Retry-After-Ms", "Date"] {
                let head = Array("HTTP/1.1 429 x\r\n\(name): \(value)\r\nRetry-After: 1\r\n".utf8)
                try #require(RetryAfter(inHead: head.span, now: now) != .absent, "\(input)")
            }
        }
        #expect(delays > 100)
    }

    /// The values of options: what is read can be written so that it is read again.
    @Test func valuesWithUnits() throws {
        let fuzz = Fuzz(
            "units",
            texts: ["250ms", "1.5h", "1m30s", "2 MiB", "5k", "0.000000001s", "10/s", "9d"],
            words: ["ms", "s", "h", "d", "k", "MiB", "GB", "/min", ".", " ", "\u{660}", "-"])
        var read = 0
        try fuzz.play { input in
            let text = String(decoding: input.bytes, as: UTF8.self)
            if let span = Units.parseDuration(text) {
                read += 1
                try #require(span >= .zero, "\(input)")
                try #require(Units.parseDuration(Units.exact(span)) == span, "\(input)")
            }
            if let rate = Units.parseRate(text) {
                try #require(rate >= 0 && rate.isFinite, "\(input)")
            }
        }
        #expect(read > 50)
    }
}
