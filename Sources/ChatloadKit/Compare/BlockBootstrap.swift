import Base
import Networking

/// Block bootstrap over the time of all runs of one side: its slices are redrawn in blocks of four
/// lengths, first as they are, then in blocks twice as long each time.
///
/// Exchanges of the same second, stall or conversation are alike, so single exchanges must not be
/// taken for independent. Whole blocks of time are drawn instead (E. Carlstein, Annals of
/// Statistics 14, 1986), and how long a block must be is found as H. Flyvbjerg and H. G. Petersen
/// do (Journal of Chemical Physics 91, 1989): joining neighbours makes the standard error grow until
/// the blocks are longer than what ties exchanges together. At most 64 blocks cost little:
/// B. Schmeiser (Operations Research 30, 1982) finds that more than 30 hardly add anything.
struct BlockBootstrap: Sendable {
    /// Blocks of one length.
    private struct BlockLength: Sendable {
        /// The block in which each slice lies.
        let blocks: [Int]
        /// How many blocks there are of each run.
        let strata: [Int]
        let draws: Resamples

        init(
            blocks: [Int], strata: [Int], _ resampling: Side.Resampling,
            _ random: inout SeededRandom
        ) {
            (self.blocks, self.strata) = (blocks, strata)
            draws = Resamples(strata: strata, count: resampling.draws, random: &random)
        }

        /// Sums over the blocks of what the slices have.
        func sums(_ values: [Double]) -> [Double] {
            var sums = [Double](repeating: 0, count: strata.reduce(0, +))
            for (slice, block) in blocks.enumerated() { sums[block] += values[slice] }
            return sums
        }

        /// The blocks of each run, by their numbers.
        private var runs: [Range<Int>] {
            var first = 0
            return strata.map { size in
                defer { first += size }
                return first..<first + size
            }
        }

        /// The blocks with anything in them, less one for each run.
        func degrees(_ wholes: [Double]) -> Int {
            runs.reduce(0) { $0 + max(0, wholes[$1].count { $0 > 0 } - 1) }
        }

        /// Whether a block that lies above the run's ratio is followed by another one more often than
        /// by chance: the first autocorrelation of what deviates from the ratio, times √n, above ½.
        func neighboursAreAlike(_ parts: [Double], _ wholes: [Double]) -> Bool {
            var (products, squares) = (0.0, 0.0)
            for run in runs {
                let whole = wholes[run].reduce(0, +)
                let ratio = whole > 0 ? parts[run].reduce(0, +) / whole : 0
                var last = 0.0
                for place in run {
                    let rest = parts[place] - ratio * wholes[place]
                    products += rest * last
                    squares += rest * rest
                    last = rest
                }
            }
            return squares > 0 && products / squares * Double(parts.count).squareRoot() > 0.5
        }
    }

    /// The most doublings: in the longest blocks a run has 5 to 8 of them.
    private static let doublings: Int64 = 3
    /// Of fewer blocks with anything in them no standard error is made.
    private static let leastDegrees = 4

    /// Run after run.
    let slices: [Slice]
    /// From the shortest on.
    private let lengths: [BlockLength]
    /// Whole runs as blocks; nil where there is only one.
    private let runs: BlockLength?

    /// The bootstrap of these runs' slices; `place` tells those of a side apart, which must not be
    /// drawn alike.
    init(_ runs: [TimeSlices], _ resampling: Side.Resampling, place: Int) {
        var random = SeededRandom(
            seed: resampling.seed, stream: resampling.stream, index: UInt64(place))
        let runs = runs.filter { !$0.slices.isEmpty }
        slices = runs.flatMap(\.slices)
        var lengths: [BlockLength] = []
        for doubling in 0...Self.doublings {
            let places = runs.map { run in
                run.slices.indices.map { slice in
                    Int((run.first + Int64(slice)) >> doubling - run.first >> doubling)
                }
            }
            let strata = places.map { ($0.last ?? 0) + 1 }
            var (blocks, first): ([Int], Int) = ([], 0)
            for (run, size) in zip(places, strata) {
                blocks += run.map { $0 + first }
                first += size
            }
            lengths.append(BlockLength(blocks: blocks, strata: strata, resampling, &random))
        }
        self.lengths = lengths
        let ofRuns = runs.enumerated().flatMap { index, run in run.slices.map { _ in index } }
        self.runs =
            runs.count < 2
            ? nil : BlockLength(blocks: ofRuns, strata: [runs.count], resampling, &random)
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
        guard let within = within(parts, wholes, statistic) else { return nil }
        guard let runs else { return within }
        let sums = (parts: runs.sums(parts), wholes: runs.sums(wholes))
        guard let size = runs.draws.deviation(of: sums.parts, to: sums.wholes, statistic) else {
            return nil
        }
        return within.joined(
            with: StandardError(size: size, degrees: Double(sums.parts.count - 1)))
    }

    /// In how many blocks of the third length, of which a run has 9 to 16, something happened: (Σx)² /
    /// Σx², which is their number where it is spread evenly, and 1 where one has it all (Kish's
    /// effective size).
    func spread(of parts: [Double]) -> Double {
        let sums = lengths[2].sums(parts)
        let sum = sums.reduce(0, +)
        let squares = sums.reduce(0) { $0 + $1 * $1 }
        return squares > 0 ? sum * sum / squares : 0
    }

    /// Takes longer blocks as long as neighbours are alike, and the greatest standard error met up to
    /// one length further than that.
    private func within(
        _ parts: [Double], _ wholes: [Double], _ statistic: (Double) -> Double
    ) -> StandardError? {
        var found: StandardError?
        var isSettled = false
        for length in lengths {
            let (parts, wholes) = (length.sums(parts), length.sums(wholes))
            let degrees = length.degrees(wholes)
            guard degrees >= Self.leastDegrees,
                let size = length.draws.deviation(of: parts, to: wholes, statistic)
            else { break }
            let known = isSettled ? found?.degrees : nil
            found = StandardError(
                size: max(size, found?.size ?? 0), degrees: known ?? Double(degrees))
            if isSettled { break }
            isSettled = !length.neighboursAreAlike(parts, wholes)
        }
        return found
    }
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
