import Base
import Networking
import Testing

@testable import ChatloadKit

/// Quotas and token estimates as they are written.
@Suite struct QuotaTests {
    @Test(arguments: [
        ("run:600 requests/m", Quota(.run, 600, .requests, per: .seconds(60))),
        ("run:100000 tokens", Quota(.run, 100_000, .tokens)),
        ("credential:60 requests/s", Quota(.credential, 60, .requests, per: .seconds(1))),
        ("user:2000 reply-tokens/h", Quota(.user, 2_000, .replyTokens, per: .seconds(3_600))),
        ("conversation:20 requests", Quota(.conversation, 20, .requests)),
        (
            "user:9 prompt-tokens/d burst 3",
            Quota(.user, 9, .promptTokens, per: .seconds(86_400), burst: 3)
        ),
    ])
    func areReadAndWritten(text: String, quota: Quota) throws {
        #expect(try Quota(parsing: text) == quota)
        #expect(quota.specification == text)
    }

    @Test func oneOfAThingIsWrittenWithoutItsS() throws {
        #expect(
            try Quota(parsing: "run:1 request/s") == Quota(.run, 1, .requests, per: .seconds(1)))
    }

    @Test(arguments: [
        ("600 requests/m", "has no scope"), ("", "has no scope"),
        ("runs:6 requests", "unknown scope"), ("run:0 requests", "no amount"),
        ("run:-1 requests", "no amount"), ("run:x requests", "no amount"),
        ("run:1.5 requests", "no amount"), ("run:", "no amount"),
        ("run:6", "unknown unit"), ("run:6 calls", "unknown unit"),
        ("run:6 requests/w", "unknown period"), ("run:6 requests/", "unknown period"),
        ("run:6 requests/m burst", "no burst"), ("run:6 requests/m burst 0", "no burst"),
        ("run:6 requests/m at once", "a word too many"),
        ("run:6 requests/m burst 2 3", "a word too many"),
        ("run:6 requests burst 2", "only for quotas with a period"),
        ("run:99999999999999999999 requests", "no amount"),
    ])
    func whatIsNoneIsExplained(text: String, message: String) {
        let complaint = #expect(throws: Fault.self) { try Quota(parsing: text) }
        #expect(complaint?.message.contains(message) == true, "\(complaint?.message ?? "")")
        #expect(complaint?.hint?.isEmpty == false)
    }

    @Test func aMistypedWordIsGuessed() {
        let complaint = #expect(throws: Fault.self) {
            try Quota(parsing: "credentail:6 requests")
        }
        #expect(complaint?.hint == "did you mean credential?")
    }

    @Test func whateverComesIsNoTrap() {
        var random = SeededRandom(seed: 3)
        let words = [
            "run", ":", "6", " ", "requests", "/", "m", "burst", "user", "tokens", "é", "0",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int(random.next() % 9)).map { _ in
                words[Int(random.next() % UInt64(words.count))]
            }.joined()
            if let quota = try? Quota(parsing: text) {
                #expect((try? Quota(parsing: quota.specification)) == quota, "\(text)")
            }
        }
    }

    @Test(arguments: [
        ("chars:4", "Hello, wörld!", 4), ("chars", "Hello", 2), ("bytes:1", "wörld", 6),
        ("bytes", "wörld", 2), ("words", " to be,\tor not\nto be ", 6), ("words", "", 0),
        ("reported", "whatever", 0), ("chars:100", "", 0),
    ])
    func tokensAreEstimatedAsAsked(spec: String, text: String, count: Int) throws {
        let estimate = try #require(TokenEstimate(parsing: spec))
        var buffer = ByteBuffer()
        buffer.append(text)
        #expect(estimate.tokens(in: text) == count)
        #expect(estimate.tokens(in: buffer) == count)
        #expect(TokenEstimate(parsing: estimate.specification) == estimate)
    }

    @Test(arguments: ["", "char", "chars:", "chars:0", "chars:-1", "words:2", "reported:1", "x:4"])
    func whatIsNoEstimateIsNil(spec: String) { #expect(TokenEstimate(parsing: spec) == nil) }
}
