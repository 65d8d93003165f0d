import Base
import Networking

/// The time of all runs of one side, cut into stretches that are redrawn: on the first rung the
/// slices as they are, on each further rung stretches twice as long.
///
/// Exchanges of the same second, stall or conversation are alike, so single exchanges must not be
/// taken for independent. Whole stretches of time are drawn instead (E. Carlstein, Annals of
/// Statistics 14, 1986), and how long a stretch must be is found as H. Flyvbjerg and H. G. Petersen
/// do (Journal of Chemical Physics 91, 1989): joining neighbours makes the standard error grow until
/// the stretches are longer than what ties exchanges together. At most 64 stretches cost little:
/// B. Schmeiser (Operations Research 30, 1982) finds that more than 30 hardly add anything.
struct BlockBootstrap: Sendable {
    /// Stretches of one length.
    private struct BlockLength: Sendable {
        /// The stretch in which each slice lies.
        let stretches: [Int]
        /// How many stretches there are of each run.
        let strata: [Int]
        let draws: Resamples

        /// Sums over the stretches of what the slices have.
        func sums(_ values: [Double]) -> [Double] {
            var sums = [Double](repeating: 0, count: strata.reduce(0, +))
            for (slice, stretch) in stretches.enumerated() { sums[stretch] += values[slice] }
            return sums
        }
    }

    /// The most rungs: on the last one a run has 5 to 8 stretches.
    private static let height = 4
    /// Of fewer stretches with anything in them no standard error is made.
    private static let leastDegrees = 4

    /// Run after run.
    let slices: [Slice]
    private let rungs: [BlockLength]
    /// Whole runs as stretches; nil where there is only one.
    private let runs: BlockLength?

    init(_ runs: [TimeSlices], draws: Int, random: inout SeededRandom) {
        let runs = runs.filter { !$0.slices.isEmpty }
        slices = runs.flatMap(\.slices)
        var rungs: [BlockLength] = []
        for height in 0..<Int64(Self.height) {
            rungs.append(Self.rung(runs, draws, &random) { $0 >> height })
        }
        self.rungs = rungs
        let places = runs.enumerated().flatMap { index, run in run.slices.map { _ in index } }
        self.runs =
            runs.count < 2
            ? nil
            : BlockLength(
                stretches: places, strata: [runs.count],
                draws: Resamples(strata: [runs.count], count: draws, random: &random))
    }

    private static func rung(
        _ runs: [TimeSlices], _ draws: Int, _ random: inout SeededRandom,
        stretch: (Int64) -> Int64
    ) -> BlockLength {
        var stretches: [Int] = []
        var strata: [Int] = []
        var first = 0
        for run in runs {
            let start = stretch(run.first)
            let places = run.slices.indices.map { Int(stretch(run.first + Int64($0)) - start) }
            strata.append((places.last ?? 0) + 1)
            stretches += places.map { $0 + first }
            first += (places.last ?? 0) + 1
        }
        return BlockLength(
            stretches: stretches, strata: strata,
            draws: Resamples(strata: strata, count: draws, random: &random))
    }

    /// The standard error of `statistic` of the ratio Σ`parts` / Σ`wholes`, of each of which every
    /// slice has one; nil where there are too few stretches.
    ///
    /// With several runs it has two parts. Within runs their stretches are redrawn, and between
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

    /// In how many stretches of the third rung, of which a run has 9 to 16, something happened: (Σx)² /
    /// Σx², which is their number where it is spread evenly, and 1 where one has it all (Kish's
    /// effective size).
    func spread(of parts: [Double]) -> Double {
        let sums = rungs[2].sums(parts)
        let sum = sums.reduce(0, +)
        let squares = sums.reduce(0) { $0 + $1 * $1 }
        return squares > 0 ? sum * sum / squares : 0
    }

    /// Climbs as long as neighbouring stretches are alike, and takes the greatest standard error met
    /// up to one rung further than that.
    private func within(
        _ parts: [Double], _ wholes: [Double], _ statistic: (Double) -> Double
    ) -> StandardError? {
        var found: StandardError?
        var isSettled = false
        for rung in rungs {
            let series = Series(
                parts: rung.sums(parts), wholes: rung.sums(wholes), strata: rung.strata)
            guard series.degrees >= Self.leastDegrees,
                let size = rung.draws.deviation(of: series.parts, to: series.wholes, statistic)
            else { break }
            let degrees = isSettled ? found?.degrees : nil
            found = StandardError(
                size: max(size, found?.size ?? 0), degrees: degrees ?? Double(series.degrees))
            if isSettled { break }
            isSettled = !series.neighboursAreAlike
        }
        return found
    }
}

/// Sums over stretches of time, run after run.
struct Series {
    let parts: [Double]
    let wholes: [Double]
    let strata: [Int]

    /// The stretches with anything in them, less one for each run.
    var degrees: Int {
        var degrees = 0
        var first = 0
        for size in strata {
            degrees += max(0, wholes[first..<first + size].count { $0 > 0 } - 1)
            first += size
        }
        return degrees
    }

    /// Whether a stretch that lies above the run's ratio is followed by another one more often than
    /// by chance: the first autocorrelation of what deviates from the ratio, times √n, above ½.
    var neighboursAreAlike: Bool {
        var (products, squares) = (0.0, 0.0)
        var first = 0
        for size in strata {
            let run = first..<first + size
            let whole = wholes[run].reduce(0, +)
            let ratio = whole > 0 ? parts[run].reduce(0, +) / whole : 0
            var last = 0.0
            for place in run {
                let rest = parts[place] - ratio * wholes[place]
                products += rest * last
                squares += rest * rest
                last = rest
            }
            first += size
        }
        return squares > 0 && products / squares * Double(parts.count).squareRoot() > 0.5
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
        return values.count * 2 < count ? nil : Self.deviation(of: values)
    }

    private static func deviation(of values: [Double]) -> Double? {
        if values.count < 2 { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }
}
