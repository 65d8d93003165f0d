import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// The small languages of options and scripts: what is read can be written so that it is read again.
@Suite struct ValueFuzzTests {
    @Test func thresholds() throws {
        let fuzz = Fuzz(
            "thresholds",
            texts: [
                "response.p99<800ms", "errors<1%", "step.say.reply.p95<=500ms over 10s",
                "goodput>90%", "exchanges_per_s>10", "response.p99.9 < 2 s", "goodput>=0.5",
            ],
            words: [
                "step.", ".", "<", ">=", "%", " over ", "p", "p99", "ms", "errors", "mean", " ",
            ])
        var read = 0
        try fuzz.play { input in
            guard let threshold = try? Threshold(parsing: Self.text(of: input)) else { return }
            read += 1
            let again = try Threshold(parsing: threshold.description)
            try #require(again.description == threshold.description, "\(input)")
        }
        #expect(read > 50)
    }

    @Test func goodputAndChanges() throws {
        let fuzz = Fuzz(
            "goodput", texts: ["response:150", "reply:2s response:1.5s", "p99<5%", "errors<1%"],
            words: [":", " ", ",", "ms", "response", "reply", "%", "<", "+", "first_byte:"])
        try fuzz.play { input in
            if let goodput = try? GoodputLimits(parsing: Self.text(of: input)) {
                let again = try GoodputLimits(parsing: goodput.description)
                try #require(again == goodput, "\(input)")
            }
            _ = try? ChangeLimit(parsing: Self.text(of: input))
        }
    }

    @Test func quotasAndThinkTimes() throws {
        let fuzz = Fuzz(
            "quotas",
            texts: [
                "run:100 requests/m", "credential:5 tokens/s burst 2", "uniform:1s,2s",
                "lognormal:2s,0.5", "exponential:3s", "1.5s", "reading:200wpm", "chars:4", "words",
            ],
            words: [
                "/", ":", ",", "s", "1m", "uniform:", "lognormal:", "tokens", "requests", "burst",
                "chars:", "bytes:", "reading:", " ",
            ])
        try fuzz.play { input in
            let text = Self.text(of: input)
            if let quota = try? Quota(parsing: text) {
                try #require(try Quota(parsing: quota.specification) == quota, "\(input)")
            }
            if let time = try? ThinkTime(parsing: text) {
                try #require(try ThinkTime(parsing: time.specification) == time, "\(input)")
            }
            if let estimate = TokenEstimate(parsing: text) {
                let again = TokenEstimate(parsing: estimate.specification)
                try #require(again == estimate, "\(input)")
            }
        }
    }

    @Test func targets() throws {
        let fuzz = Fuzz(
            "targets",
            texts: [
                "http://127.0.0.1:8080/base", "https://chat.example.com/", "http://[::1]:80/a/b",
            ],
            words: [
                "http://", "https://", ":", "/", "[", "]", "@", "::", "65536", "?", "#", "%", " ",
            ])
        var read = 0
        try fuzz.play { input in
            guard let target = try? Target(parsing: Self.text(of: input)) else { return }
            read += 1
            try #require((1...65_535).contains(target.port), "\(input)")
            try #require(try Target(parsing: target.description) == target, "\(input)")
            let isPlain = target.description.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            try #require(isPlain, "\(input)")
        }
        #expect(read > 50)
    }

    /// Patterns, and texts they are looked for in, end in proportion to both.
    @Test func patterns() throws {
        let fuzz = Fuzz(
            "patterns",
            texts: [
                #"ticket (\d+)|[^a-f]{2,3}?$"#, #"(?i)^a.b*c+?\s\W(?:x|y)\b"#, "(a*)*b", "[[:x]-]",
            ],
            words: [
                "(", ")", "[", "]", "{", "}", "{0,99}", "*", "+", "?", "|", "^", "$", "\\", "\\d",
                "\\b", "(?:", "(?i)", "-", "[^", "\\u{41}", "é", ".",
            ])
        let texts = ["ticket 12 é", String(repeating: "a", count: 60), ""]
        var read = 0
        try fuzz.play { input in
            guard let pattern = try? Pattern(Self.text(of: input)) else { return }
            read += 1
            // One with a count is as long as what that stands for.
            let size =
                pattern.text.contains("{")
                ? PatternProgram.mostInstructions : pattern.text.utf8.count
            for text in texts {
                let bytes = Array(text.utf8)
                for group in pattern.firstMatch(in: bytes.span) ?? [] {
                    try #require((group?.upperBound ?? 0) <= bytes.count, "\(input)")
                }
                let most = 200 * (1 + size) * (1 + bytes.count)
                try #require(pattern.steps(in: bytes.span) <= most, "\(input)")
            }
        }
        #expect(read > 100)
    }

    private static func text(of input: Fuzz.Input) -> String {
        String(decoding: input.bytes, as: UTF8.self)
    }
}
