import Glibc
import Base
import Testing

/// Bounds are six standard errors wide or more, and the seeds are fixed: nothing here is left to luck.
@Suite struct SeededRandomTests {
    private static let draws = 100_000

    @Test func theSequenceFollowsFromTheSeed() {
        var one = SeededRandom(seed: 42)
        var two = SeededRandom(seed: 42)
        var other = SeededRandom(seed: 43)
        let sequence = (0..<1_000).map { _ in one.next() }
        #expect(sequence == (0..<1_000).map { _ in two.next() })
        #expect(Set(sequence).isDisjoint(with: (0..<1_000).map { _ in other.next() }))
    }

    @Test func streamsAndTheirMembersAreIndependent() {
        // Every pair of neighbours differs in about half of its bits, whatever tells them apart.
        var firsts: [UInt64] = []
        for seed in 0..<8 as Range<UInt64> {
            for stream in 0..<8 as Range<UInt64> {
                for index in 0..<64 as Range<UInt64> {
                    var random = SeededRandom(seed: seed, stream: stream, index: index)
                    firsts.append(random.next())
                }
            }
        }
        #expect(Set(firsts).count == firsts.count)
        let differing = zip(firsts, firsts.dropFirst()).map { ($0 ^ $1).nonzeroBitCount }
        let mean = Double(differing.reduce(0, +)) / Double(differing.count)
        #expect(abs(mean - 32) < 0.4)
    }

    @Test func twoStreamsDoNotCorrelate() {
        var one = SeededRandom(seed: 1, stream: 1)
        var two = SeededRandom(seed: 1, stream: 2)
        let products = Moments(of: Self.draws) { (one.unit() - 0.5) * (two.unit() - 0.5) }
        #expect(abs(products.mean) < 0.002)
    }

    @Test func unitIsUniform() {
        var random = SeededRandom(seed: 3)
        var tenths = [Int](repeating: 0, count: 10)
        let moments = Moments(of: Self.draws) {
            let value = random.unit()
            tenths[min(max(Int(value * 10), 0), 9)] += 1
            #expect(value >= 0 && value < 1)
            return value
        }
        #expect(abs(moments.mean - 0.5) < 0.006)
        #expect(abs(moments.variance - 1.0 / 12) < 0.002)
        #expect(tenths.allSatisfy { abs($0 - 10_000) < 600 })
    }

    @Test func normalIsStandard() {
        var random = SeededRandom(seed: 4)
        var beyondTwo = 0
        let moments = Moments(of: Self.draws) {
            let value = random.normal()
            if abs(value) > 2 { beyondTwo += 1 }
            return value
        }
        #expect(abs(moments.mean) < 0.02)
        #expect(abs(moments.variance - 1) < 0.03)
        #expect(abs(Double(beyondTwo) / Double(Self.draws) - 0.0455) < 0.004)
    }

    @Test func exponentialHasItsMean() {
        var random = SeededRandom(seed: 5)
        let moments = Moments(of: Self.draws) { random.exponential(mean: 20) }
        #expect(abs(moments.mean - 20) < 0.4)
        #expect(abs(moments.variance.squareRoot() - 20) < 0.6)
    }

    @Test func logNormalHasItsMedianAndItsSpread() {
        var random = SeededRandom(seed: 6)
        var below = 0
        let moments = Moments(of: Self.draws) {
            let value = random.logNormal(median: 800, sigma: 0.5)
            if value < 800 { below += 1 }
            return log(value)
        }
        #expect(abs(Double(below) / Double(Self.draws) - 0.5) < 0.01)
        #expect(abs(moments.mean - log(800)) < 0.01)
        #expect(abs(moments.variance.squareRoot() - 0.5) < 0.01)
    }
}

/// Mean and variance of a number of draws.
private struct Moments {
    var mean: Double
    var variance: Double

    init(of count: Int, _ draw: () -> Double) {
        let values = (0..<count).map { _ in draw() }
        mean = values.reduce(0, +) / Double(count)
        let center = mean
        variance = values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(count)
    }
}
