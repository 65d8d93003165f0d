/// Blocks of time of one run or of several: their slices joined to four lengths, first as they are, then
/// in blocks twice as long each time.
///
/// Exchanges of the same second, stall or conversation are alike, so single exchanges must not be
/// taken for independent. Whole blocks of time are taken instead (E. Carlstein, Annals of
/// Statistics 14, 1986), and how long a block must be is found as H. Flyvbjerg and H. G. Petersen
/// do (Journal of Chemical Physics 91, 1989): joining neighbours makes the standard error grow until
/// the blocks are longer than what ties exchanges together. At most 64 blocks cost little:
/// B. Schmeiser (Operations Research 30, 1982) finds that more than 30 hardly add anything.
struct TimeBlocks: Sendable {
    /// Blocks of one length.
    struct Length: Sendable {
        /// The block in which each slice lies.
        let blocks: [Int]
        /// How many blocks there are of each run.
        let strata: [Int]

        /// Sums over the blocks of what the slices have.
        func sums(_ values: [Double]) -> [Double] {
            var sums = [Double](repeating: 0, count: strata.reduce(0, +))
            for (slice, block) in blocks.enumerated() { sums[block] += values[slice] }
            return sums
        }

        /// The blocks of each run, by their numbers.
        fileprivate var runs: [Range<Int>] {
            var first = 0
            return strata.map { size in
                defer { first += size }
                return first..<first + size
            }
        }

        /// The blocks with anything in them, less one for each run.
        fileprivate func degrees(_ wholes: [Double]) -> Int {
            runs.reduce(0) { $0 + max(0, wholes[$1].count { $0 > 0 } - 1) }
        }

        /// Whether a block that lies above the run's ratio is followed by another one more often than
        /// by chance: the first autocorrelation of what deviates from the ratio, times √n, above ½.
        fileprivate func neighboursAreAlike(_ parts: [Double], _ wholes: [Double]) -> Bool {
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

    /// From the shortest on.
    let lengths: [Length]

    /// The blocks of runs with so many slices each, of which the first has a number, since slices are
    /// joined where they would be in any other run.
    init(_ runs: [(first: Int64, count: Int)]) {
        lengths = (0...Self.doublings).map { doubling in
            var (blocks, strata, first): ([Int], [Int], Int) = ([], [], 0)
            for run in runs {
                let places = (0..<run.count).map { slice in
                    Int((run.first + Int64(slice)) >> doubling - run.first >> doubling)
                }
                let size = (places.last ?? 0) + 1
                blocks += places.map { $0 + first }
                strata.append(size)
                first += size
            }
            return Length(blocks: blocks, strata: strata)
        }
    }

    /// The standard error of the ratio Σ`parts` / Σ`wholes`, of each of which every slice has one;
    /// nil where there are too few blocks. It takes longer blocks as long as neighbours are alike, and
    /// the greatest standard error met up to one length further than that.
    ///
    /// - Parameter error: the error by the length with this place among `lengths`, of the sums over
    ///   its blocks.
    func standardError(
        of parts: [Double], to wholes: [Double],
        by error: (_ place: Int, _ parts: [Double], _ wholes: [Double]) -> Double?
    ) -> StandardError? {
        var found: StandardError?
        var isSettled = false
        for (place, length) in lengths.enumerated() {
            let (parts, wholes) = (length.sums(parts), length.sums(wholes))
            let degrees = length.degrees(wholes)
            guard degrees >= Self.leastDegrees, let size = error(place, parts, wholes) else {
                break
            }
            let known = isSettled ? found?.degrees : nil
            found = StandardError(
                size: max(size, found?.size ?? 0), degrees: known ?? Double(degrees))
            if isSettled { break }
            isSettled = !length.neighboursAreAlike(parts, wholes)
        }
        return found
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
}
