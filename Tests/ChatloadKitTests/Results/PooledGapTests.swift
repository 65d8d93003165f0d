import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// The gaps of many replies as one distribution.
@Suite struct PooledGapTests {
    static func reply(_ gaps: [Nanoseconds]) -> Exchange {
        var output = ReplyOutput()
        var time = Nanoseconds.milliseconds(10)
        output.take(.answer, at: time)
        for gap in gaps {
            time = time + gap
            output.take(.answer, at: time)
        }
        var exchange = Exchange()
        exchange.sent = .zero
        exchange.take(output, since: .zero)
        return exchange
    }

    /// Count, mean and greatest are exact, percentiles and the rest to the slots.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func theyAreThoseOfTheirGaps(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var pooled = Histogram(layout: .gaps)
        var exact = Histogram()
        for _ in 0..<60 {
            let gaps = (0..<Int(random.next(upperBound: UInt64(90))) + 1).map { _ in
                random.unit() < 0.05
                    ? .zero : Nanoseconds(seconds: random.logNormal(median: 0.02, sigma: 1))
            }
            guard let counts = Self.reply(gaps).pooledGaps else {
                #expect(gaps.allSatisfy { $0 == .zero })
                continue
            }
            for gap in gaps { exact.record(gap) }
            pooled.record(counts)
            try #require(pooled.isConsistent, "\(pooled.brokenInvariant ?? "")")
        }
        #expect(pooled.count == exact.count && pooled.max == exact.max)
        #expect(pooled.mean == exact.mean)
        for percentile in [Percentile.p50, .p90, .p99] {
            let (left, right) = (pooled.value(at: percentile), exact.value(at: percentile))
            let ratio = Double(left?.count ?? 0) / Double(right?.count ?? 1)
            #expect((1 - 1.0 / 500...1 + 1.0 / 200).contains(ratio), "\(percentile)")
        }
        let spread = pooled.standardDeviation?.seconds ?? 0
        #expect((0.98...1.02).contains(spread / (exact.standardDeviation?.seconds ?? 1)))
    }

    /// Whatever a log says, a histogram stays one.
    @Test func whatALogSaysLeavesAHistogram() throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<2_000 {
            var exchange = Exchange()
            (exchange.chunks, exchange.reads) = (9, 9)
            for _ in 0...random.next(upperBound: UInt64(4)) {
                exchange.gaps.add(
                    Int(random.next(upperBound: UInt64(1_000))) + 1,
                    inSlot: Int(random.next(upperBound: UInt64(10_240))))
            }
            exchange.firstToken = Nanoseconds(Int64(bitPattern: random.next()))
            exchange.lastToken = Nanoseconds(Int64(bitPattern: random.next()))
            exchange.longestGap = Nanoseconds(Int64(bitPattern: random.next()))
            exchange.replyTokens = Int(truncatingIfNeeded: random.next())
            exchange.firstTokens = Int(truncatingIfNeeded: random.next())
            var histogram = Histogram(layout: .gaps)
            histogram.record(try #require(exchange.pooledGaps))
            try #require(histogram.isConsistent, "\(histogram.brokenInvariant ?? "")")
            var tally = Tally(.step)
            tally.record(exchange)
            try #require(tally[.icl] == histogram)
        }
    }

    /// A reply that came in one reading has none, and neither has one that failed.
    @Test func someRepliesHaveNone() {
        #expect(Self.reply([]).pooledGaps == nil)
        #expect(Self.reply([.zero, .zero]).pooledGaps == nil)
        var failed = Self.reply([.milliseconds(5)])
        #expect(failed.pooledGaps?.sums.least == 5_000_000)
        failed.outcome = .failed(.closedEarly)
        #expect(failed.pooledGaps == nil)
    }

    /// HdrHistogram's readers take them at three digits, each at the end of its slot.
    @Test func theyAreTakenByOtherReaders() {
        var pooled = Histogram(layout: .gaps)
        for gap in [5, 20, 20, 70] as [Int64] {
            Self.reply([.milliseconds(gap), .milliseconds(1)]).pooledGaps.map { pooled.record($0) }
        }
        let fine = PackedHistogram(pooled).fine.histogram
        #expect(fine.count == pooled.count && fine.max == pooled.max && fine.layout == .fine)
        for percentile in [Percentile.p50, .p75, .p99] {
            #expect(fine.value(at: percentile) == pooled.value(at: percentile))
        }
    }
}
