import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct HistogramTests {
    static let seeds: [UInt64] = [1, 2, 3, 4]

    /// Values whose sizes are spread evenly over all powers of two.
    static func values(_ count: Int, seed: UInt64) -> [Nanoseconds] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in
            Nanoseconds(Int64(random.next() >> (17 + random.next() % 46)))
        }
    }

    static func histogram(_ values: [Nanoseconds]) -> Histogram {
        var histogram = Histogram()
        for value in values { histogram.record(value) }
        return histogram
    }

    @Test func everyValueSharesASlotOnlyWithItsLikes() {
        let values = Self.values(50_000, seed: 5).map { UInt64($0.count) }
        let wrong = values.filter { value in
            let range = HistogramLayout.fine.values(of: HistogramLayout.fine.slot(of: value))
            let error = Double(range.upperBound - range.lowerBound) / Double(max(value, 1_000))
            return !range.contains(value) || error > 0.001
        }
        #expect(wrong == [])
    }

    @Test(arguments: [HistogramLayout.fine, .coarse])
    func slotsFollowOneAnotherWithoutGaps(layout: HistogramLayout) {
        let last = layout.slot(of: HistogramLayout.highest)
        let gaps = (0..<last).filter {
            layout.values(of: $0).upperBound + 1 != layout.values(of: $0 + 1).lowerBound
        }
        #expect(gaps == [])
        #expect(layout.values(of: last).upperBound == HistogramLayout.highest)
    }

    @Test(arguments: seeds) func mergedEqualsRecordedTogether(seed: UInt64) {
        let values = Self.values(3_000, seed: seed)
        let parts = [values[..<10], values[10..<1_000], values[1_000...]]
            .map { Self.histogram(Array($0)) }
        let whole = Self.histogram(values.reversed())
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            var merged = Histogram()
            for part in order { merged.merge(parts[part]) }
            #expect(merged == whole)
            #expect(merged.brokenInvariant == nil)
        }
        var right = parts[1]
        right.merge(parts[2])
        var grouped = parts[0]
        grouped.merge(right)
        #expect(grouped == whole)
    }

    @Test(arguments: seeds) func quantilesMatchTheSortedValues(seed: UInt64) throws {
        let values = Self.values(Int(seed) * 1_234, seed: seed)
        let histogram = Self.histogram(values)
        let sorted = values.sorted()
        for parts in [1, 1_000, 50_000, 75_000, 90_000, 95_000, 99_000, 99_900, 100_000] {
            let percentile = Percentile(parts: parts)
            let exact = sorted[Int(percentile.rank(of: sorted.count)) - 1]
            let value = try #require(histogram.value(at: percentile))
            #expect(value >= exact)
            #expect(value <= sorted[sorted.count - 1] && value >= sorted[0])
            #expect(Double((value - exact).count) <= Double(exact.count) / 1_024)
        }
    }

    @Test func countLeastGreatestMeanAndDeviationAreExact() {
        let histogram = Self.histogram([2, 4, 4, 4, 5, 5, 7, 9].map { Nanoseconds.seconds($0) })
        #expect(histogram.count == 8)
        #expect(histogram.min == .seconds(2))
        #expect(histogram.max == .seconds(9))
        #expect(histogram.mean == .seconds(5))
        #expect(histogram.standardDeviation == .seconds(2))
    }

    @Test func aSmallSpreadOnALargeValueIsNotLost() throws {
        var histogram = Histogram()
        for number in 0..<100_000 {
            histogram.record(.seconds(3_600) + Nanoseconds(number.isMultiple(of: 2) ? -50 : 50))
        }
        #expect(histogram.standardDeviation == Nanoseconds(50))
    }

    @Test func valuesOutsideTheRangeCountAtItsEnds() {
        let histogram = Self.histogram([Nanoseconds(-5), .never])
        #expect(histogram.min == .zero)
        #expect(histogram.max == Histogram.highest)
        #expect(histogram.brokenInvariant == nil)
    }

    @Test func nothingHasNoFigures() {
        let histogram = Histogram()
        #expect(histogram.mean == nil && histogram.standardDeviation == nil)
        #expect(histogram.value(at: .p50) == nil && histogram.min == nil && histogram.max == nil)
        #expect(histogram.brokenInvariant == nil)
    }

    @Test(arguments: [
        (Percentile.p50, 7), (.p75, 17), (.p90, 44), (.p95, 90), (.p99, 459), (.p99_9, 4_603),
    ])
    func aPercentileNeedsSamples(percentile: Percentile, needed: Int) {
        #expect(percentile.samplesNeeded == needed)
        let few = Self.histogram(Array(repeating: .milliseconds(1), count: needed - 1))
        #expect(few.honestValue(at: percentile) == nil)
        let enough = Self.histogram(Array(repeating: .milliseconds(1), count: needed))
        #expect(enough.honestValue(at: percentile) == .milliseconds(1))
    }

    @Test func countsByIntervalAddUp() {
        let histogram = Self.histogram(Self.values(10_000, seed: 9))
        #expect(histogram.counts(between: PreferredNumbers.twentieths).reduce(0, +) == 10_000)
        let small = Self.histogram([.microseconds(1), .microseconds(2), .microseconds(3)])
        let bins = HistogramBin.bins(of: small)
        #expect(bins.count == 10 && bins.map(\.count).reduce(0, +) == 3)
        #expect(bins.first?.from == 0.001 && bins.last?.from == 0.002_8)
        let coarse = HistogramBin.coarse(bins)
        #expect(coarse.map(\.count) == [1, 2])
        #expect(coarse.map(\.from) == [0.001, 0.002])
        #expect(coarse.map(\.to) == [0.002, 0.005])
    }
}
