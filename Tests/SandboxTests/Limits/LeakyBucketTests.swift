import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Limits")
struct ServiceLimitTests {
    @Test(arguments: [
        ("60 requests/m", "60 requests/m"), ("1 request/s", "1 requests/s"),
        ("10000tokens/1h", "10000 tokens/h"), ("5 token/d", "5 tokens/d"),
        ("7 requests/1m30s", "7 requests/1m30s"), ("7 requests/10", "7 requests/10s"),
    ])
    func reads(text: String, description: String) throws {
        let limit = try #require(ServiceLimit(parsing: text))
        #expect(limit.description == description)
        #expect(ServiceLimit(parsing: description) == limit)
    }

    @Test(arguments: [
        "", "60", "60 requests", "60/m", "0 requests/m", "-1 requests/m", "requests/m",
        "60 words/m", "60 requests/", "60 requests/0s", "60 requests/m/s", "60 requests/x",
        "60 requests/1d", "1000000000001 tokens/m", "99999999999999999999 tokens/m",
        "1 requests/9000h", "²3 requests/m", "60 Requests/m", " 60 requests/m",
    ])
    func refuses(text: String) {
        #expect(ServiceLimit(parsing: text) == nil)
    }

    static func limit(_ text: String) throws -> ServiceLimit {
        try #require(ServiceLimit(parsing: text))
    }

    /// Random clients of random limits: what passes in any time is at most the amount plus what that
    /// time lets drain, and whoever waits as long as they are told gets through.
    @Test func neverLetsMoreThrough() throws {
        var random = SeededRandom(seed: 23)
        for round in 0..<200 {
            let amount = Int.random(in: 1...40, using: &random)
            let period = Int.random(in: 1...100_000, using: &random)
            let limit = try Self.limit("\(amount) requests/\(period)us")
            var meter = LeakyBucket()
            var now = Nanoseconds.seconds(1_700_000_000)
            var passed: [Nanoseconds] = []
            for _ in 0..<300 {
                let pause = Int64.random(in: 0...Int64(period) * 2000 / 30, using: &random)
                now = now + Nanoseconds(pause)
                meter.drain(limit, to: now)
                let wait = meter.wait(for: limit)
                #expect((wait == .zero) == (meter.left(of: limit) > 0))
                if wait > .zero {
                    var patient = meter
                    patient.drain(limit, to: now + wait - Nanoseconds(1))
                    #expect(patient.wait(for: limit) > .zero)
                    patient.drain(limit, to: now + wait)
                    #expect(patient.wait(for: limit) == .zero)
                } else {
                    meter.take(1, of: limit)
                    passed.append(now)
                }
            }
            for (place, first) in passed.enumerated() {
                for (count, last) in passed[place...].enumerated() {
                    let drained = (last - first).count * Int64(amount) / limit.period.count
                    #expect(count + 1 <= amount + Int(drained), "round \(round)")
                }
            }
        }
    }

    @Test func survivesExtremes() throws {
        for text in ["1000000000000 tokens/8784h", "1 tokens/1ns", "1 tokens/8784h"] {
            let limit = try Self.limit(text)
            var meter = LeakyBucket()
            for time in [Nanoseconds.never, .zero, Nanoseconds(.min), .never] {
                meter.drain(limit, to: time)
                meter.take(.max, of: limit)
                meter.take(.min, of: limit)
                #expect(meter.left(of: limit) == 0 && meter.wait(for: limit) > .zero)
                _ = meter.timeToEmpty(limit)
            }
        }
    }
}

@Suite("Ledgers")
struct CredentialLedgerTests {
    static func key(_ text: String) -> HashedKey { HashedKey(Array(text.utf8).span, Span()) }

    @Test func requestsAndTokensBothCount() throws {
        var settings = SandboxSettings.Service()
        settings.requestLimit = ServiceLimit(parsing: "3 requests/m")
        settings.tokenLimit = ServiceLimit(parsing: "100 tokens/m")
        var ledger = CredentialLedger(settings)
        let now = Nanoseconds.seconds(1_700_000_000)
        let opening = ledger.admit(Self.key("a"), at: now)
        let first = try #require(opening)
        #expect(first.limit.unit == .requests && first.left == 2 && first.wait == .zero)
        #expect(first.reset == .seconds(20))
        // An overdraft of 60 tokens and one more have to drain before the next request.
        ledger.charge(160, to: Self.key("a"), at: now)
        let refused = ledger.admit(Self.key("a"), at: now)
        let second = try #require(refused)
        #expect(second.limit.unit == .tokens && second.left == 0)
        #expect(second.wait == .milliseconds(36_600))
        let other = ledger.admit(Self.key("b"), at: now)
        let patient = ledger.admit(Self.key("a"), at: now + second.wait)
        #expect(other?.wait == .zero && patient?.wait == .zero)
        #expect(ledger.counts.map(\.requests) == [3, 1])
        #expect(ledger.counts.map(\.rejected) == [1, 0] && ledger.counts[0].tokens == 160)
    }

    @Test func countsAreBounded() {
        var ledger = CredentialLedger(SandboxSettings.Service())
        for number in 0..<2000 {
            let standing = ledger.admit(Self.key("\(number)"), at: .zero)
            #expect(standing == nil)
            ledger.charge(1, to: Self.key("\(number)"), at: .zero)
        }
        #expect(ledger.counts.count == CredentialLedger.mostCounts)
        #expect(ledger.counts.allSatisfy { $0.requests == 1 && $0.tokens == 1 })
    }

    @Test(arguments: [("", 0), ("abc", 1), ("abcd", 1), ("abcde", 2), ("ééééé", 2), ("😀", 1)])
    func tokensAreFourCharacters(text: String, tokens: Int) {
        var buffer = ByteBuffer()
        buffer.append(text)
        #expect(buffer.tokenCount == tokens)
    }
}

@Suite("Stalls")
struct StallTests {
    @Test(arguments: ["", "5s", "5s:", ":5s", "5s:0", "1s:2s:3s", "-1s:2s", "x:y"])
    func refuses(text: String) {
        #expect(Stall(parsing: text) == nil)
    }

    @Test(arguments: [(0, 0), (999, 999), (1000, 3000), (2999, 3000), (3000, 3000), (4500, 6000)])
    func releaseAtTheEnd(due: Int64, leaves: Int64) throws {
        let stalls = try ["1s:2s", "4s:1s", "4900ms:1100ms"].map {
            try #require(Stall(parsing: $0))
        }
        #expect(Stall.release(.milliseconds(due), from: stalls) == .milliseconds(leaves))
        #expect(stalls.map(\.description) == ["1s:2s", "4s:1s", "4s900ms:1s100ms"])
        let endless = try #require(Stall(parsing: "1s:2500000h"))
        #expect(Stall.release(.never, from: [endless]) == .never)
    }
}
