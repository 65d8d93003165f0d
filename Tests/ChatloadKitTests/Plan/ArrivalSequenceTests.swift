import Base
import Networking
import Testing

@testable import ChatloadKit

/// The open model's schedule: distribution, drift and shape of the generated times.
@Suite struct ArrivalSequenceTests {
    private static func gaps(
        _ process: ArrivalProcess, rate: Double, count: Int, seed: UInt64 = 7
    ) -> [Double] {
        var sequence = ArrivalSequence(process, along: LoadCurve(constant: rate), seed: seed)
        var before = sequence.next()?.seconds ?? 0
        return (0..<count).map { _ in
            let time = sequence.next()?.seconds ?? .nan
            defer { before = time }
            return time - before
        }
    }

    /// The greatest distance between the sample's distribution and the theoretical one, times √n; by
    /// Kolmogorov's distribution above 1.63 in one of a hundred samples only.
    private static func kolmogorovSmirnov(
        _ sample: [Double], _ distribution: (Double) -> Double
    ) -> Double {
        let count = Double(sample.count)
        let distance = sample.sorted().enumerated().reduce(0.0) { worst, entry in
            let expected = distribution(entry.element)
            let place = Double(entry.offset)
            return max(worst, expected - place / count, (place + 1) / count - expected)
        }
        return distance * count.squareRoot()
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func poissonGapsAreExponential(seed: UInt64) {
        let gaps = Self.gaps(.poisson, rate: 200, count: 20_000, seed: seed)
        #expect(Self.kolmogorovSmirnov(gaps) { 1 - exponential(-200 * $0) } < 1.63)
    }

    @Test(arguments: [3, 50, 5_000, 0.2])
    func constantGapsAreEqual(rate: Double) {
        let gaps = Self.gaps(.constant, rate: rate, count: 5_000)
        // The distribution is a step: at most the rounding to a nanosecond at either end is off.
        #expect(gaps.allSatisfy { abs($0 - 1 / rate) < 2e-9 })
        var sequence = ArrivalSequence(.constant, along: LoadCurve(constant: rate), seed: 1)
        #expect(sequence.next() == .zero)
    }

    /// Arrival times of a constant process over random phases are uniform within any window.
    @Test func constantArrivalsAreUniformInAWindow() {
        var sequence = ArrivalSequence(.constant, along: LoadCurve(constant: 333), seed: 1)
        let times = (0..<3_330).compactMap { _ in sequence.next()?.seconds }
        #expect(Self.kolmogorovSmirnov(times) { $0 / 10 } < 1.63)
    }

    @Test(arguments: [0.1, 0.25, 0.5, 1, 2, 4, 16])
    func gammasBurstinessIsRealised(burstiness: Double) {
        let process = ArrivalProcess.gamma(burstiness: burstiness)
        let gaps = Self.gaps(process, rate: 100, count: 200_000)
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        let realised = mean * mean / variance
        #expect(abs(mean * 100 - 1) < 0.03)
        #expect(abs(realised / burstiness - 1) < 0.05)
        #expect(abs(variance.squareRoot() / mean / process.variation - 1) < 0.05)
    }

    @Test func gammaOfShapeOneIsPoisson() {
        let gaps = Self.gaps(.gamma(burstiness: 1), rate: 10, count: 20_000)
        #expect(Self.kolmogorovSmirnov(gaps) { 1 - exponential(-10 * $0) } < 1.63)
    }

    @Test func nothingDriftsInAnHour() {
        let rate = 997.0
        var sequence = ArrivalSequence(.constant, along: LoadCurve(constant: rate), seed: 1)
        var worst: Int64 = 0
        for number in 0..<Int64(3_600 * 997) {
            let exact = (Double(number) * 1e9 / rate).rounded()
            let time = sequence.next()?.count ?? 0
            worst = max(worst, abs(time - Int64(exact)))
        }
        #expect(worst <= 1)
    }

    @Test(arguments: [ArrivalProcess.constant, .poisson, .gamma(burstiness: 0.3)])
    func rampsAreFollowed(process: ArrivalProcess) {
        let curve = LoadCurve(
            from: 0,
            through: [
                LoadStage(length: .seconds(100), level: 200),
                LoadStage(length: .seconds(50), level: 200),
                LoadStage(length: .seconds(100), level: 0),
            ])
        var sequence = ArrivalSequence(process, along: curve, seed: 11)
        var times: [Double] = []
        while let time = sequence.next() { times.append(time.seconds) }
        // The integral: 10,000 up, 10,000 along, 10,000 down.
        #expect(abs(Double(times.count) - 30_000) < 1_000)
        for (from, to) in [(0.0, 50.0), (50, 100), (100, 150), (150, 200), (200, 250)] {
            let expected =
                curve.area(until: Nanoseconds(seconds: to))
                - curve.area(until: Nanoseconds(seconds: from))
            let count = Double(times.filter { from <= $0 && $0 < to }.count)
            // Four standard deviations of a count whose gaps vary this much.
            let allowed = 4 * process.variation * expected.squareRoot() + 1.5
            #expect(abs(count - expected) <= allowed, "\(from)…\(to): \(count) of \(expected)")
        }
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        #expect((times.last ?? 0) <= 250)
    }

    @Test func theSameSeedGivesTheSameSchedule() {
        let first = Self.gaps(.gamma(burstiness: 0.5), rate: 50, count: 1_000)
        #expect(Self.gaps(.gamma(burstiness: 0.5), rate: 50, count: 1_000) == first)
        #expect(Self.gaps(.gamma(burstiness: 0.5), rate: 50, count: 1_000, seed: 8) != first)
    }
}
