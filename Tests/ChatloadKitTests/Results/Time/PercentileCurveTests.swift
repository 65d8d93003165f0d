import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct PercentileCurveTests {
    @Test(arguments: [1, 7, 100, 459, 5_000]) func valuesAreThoseOfTheirRanks(count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        var histogram = Histogram()
        for _ in 0..<count {
            histogram.record(Nanoseconds(seconds: random.logNormal(median: 0.1, sigma: 1)))
        }
        let curve = histogram.curve
        for (share, percentile) in [(0.5, Percentile.p50), (0.75, .p75), (0.9, .p90)] {
            let point = curve.first { $0.share == share }
            let honest = histogram.honestValue(at: percentile).map(Distribution.milliseconds)
            #expect(point?.value == honest)
        }
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.share < $1.share })
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.value <= $1.value })
        #expect(curve.first.map(\.share) == 0)
    }

    @Test func aTailWithoutSamplesIsNotDrawn() {
        var histogram = Histogram()
        #expect(histogram.curve == [])
        for _ in 0..<458 { histogram.record(.milliseconds(1)) }
        #expect(histogram.curve.allSatisfy { $0.share < 0.99 })
        for _ in 0..<200_000 { histogram.record(.milliseconds(1)) }
        let last = histogram.curve.last?.share ?? 0
        #expect(last > 0.999_95 && last < 0.999_98)
    }
}
