import Glibc
import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct StatisticsTests {
    /// Values that tables print, to four digits.
    @Test(arguments: [
        (1.0, 0.95, 12.706), (2, 0.95, 4.303), (5, 0.95, 2.571), (10, 0.95, 2.228),
        (30, 0.95, 2.042), (120, 0.95, 1.980), (10, 0.99, 3.169), (30, 0.99, 2.750),
        (4, 0.90, 2.132), (1e9, 0.95, 1.960),
    ]) func studentsTIsAsPublished(degrees: Double, confidence: Double, published: Double) {
        let width = Statistics.width(confidence: confidence, degrees: degrees)
        #expect((width - published).magnitude < 0.000_6, "\(width)")
        let tail = Statistics.tail(published, degrees: degrees)
        #expect((tail * 2 - (1 - confidence)).magnitude < 0.000_1, "\(tail)")
        #expect((Statistics.tail(-published, degrees: degrees) + tail - 1).magnitude < 1e-9)
    }

    @Test func studentsTHasItsEnds() {
        #expect(Statistics.tail(0, degrees: 7) == 0.5)
        #expect(Statistics.tail(.infinity, degrees: 7) == 0)
        #expect(Statistics.tail(.nan, degrees: 7) == 1)
        #expect(Statistics.incompleteBeta(0.5, 2, 3) > 0.687_49)
        #expect(Statistics.incompleteBeta(0.5, 2, 3) < 0.687_51)
    }

    /// S. Holm's procedure as R's p.adjust does it.
    @Test func holmIsAsPublished() {
        let adjusted = Statistics.adjusted([0.01, 0.04, 0.03, 0.005].map { ($0, 1) })
        for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) {
            #expect((value - expected).magnitude < 1e-12)
        }
        #expect(Statistics.adjusted([]).isEmpty)
        #expect(Statistics.adjusted([(0.9, 1), (0.8, 1)]) == [1, 1])
    }

    @Test func weightsGiveTheMainFiguresMore() {
        let adjusted = Statistics.adjusted([(0.02, 0.5), (0.02, 0.25), (0.02, 0.25)])
        #expect((adjusted[0] - 0.04).magnitude < 1e-12)
        #expect((adjusted[1] - 0.04).magnitude < 1e-12)
        #expect((adjusted[2] - 0.04).magnitude < 1e-12)
        #expect(Statistics.adjusted([(0.02, 0), (0.02, 1)]) == [1, 0.02])
    }

    @Test func quantilesAreTheHistograms() {
        var random = SeededRandom(seed: 3, stream: 1)
        var histogram = Histogram()
        for _ in 0..<5_000 {
            histogram.record(Nanoseconds(seconds: random.logNormal(median: 0.1, sigma: 1)))
        }
        let quantiles = Quantiles(histogram)
        for percentile in [Percentile.p50, .p90, .p95, .p99, .p99_9] {
            let value = histogram.value(at: percentile)?.milliseconds ?? 0
            let found = quantiles.value(at: Double(percentile.parts) / 100_000)
            #expect((found / value - 1).magnitude < 0.002, "\(percentile)")
        }
        #expect(quantiles.value(at: -1) == quantiles.value(at: 0))
        #expect(quantiles.value(at: 2) == (histogram.max?.milliseconds ?? 0))
        #expect(Quantiles(Histogram()).value(at: 0.5) == 0)
    }

    @Test func standardErrorsAddUpAsWelchHasIt() {
        let sum = StandardError(size: 3, degrees: 10).joined(
            with: StandardError(size: 4, degrees: 20))
        #expect(sum.size == 5)
        // 25² / (9²/10 + 16²/20)
        #expect((sum.degrees - 625 / 20.9).magnitude < 1e-9)
        let nothing = StandardError(size: 0, degrees: 8).joined(
            with: StandardError(size: 0, degrees: 5))
        #expect(nothing == StandardError(size: 0, degrees: 5))
    }

    /// Of independent units, redraws give the textbook's standard error of a mean.
    @Test func redrawsGiveTheStandardErrorOfAMean() throws {
        var random = SeededRandom(seed: 5, stream: 1)
        let values = (0..<16).map { _ in random.normal() }
        let draws = Resamples(strata: [16], count: 4_000, random: &random)
        let found = try #require(
            draws.deviation(of: values, to: [Double](repeating: 1, count: 16)) { $0 })
        let mean = values.reduce(0, +) / 16
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let expected = (squares / 15 / 16).squareRoot()
        #expect((found / expected - 1).magnitude < 0.04, "\(found) \(expected)")
    }

    @Test func aSummarysPercentilesAreJoined() {
        var figures = Distribution()
        (figures.min, figures.p50, figures.p90, figures.max) = (1, 100, 1_000, 900)
        let known = KnownPercentiles(figures)
        // What a damaged file has does not make it fall.
        for (share, value) in [(0, 1.0), (0.25, 10), (0.5, 100), (0.9, 1_000), (1, 1_000)] {
            #expect(((known.value(at: share) ?? 0) / value - 1).magnitude < 1e-9)
        }
        #expect(KnownPercentiles(Distribution()).value(at: 0.5) == nil)
    }
}
