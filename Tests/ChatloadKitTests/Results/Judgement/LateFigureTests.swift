import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What the generator's own lateness has changed of the response times that are shown.
@Suite struct LateFigureTests {
    /// An exchange that took `service` and left `late`.
    static func exchange(
        _ service: Nanoseconds, late: Nanoseconds = .zero, step: Int = 0,
        _ change: (inout Exchange) -> Void = { _ in }
    ) -> Exchange {
        var exchange = Exchange()
        exchange.step = StepID(index: step)
        exchange.intended = .seconds(1)
        exchange.sent = exchange.intended + late
        exchange.end = exchange.intended + late + service
        exchange.bytesOut = 100
        change(&exchange)
        return exchange
    }

    struct Row: Sendable {
        var name: String
        var exchange: Exchange
        var isLate: Bool
    }

    static let rows = [
        Row(name: "punctual", exchange: exchange(.milliseconds(20)), isLate: false),
        Row(
            name: "0.3 ms, much of a fast response",
            exchange: exchange(.microseconds(200), late: .microseconds(300)), isLate: false),
        Row(
            name: "2 ms of 22", exchange: exchange(.milliseconds(20), late: .milliseconds(2)),
            isLate: true),
        Row(
            name: "2 ms of a second", exchange: exchange(.seconds(1), late: .milliseconds(2)),
            isLate: false),
        Row(
            name: "60 ms of a second", exchange: exchange(.seconds(1), late: .milliseconds(60)),
            isLate: true),
        Row(
            name: "held back by a quota",
            exchange: exchange(.milliseconds(20), late: .seconds(2)) { $0.throttled = .seconds(2) },
            isLate: false),
        Row(
            name: "connecting",
            exchange: exchange(.milliseconds(20), late: .milliseconds(50)) {
                ($0.dns, $0.connect, $0.tls) = (
                    .milliseconds(10), .milliseconds(10), .milliseconds(30)
                )
            }, isLate: false),
        Row(
            name: "a retry when the service said",
            exchange: exchange(.milliseconds(20), late: .seconds(1)) { $0.attempt = 2 },
            isLate: false),
        Row(
            name: "never sent",
            exchange: exchange(.milliseconds(20)) { $0.sent = nil }, isLate: false),
    ]

    @Test(arguments: rows) func aSampleIsLateByWhatItBears(row: Row) {
        #expect((row.exchange.responseInTime != nil) == row.isLate, "\(row.name)")
    }

    private func verdict(_ exchanges: [Exchange]) -> Verdict {
        var aggregator = Aggregator(steps: StepTable(names: ["say", "open"]))
        for exchange in exchanges { aggregator.add(exchange) }
        return aggregator.summary(of: RunDescription(name: "r")).verdict
    }

    @Test func aFigureThatStandsOnLateSamplesMakesTheRunSuspect() {
        let punctual = (0..<9_900).map { Self.exchange(.microseconds(20_000 + Int64($0 % 100))) }
        let late = (0..<40).map {
            Self.exchange(.milliseconds(20), late: .milliseconds(30 + Int64($0)))
        }
        let verdict = verdict(punctual + late)
        #expect(verdict.generator == .suspect && verdict.findings.first?.cause == .lateFigures)
        let material = verdict.lateFigures.filter(\.isMaterial)
        #expect(Set(material.map(\.statistic)) == ["p99_9", "max"])
        #expect(material.allSatisfy { $0.samples == 40 && $0.without < 20.2 })
        #expect(verdict.reasons.first?.hasPrefix("40 requests left late and are in") == true)
        #expect(verdict.reasons.first?.contains("p99.9 ") == true)
    }

    @Test func lateSamplesBehindSlowerOnesAreAFootnoteAtMost() {
        let verdict = verdict(
            (0..<1_000).map { Self.exchange(.milliseconds(Int64($0) + 20)) }
                + [Self.exchange(.milliseconds(20), late: .milliseconds(100))])
        #expect(verdict.generator == .valid && !verdict.lateFigures.contains(where: \.isMaterial))
    }

    @Test func nothingButLateSamplesIsNoFigureOfTheService() {
        let verdict = verdict(
            (0..<50).map { _ in Self.exchange(.milliseconds(20), late: .milliseconds(9)) })
        #expect(verdict.generator == .suspect)
        #expect(verdict.lateFigures.allSatisfy { $0.without == 20 && $0.isMaterial })
    }

    /// Where the slow ones are as often late as the fast ones, figures are what they are.
    @Test(arguments: 1...20) func aDozenLateSamplesOfFewMoveNothingByChance(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let verdict = verdict(
            (0..<150).map { number in
                Self.exchange(
                    Nanoseconds(seconds: random.exponential(mean: 0.08)),
                    late: number.isMultiple(of: 12) ? .milliseconds(3) : .zero)
            })
        #expect(verdict.generator == .valid, "seed \(seed): \(verdict.reasons)")
    }

    @Test func aStepIsJudgedLikeTheWholeRun() {
        let fast = (0..<20).map { _ in
            Self.exchange(.milliseconds(2), late: .milliseconds(5), step: 1)
        }
        let verdict = verdict(
            (0..<5_000).map { Self.exchange(.milliseconds(Int64($0 % 500))) } + fast)
        #expect(verdict.generator == .suspect)
        let material = verdict.lateFigures.filter(\.isMaterial)
        #expect(material.allSatisfy { $0.scope == .step && $0.step == "open" })
    }

    @Test(arguments: 1...10) func partsAddUpToTheWhole(seed: Int) {
        let run = SyntheticRun(seed: UInt64(seed), count: 900)
        var parts = (0..<3).map { _ in Aggregator(steps: run.aggregator.steps) }
        var whole = Aggregator(steps: run.aggregator.steps)
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<900 {
            let late = random.unit() < 0.1 ? random.unit() / 10 : 0
            let exchange = Self.exchange(
                Nanoseconds(seconds: random.exponential(mean: 0.05)),
                late: Nanoseconds(seconds: late))
            whole.add(exchange)
            parts[Int(random.next(upperBound: UInt64(3)))].add(exchange)
        }
        var sum = parts[2]
        sum.merge(parts[0])
        sum.merge(parts[1])
        #expect(sum.verdict == whole.verdict && !whole.verdict.lateFigures.isEmpty, "seed \(seed)")
        #expect(whole.judged.verdict == whole.verdict, "seed \(seed)")
    }
}
