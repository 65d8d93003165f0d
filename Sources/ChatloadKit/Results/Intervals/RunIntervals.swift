import Base
import Networking

/// Intervals of a run's figures, from its slices of time.
///
/// A percentile's is that of the share of values up to it (R. S. Woodruff, JASA 47, 1952): blocks of
/// time say how much that share varies, and the bounds are the percentiles that lie so much lower and
/// higher. A mean, a share and a rate are ratios of two sums over the blocks, and vary as the rests
/// about the ratio do (W. G. Cochran, Sampling Techniques, 1977, §6.3). No figure is taken to be known
/// better than as many independent values would make it.
///
/// What has no slices of its own, a step or the time to the first byte, is taken to hang together like
/// the run's latency that it is part of, by as much as it has of that one's values (L. Kish, Survey
/// Sampling, 1965, §5.4).
struct RunIntervals {
    /// How much more a figure varies than that of independent values, and what that is known by.
    private struct Effect {
        var variance = 1.0
        var degrees: Double
        var samples: Int

        /// The same of a part of those values.
        func standardError(_ independent: Double, of count: Int) -> StandardError {
            let share = samples > 0 ? min(1, Double(count) / Double(samples)) : 1
            return StandardError(
                size: independent * (1 + max(0, variance - 1) * share).squareRoot(),
                degrees: degrees)
        }
    }

    /// One of the statistics that have intervals.
    private struct Key: Hashable {
        var metric: DistributionMetric
        var statistic: Statistic
    }

    /// Those of a whole run that have intervals.
    static let metrics = DistributionMetric.allCases.filter { metric in
        metric.row.population == .successes
            && [.exchanges, .conversations, .replies].contains(metric.row.place)
    }
    /// So many steps have intervals, the first ones of the run.
    static let mostSteps = 100
    static let statistics: [Statistic] = [.mean, .p50, .p75, .p90, .p95, .p99, .p99_9]
    /// Values beyond a percentile must be spread over so many blocks of time: if most come from a stall
    /// or two, another run's percentile can be anything. What they are spread over also says how well
    /// their own number is known.
    private static let leastSpread = 2.5

    /// By the figures' names as thresholds have them.
    private(set) var intervals: [String: FigureInterval] = [:]

    let slices: RunSlices
    /// The slices that count for the part at hand.
    private(set) var counted: [Int] = []
    private var blocks = TimeBlocks([])
    private var halves: [TimeBlocks] = []
    private var scope = Threshold.Scope.run
    private var effects: [Key: Effect] = [:]
    /// Widths of Student's t by the degrees of freedom.
    private var widths: [Double: Double] = [:]

    init(_ slices: RunSlices) { self.slices = slices }

    /// Adds the figures of the whole run, or of its steady window.
    mutating func add(
        _ scope: Threshold.Scope, _ tally: Tally, _ totals: Totals,
        _ metrics: [DistributionMetric]
    ) {
        begin(scope)
        for (number, metric) in DistributionMetric.overTime.enumerated() {
            guard metrics.contains(metric) else { continue }
            addTimes(number, metric, tally[metric])
        }
        for metric in metrics where !metric.row.isOverTime { addBorrowed(metric, tally[metric]) }
        for metric in DerivedMetric.allCases {
            switch metric.row.formula {
            case .share: addShare(metric, totals)
            case .rate(let counter): addRate(metric, counter, totals)
            case .ofReplies: break
            }
        }
    }

    /// Adds the figures of a step. The whole run must be there.
    mutating func add(step name: String, _ tally: Tally) {
        scope = .step(name)
        for metric in DistributionMetric.overTime { addBorrowed(metric, tally[metric]) }
        guard let effect = effects[Key(metric: .response, statistic: .mean)] else { return }
        for metric in DerivedMetric.allCases where metric.row.isOfSteps {
            guard case .share(let part, let whole) = metric.row.formula else { continue }
            add(metric, share: tally[part], of: tally[whole], effect, drifts: false)
        }
    }

    /// Goes by the slices of a part of the run from now on.
    mutating func begin(_ scope: Threshold.Scope) {
        self.scope = scope
        effects = [:]
        let all = slices.counts.indices
        counted =
            scope == .steady
            ? all.filter { slices.steadySeconds[$0] * 2e9 >= Double(slices.span) } : Array(all)
        // What was played to warm up has no figures.
        while let first = counted.first, slices.counts[first].isEmpty { counted.removeFirst() }
        while let last = counted.last, slices.counts[last].isEmpty { counted.removeLast() }
        blocks = TimeBlocks([(0, counted.count)])
        let half = counted.count / 2
        halves = [half, counted.count - half].map { TimeBlocks([(0, $0)]) }
    }
}

/// Times.
extension RunIntervals {
    private mutating func addTimes(
        _ number: Int, _ metric: DistributionMetric, _ histogram: Histogram
    ) {
        guard histogram.count >= Estimate.leastSamples else { return }
        let known: [(Statistic, Percentile, Int)] = Self.statistics.compactMap { statistic in
            guard let percentile = statistic.percentile,
                let value = histogram.honestValue(at: percentile)
            else { return nil }
            let layout = metric.layout(beside: .fine)
            return (statistic, percentile, layout.slot(of: UInt64(clamping: value.count)))
        }
        let slots = Set(known.flatMap { [max(0, $0.2 - 1), $0.2] }).sorted()
        let times = slices.times(number, through: slots)
        let counts = counted.map { times.counts[$0] }
        addMean(metric, histogram, sums: counted.map { times.sums[$0] }, counts)
        let quantiles = Quantiles(histogram)
        for (statistic, percentile, slot) in known {
            func through(_ slot: Int) -> [Double] {
                let place = slots.firstIndex(of: max(0, slot)) ?? 0
                return counted.map { times.through[place][$0] }
            }
            let key = Key(metric: metric, statistic: statistic)
            let (parts, below) = (through(slot), through(slot - 1))
            guard let error = error(of: key, percentile, histogram.count, parts, below, counts)
            else { continue }
            let (share, known) = (percentile.share, Self.ratio(parts, counts))
            let drifts = drifts(parts, counts) { quantiles.value(at: share - ($0 - known)) }
            add(metric, statistic, histogram, quantiles, error, drifts: drifts)
        }
    }

    /// The error of the share of values up to a percentile, of which each slice has so many, so many
    /// below it, and so many in all; nil where not enough is known of it.
    private mutating func error(
        of key: Key, _ percentile: Percentile, _ count: Int, _ parts: [Double], _ below: [Double],
        _ counts: [Double]
    ) -> StandardError? {
        let share = percentile.share
        let independent = Statistics.errorOfShare(share, of: Double(count))
        guard let found = Self.error(blocks, parts, counts) else { return nil }
        var error = found.atLeast(independent)
        effects[key] = Effect(
            variance: (error.size * error.size) / (independent * independent),
            degrees: error.degrees, samples: count)
        let spread = blocks.spread(of: zip(counts, below).map(-))
        if spread < Self.leastSpread { return nil }
        error.degrees = min(error.degrees, 2 * (spread - 1))
        return error
    }

    private mutating func addMean(
        _ metric: DistributionMetric, _ histogram: Histogram, sums: [Double], _ counts: [Double]
    ) {
        guard let mean = histogram.mean, let deviation = histogram.standardDeviation,
            let found = Self.error(blocks, sums, counts)
        else { return }
        let independent = deviation.milliseconds / Double(histogram.count).squareRoot()
        let error = found.atLeast(independent)
        let ratio = independent > 0 ? error.size / independent : 1
        effects[Key(metric: metric, statistic: .mean)] = Effect(
            variance: ratio * ratio, degrees: error.degrees, samples: histogram.count)
        add(metric, mean: mean, error, drifts: drifts(sums, counts))
    }

    /// Adds what has no slices of its own.
    private mutating func addBorrowed(_ metric: DistributionMetric, _ histogram: Histogram) {
        guard histogram.count >= Estimate.leastSamples else { return }
        let quantiles = Quantiles(histogram)
        for statistic in Self.statistics {
            guard let effect = effects[Key(metric: metric.likeness, statistic: statistic)] else {
                continue
            }
            if let percentile = statistic.percentile {
                guard histogram.honestValue(at: percentile) != nil else { continue }
                let share = percentile.share
                let independent = Statistics.errorOfShare(share, of: Double(histogram.count))
                add(
                    metric, statistic, histogram, quantiles,
                    effect.standardError(independent, of: histogram.count), drifts: false)
            } else if let mean = histogram.mean, let deviation = histogram.standardDeviation {
                let independent = deviation.milliseconds / Double(histogram.count).squareRoot()
                add(
                    metric, mean: mean, effect.standardError(independent, of: histogram.count),
                    drifts: false)
            }
        }
    }

    /// Adds a percentile, whose share has this error. There is none where it reaches beyond what was
    /// measured, but for what drifts: that is to be seen, and ends with what was measured.
    private mutating func add(
        _ metric: DistributionMetric, _ statistic: Statistic, _ histogram: Histogram,
        _ quantiles: Quantiles, _ error: StandardError, drifts: Bool
    ) {
        guard let percentile = statistic.percentile, let value = histogram.value(at: percentile)
        else { return }
        let share = percentile.share
        let off = error.size * width(error.degrees)
        let isWithin = share - off > 0 && (1 - share - off) * Double(histogram.count) >= 1
        guard isWithin || drifts else { return }
        let milliseconds = Distribution.milliseconds(value)
        add(
            metric.row.name + "." + statistic.rawValue, metric.row.unit, milliseconds,
            min(milliseconds, quantiles.value(at: share - off)),
            max(milliseconds, quantiles.value(at: share + off)), drifts)
    }

    private mutating func add(
        _ metric: DistributionMetric, mean: Nanoseconds, _ error: StandardError, drifts: Bool
    ) {
        let (value, off) = (Distribution.milliseconds(mean), error.size * width(error.degrees))
        add(
            metric.row.name + ".mean", metric.row.unit, value, max(0, value - off), value + off,
            drifts)
    }
}

/// Shares and rates.
extension RunIntervals {
    private mutating func addRate(
        _ metric: DerivedMetric, _ counter: CounterMetric, _ totals: Totals
    ) {
        let seconds = scope == .steady ? slices.steadySeconds : slices.seconds
        let inLoad = counted.map { seconds[$0] > 0 ? 1.0 : 0 }
        let parts = zip(counted, inLoad).map {
            Double(slices.counts[$0].count(of: counter) ?? 0) * $1
        }
        let wholes = counted.map { seconds[$0] }
        guard totals.span[counter] >= Estimate.leastSamples, parts.contains(where: { $0 > 0 }),
            let error = Self.error(blocks, parts, wholes)
        else { return }
        let value = totals.rate(metric)
        let off = error.size * width(error.degrees)
        add(
            metric.row.name, .perSecond, value, max(0, value - off), value + off,
            drifts(parts, wholes))
    }

    private mutating func addShare(_ metric: DerivedMetric, _ totals: Totals) {
        guard case .share(let part, let whole) = metric.row.formula, metric.hasInterval,
            let (count, all) = totals.share(metric)
        else { return }
        let parts = counted.map { slices.counts[$0].count(of: part).map(Double.init) }
        let wholes = counted.map { slices.counts[$0].count(of: whole).map(Double.init) }
        guard let own = parts.all, let others = wholes.all, count > 0,
            let found = Self.error(blocks, own, others)
        else {
            let effect = effects[Key(metric: .response, statistic: .mean)]
            return effect.map { add(metric, share: count, of: all, $0, drifts: false) } ?? ()
        }
        let share = Double(count) / Double(all)
        let independent = Statistics.errorOfShare(share, of: Double(all))
        let ratio = independent > 0 ? max(1, found.size / independent) : 1
        let effect = Effect(variance: ratio * ratio, degrees: found.degrees, samples: all)
        add(metric, share: count, of: all, effect, drifts: drifts(own, others))
    }

    /// Adds a share by the score interval of E. B. Wilson (JASA 22, 1927), of as many independent
    /// values as these are worth: it says something of shares of nothing and everything too.
    private mutating func add(
        _ metric: DerivedMetric, share part: Int, of whole: Int, _ effect: Effect, drifts: Bool
    ) {
        guard whole >= Estimate.leastSamples else { return }
        let share = Double(part) / Double(whole)
        let size = effect.standardError(1, of: whole).size
        let number = Double(whole) / (size * size)
        let width = width(effect.degrees)
        let weight = 1 + width * width / number
        let middle = (share + width * width / (2 * number)) / weight
        let off =
            width / weight
            * (share * (1 - share) / number + width * width / (4 * number * number)).squareRoot()
        add(
            metric.row.name, .share, share, min(share, max(0, middle - off)),
            max(share, min(1, middle + off)), drifts)
    }
}

/// Errors and drift.
extension RunIntervals {
    private mutating func add(
        _ name: String, _ unit: MetricUnit, _ value: Double, _ low: Double, _ high: Double,
        _ drifts: Bool
    ) {
        let scale = unit == .share ? 1e6 : 1e3
        func rounded(_ value: Double) -> Double { (value * scale).rounded() / scale }
        intervals[scope.prefix + name] = FigureInterval(
            value: rounded(value), low: rounded(low), high: rounded(high), drifts: drifts)
    }

    /// The width of Student's t at the confidence of intervals.
    mutating func width(_ degrees: Double) -> Double {
        if let known = widths[degrees] { return known }
        let width = Statistics.width(confidence: FigureInterval.confidence, degrees: degrees)
        widths[degrees] = width
        return width
    }

    /// The ratio of two sums; 0 where there is none.
    static func ratio(_ parts: [Double], _ wholes: [Double]) -> Double {
        let whole = wholes.reduce(0, +)
        return whole > 0 ? parts.reduce(0, +) / whole : 0
    }

    /// The standard error of a ratio of two sums, by what is left of each block about it.
    private static func error(
        _ blocks: TimeBlocks, _ parts: [Double], _ wholes: [Double]
    ) -> StandardError? {
        blocks.standardError(of: parts, to: wholes) { _, parts, wholes in
            let whole = wholes.reduce(0, +)
            let number = Double(wholes.count { $0 > 0 })
            guard whole > 0, number > 1 else { return nil }
            let ratio = parts.reduce(0, +) / whole
            let squares = zip(parts, wholes).reduce(0) { sum, block in
                let rest = block.0 - ratio * block.1
                return sum + rest * rest
            }
            return (squares * number / (number - 1)).squareRoot() / whole
        }
    }

    /// The ratios of both halves, and the error of their difference; nil where too little tells.
    func halfRatios(
        _ parts: [Double], _ wholes: [Double]
    ) -> (first: Double, second: Double, error: StandardError)? {
        let half = parts.count / 2
        let sides = [0..<half, half..<parts.count].map {
            (Array(parts[$0]), Array(wholes[$0]))
        }
        guard let first = Self.error(halves[0], sides[0].0, sides[0].1),
            let second = Self.error(halves[1], sides[1].0, sides[1].1)
        else { return nil }
        let ratios = sides.map { Self.ratio($0.0, $0.1) }
        return (ratios[0], ratios[1], first.joined(with: second))
    }

    /// Whether the halves of a ratio differ beyond chance, and what follows from them by more than a
    /// hundredth.
    private func drifts(
        _ parts: [Double], _ wholes: [Double], _ value: (Double) -> Double = { $0 }
    ) -> Bool {
        guard let (first, second, error) = halfRatios(parts, wholes) else { return false }
        let distance = (second - first).magnitude
        let chance =
            error.size > 0
            ? 2 * Statistics.tail(distance / error.size, degrees: error.degrees)
            : distance > 0 ? 0 : 1
        if chance >= Self.driftChance { return false }
        let (before, after) = (value(first), value(second))
        return (after - before).magnitude > 0.01 * max(before, after)
    }

    /// How seldom halves of a run that does not drift are taken to differ.
    private static let driftChance = 0.01
}

extension LatencyInterval {
    /// Whether nothing but the warm-up ended in it.
    fileprivate var isEmpty: Bool { response.sums.count == 0 && failed == 0 }

    /// How many it has of what a share or a rate counts; nil where that is not kept over time.
    func count(of counter: CounterMetric) -> Int? {
        switch counter {
        case .exchanges: response.sums.count &+ failed
        case .succeeded: response.sums.count
        case .failed: failed
        case .rejected: rejected
        case .succeededTurns: turns
        case .outputTokens: tokens
        case .inputTokens: promptTokens
        case .totalTokens: tokens &+ promptTokens
        default: nil
        }
    }
}

extension DistributionMetric {
    /// The latency over time that it hangs together like, where it is none itself.
    fileprivate var likeness: DistributionMetric {
        row.isOverTime ? self : row.isOfStreams ? .ttft : .response
    }
}

extension [Double?] {
    /// All of them; nil where one is missing.
    fileprivate var all: [Double]? {
        let known = compactMap(\.self)
        return known.count == count ? known : nil
    }
}
