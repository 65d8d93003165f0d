import Base
import Networking

/// Block bootstrap over the time of all runs of one side: its slices are redrawn in blocks, whose
/// length is that of `TimeBlocks`.
struct BlockBootstrap: Sendable {
    /// Run after run.
    let slices: [Slice]
    private let blocks: TimeBlocks
    /// Of each length of blocks.
    private let draws: [Resamples]
    /// Whole runs as blocks; nil where there is only one.
    private let runs: (blocks: TimeBlocks.Length, draws: Resamples)?

    /// The bootstrap of these runs' slices; `place` tells those of a side apart, which must not be
    /// drawn alike.
    init(_ runs: [TimeSlices], _ resampling: Side.Resampling, place: Int) {
        var random = SeededRandom(
            seed: resampling.seed, stream: resampling.stream, index: UInt64(place))
        func resamples(_ length: TimeBlocks.Length) -> Resamples {
            Resamples(strata: length.strata, count: resampling.draws, random: &random)
        }
        let runs = runs.filter { !$0.slices.isEmpty }
        slices = runs.flatMap(\.slices)
        blocks = TimeBlocks(runs.map { ($0.first, $0.slices.count) })
        draws = blocks.lengths.map(resamples)
        let ofRuns = runs.enumerated().flatMap { index, run in run.slices.map { _ in index } }
        let whole = TimeBlocks.Length(blocks: ofRuns, strata: [runs.count])
        self.runs = runs.count < 2 ? nil : (whole, resamples(whole))
    }

    /// The standard error of `statistic` of the ratio Σ`parts` / Σ`wholes`, of each of which every
    /// slice has one; nil where there are too few blocks.
    ///
    /// With several runs it has two parts. Within runs their blocks are redrawn, and between
    /// runs whole runs are; both are added, which errs on the careful side, since runs differ by what
    /// happens within them already.
    func standardError(
        of parts: [Double], to wholes: [Double], _ statistic: (Double) -> Double = { $0 }
    ) -> StandardError? {
        let within = blocks.standardError(of: parts, to: wholes) { place, parts, wholes in
            draws[place].deviation(of: parts, to: wholes, statistic)
        }
        guard let within, let runs else { return within }
        let sums = (parts: runs.blocks.sums(parts), wholes: runs.blocks.sums(wholes))
        guard let size = runs.draws.deviation(of: sums.parts, to: sums.wholes, statistic) else {
            return nil
        }
        return within.joined(
            with: StandardError(size: size, degrees: Double(sums.parts.count - 1)))
    }

    /// In how many blocks something happened (`TimeBlocks.spread`).
    func spread(of parts: [Double]) -> Double { blocks.spread(of: parts) }
}

/// Random redraws of units with replacement: how often each unit counts in each of them.
///
/// Of the n units of a stratum n − 1 are drawn and count n/(n − 1) times each, which makes the spread
/// of a mean over the redraws an unbiased estimate of its variance also for small n (P. J. McCarthy
/// and C. B. Snowden, The Bootstrap and Finite Population Sampling, 1985; J. N. K. Rao and
/// C. F. J. Wu, JASA 83, 1988). A stratum of one unit always counts as it is.
struct Resamples: Sendable {
    let count: Int
    private let units: Int
    /// Draw by draw, a weight for each unit.
    private let weights: [Double]

    init(strata: [Int], count: Int, random: inout SeededRandom) {
        let units = strata.reduce(0, +)
        var weights = [Double](repeating: 0, count: units * count)
        for draw in 0..<count {
            var first = draw * units
            for size in strata {
                if size == 1 { weights[first] = 1 }
                let weight = Double(size) / Double(max(size - 1, 1))
                for _ in 1..<max(size, 1) {
                    weights[first + Int(random.next(upperBound: UInt64(size)))] += weight
                }
                first += size
            }
        }
        self.count = count
        self.units = units
        self.weights = weights
    }

    /// The standard deviation, over the redraws, of `statistic` of the ratio of two sums; nil where
    /// hardly any redraw has a ratio.
    func deviation(
        of parts: [Double], to wholes: [Double], _ statistic: (Double) -> Double
    ) -> Double? {
        var values: [Double] = []
        values.reserveCapacity(count)
        weights.withUnsafeBufferPointer { weights in
            for draw in 0..<count {
                var (part, whole) = (0.0, 0.0)
                var place = draw &* units
                for unit in 0..<units {
                    part += weights[place] * parts[unit]
                    whole += weights[place] * wholes[unit]
                    place &+= 1
                }
                if whole > 0 { values.append(statistic(part / whole)) }
            }
        }
        if values.count * 2 < count || values.count < 2 { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }
}
