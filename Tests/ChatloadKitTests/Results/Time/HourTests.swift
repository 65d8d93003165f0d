import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What an hour of load leaves in memory: some ten megabytes a worker, most of them after ten minutes. Takes half a minute in a release build, so only on demand:
/// `CHATLOAD_HOUR=3600 swift test -c release -Xswiftc -enable-testing --filter HourTests`.
@Suite struct HourTests {
    /// Exchanges a second, by two workers, each of which has five steps.
    private static let rate = 20_000
    private static var seconds: Int {
        getenv("CHATLOAD_HOUR").flatMap { Int(String(cString: $0)) } ?? 0
    }

    @Test(.enabled(if: seconds > 60))
    func anHourTakesNoMoreThanHalfOfIt() throws {
        var random = SeededRandom(seed: 1)
        let latencies = (0..<8_192).map { _ in
            Nanoseconds(seconds: random.logNormal(median: 0.02, sigma: 0.6))
        }
        let names = ["say", "poll", "login", "refund", "upload"]
        var workers = (0..<2).map { _ in Aggregator(steps: StepTable(names: names)) }
        // The most there is at a time, since joining intervals takes and gives back some.
        var (early, middle, late) = (0, 0, 0)
        let (third, half) = (Self.seconds / 3, Self.seconds / 2)
        for second in 0..<Self.seconds {
            for worker in workers.indices {
                Self.fill(&workers[worker], second: second, latencies, &random)
            }
            if second == 59 { early = Self.resident }
            if second % 10 == 9 {
                if (third..<half).contains(second) { middle = max(middle, Self.resident) }
                if second >= Self.seconds - (half - third) { late = max(late, Self.resident) }
            }
            if second % 600 == 599 || second == 59 {
                print("second \(second + 1): \(Self.resident) KB")
            }
        }
        #expect(late - early < 24_000, "\(early) KB after a minute, \(late) KB at the end")
        // Full since the half-hour: from there on intervals are joined as fast as new ones begin.
        if Self.seconds >= 3_600 { #expect(late - middle < 1_000, "\(middle), \(late) KB") }
        var whole = workers[0]
        whole.merge(workers[1])
        let summary = whole.summary(of: RunDescription(name: "hour"))
        #expect(summary.totals[.exchanges] == Self.seconds * Self.rate)
        #expect(summary.timeline.reduce(0) { $0 + $1.exchanges } == Self.seconds * Self.rate)
    }

    private static func fill(
        _ worker: inout Aggregator, second: Int, _ latencies: [Nanoseconds],
        _ random: inout SeededRandom
    ) {
        let count = rate / 2
        var talk = ConversationRecord()
        for number in 0..<count {
            let draw = random.next()
            var exchange = Exchange()
            exchange.phase = .main
            exchange.step = StepID(index: number % 5)
            let service = latencies[Int(draw & 8_191)]
            exchange.end = .seconds(Int64(second)) + Nanoseconds(Int64(number * 100_000))
            exchange.sent = exchange.end - service
            exchange.firstByte = exchange.end - Nanoseconds(service.count / 10)
            exchange.intended = exchange.end - service - .microseconds(Int64(draw >> 60))
            exchange.reply = service
            exchange.status = 200
            if draw >> 32 & 0xFF == 0 {
                exchange.outcome = .failed(.http5xx)
                (exchange.status, exchange.detail) = (500 + number % 40, "busy: \(draw)")
            }
            worker.add(exchange)
            if number % 4 == 0 {
                (talk.iteration, talk.script) = (number, "refund")
                (talk.started, talk.ended) = (exchange.intended - .seconds(8), exchange.end)
                worker.add(talk)
            }
        }
    }

    /// In KB.
    private static var resident: Int {
        let status = (try? Files.contents(of: "/proc/self/status")) ?? []
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}
