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
struct Ladder: Sendable {
    /// Stretches of one length.
    private struct Rung: Sendable {
        /// The stretch in which each slice lies.
        let stretches: [Int]
        /// How many stretches there are of each run.
        let strata: [Int]
        let draws: Draws

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
    private let rungs: [Rung]
    /// Whole runs as stretches; nil where there is only one.
    private let runs: Rung?

    init(_ runs: [TimeSlices], draws: Int, random: inout SeededRandom) {
        let runs = runs.filter { !$0.slices.isEmpty }
        slices = runs.flatMap(\.slices)
        var rungs: [Rung] = []
        for height in 0..<Int64(Self.height) {
            rungs.append(Self.rung(runs, draws, &random) { $0 >> height })
        }
        self.rungs = rungs
        let places = runs.enumerated().flatMap { index, run in run.slices.map { _ in index } }
        self.runs =
            runs.count < 2
            ? nil
            : Rung(
                stretches: places, strata: [runs.count],
                draws: Draws(strata: [runs.count], count: draws, random: &random))
    }

    private static func rung(
        _ runs: [TimeSlices], _ draws: Int, _ random: inout SeededRandom,
        stretch: (Int64) -> Int64
    ) -> Rung {
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
        return Rung(
            stretches: stretches, strata: strata,
            draws: Draws(strata: strata, count: draws, random: &random))
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
