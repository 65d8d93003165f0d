package import Base

/// Everything a report may show of two sides of runs: the content of `compare.json`, and the only
/// input of the reports of a comparison.
package struct Comparison: Codable, Equatable, Sendable {
    /// Which way one figure, or the whole, has gone.
    package enum Verdict: String, Codable, Sendable {
        /// A latency is lower, with evidence.
        case faster
        case slower
        /// A share or a rate is higher, with evidence; of the whole, where no latency differs.
        case more
        case fewer
        /// Of the whole: some latencies are lower and some higher, with evidence.
        case mixed
        /// Of the whole: no latency differs, but the throughput or the replies do.
        case changed
        /// Of the whole: a larger share of exchanges failed, with evidence.
        case failsMore = "fails more"
        case failsLess = "fails less"
        /// Of a latency: the shares of exchanges that succeeded differ, with evidence, so that it
        /// is the latency of other exchanges (survivorship bias) and no difference of the service.
        case biased
        /// The difference may be chance, or is too small to matter.
        case noEvidence = "no evidence"
        /// There is too little to tell what chance does.
        case tooFew = "too few samples"
    }

    /// How the comparison was made.
    package struct Settings: Codable, Equatable, Sendable {
        /// Of the intervals, and 1 minus the chance of one or more false verdicts.
        package var confidence = 0.95
        /// Differences up to this share of BASE's value count as none.
        package var margin = 0.01
        /// Latencies that differ by no more than this, in milliseconds by the statistic's name, count
        /// as equal: by so much the generator itself was late.
        package var lateness: [String: Double] = [:]
        /// How many redraws stand behind a standard error.
        package var draws = 2_000
        package var seed: UInt64 = 1

        package init() {}

        enum CodingKeys: String, CodingKey {
            case confidence, margin
            case lateness = "lateness_ms"
            case draws, seed
        }
    }

    /// The version of the file's format.
    package var schema = "chatload.compare/1"
    /// Why the figures must not be believed; empty unless a run is invalid. Named so that it comes
    /// first in the file.
    package var alarms: [String] = []
    package var verdict = Verdict.noEvidence
    /// The names of the figures that decide it, the most telling first.
    package var decisive: [String] = []
    /// What makes the sides hard to compare, a sentence each.
    package var warnings: [String] = []
    /// What else a reader must know, a sentence each.
    package var notes: [String] = []
    package var settings = Settings()
    package var base = ComparedSide()
    package var new = ComparedSide()
    /// In what the runs differ besides their figures.
    package var differences: [SettingDifference] = []
    /// What `--fail-on` asked for.
    package var limits: [LimitOutcome] = []
    package var figures: [FigureDifference] = []
    package var curves: [ComparedCurves] = []

    init() {}
}

/// The runs of one side.
package struct ComparedSide: Codable, Equatable, Sendable {
    /// The runs' folders, as they were given.
    package var runs: [String] = []
    /// What each run's report says of the generator, in the same order.
    package var verdicts: [Verdict.Grade] = []
    package var exchanges = 0
    package var failed = 0
    /// The steps that only this side has.
    package var ownSteps: [String] = []

    enum CodingKeys: String, CodingKey {
        case runs, verdicts, exchanges, failed
        case ownSteps = "own_steps"
    }
}

/// A latency at many percentiles on both sides, as far as enough samples stand behind them.
package struct ComparedCurves: Codable, Equatable, Sendable {
    package var metric: ComparedFigure.Metric
    package var base: [PercentilePoint]
    package var new: [PercentilePoint]
}

extension Comparison {
    /// Compares two sides of one or more runs each.
    ///
    /// - Throws: when the runs of a side cannot be put together, or a limit names a figure that
    ///   neither side has.
    package init(
        base: [RunSample], new: [RunSample], settings: Settings = Settings(),
        roles: SettingRoles = SettingRoles(), limits: [ChangeLimit] = []
    ) throws(Fault) {
        self.init()
        self.settings = settings
        self.settings.lateness = Self.lateness(of: base + new)
        let (left, right) = (Self.exchangesOfSteps(base), Self.exchangesOfSteps(new))
        self.base = Self.side(base, steps: left, others: right)
        self.new = Self.side(new, steps: right, others: left)
        let steps = Self.comparedSteps(left, right)
        let (draws, seed) = (settings.draws, settings.seed)
        var before = try Side(
            base, steps: steps, Side.Resampling(draws: draws, seed: seed, stream: 0))
        var after = try Side(
            new, steps: steps, Side.Resampling(draws: draws, seed: seed, stream: 1))
        if !comparesTokens(base, new) {
            before.dropTokenFigures()
            after.dropTokenFigures()
        }
        figures = FigureDifference.all(
            before.estimates, after.estimates, steps: steps, self.settings)
        curves = ComparedFigure.Metric.allCases.compactMap { metric in
            let (old, new) = (before.curves[metric] ?? [], after.curves[metric] ?? [])
            if old.isEmpty || new.isEmpty { return nil }
            return ComparedCurves(metric: metric, base: old, new: new)
        }
        differences = SettingDifference.between(base.map(\.run), new.map(\.run), roles)
        conclude()
        remark(on: base, and: new)
        for limit in limits {
            try judge(limit, (before.estimates, left), (after.estimates, right))
        }
    }

    /// Whether figures of tokens are compared: where both sides were streamed, and their tokens come
    /// from the same source. An estimate beside what a service reports says nothing of either.
    private mutating func comparesTokens(_ base: [RunSample], _ new: [RunSample]) -> Bool {
        let sides = [base, new]
        guard sides.allSatisfy({ $0.contains { $0.summary.streams != nil } }) else { return false }
        let origins = sides.map { runs in
            runs.reduce(TokenOrigin.none) { $0.joined(with: $1.summary.totals.tokenSource) }
        }
        if origins[0] == origins[1] { return true }
        warnings.append(
            "figures of tokens (tpot, output_tokens_per_s) are not compared: BASE's tokens are "
                + "\(origins[0]), NEW's \(origins[1])")
        return false
    }

    private static func exchangesOfSteps(_ runs: [RunSample]) -> [String: Int] {
        runs.reduce(into: [:]) { $0.merge($1.exchangesOfSteps, uniquingKeysWith: +) }
    }

    /// A step's figures are worth telling apart where there are several steps.
    private static func comparedSteps(_ left: [String: Int], _ right: [String: Int]) -> [String] {
        if Set(left.keys).union(right.keys).count < 2 { return [] }
        return left.keys.filter { right[$0] != nil }.sorted()
    }

    private static func side(
        _ runs: [RunSample], steps: [String: Int], others: [String: Int]
    ) -> ComparedSide {
        ComparedSide(
            runs: runs.map(\.folder), verdicts: runs.map(\.summary.verdict.generator),
            exchanges: runs.reduce(0) { $0 + $1.summary.totals[.exchanges] },
            failed: runs.reduce(0) { $0 + $1.summary.totals[.failed] },
            ownSteps: steps.keys.filter { others[$0] == nil }.sorted())
    }

    /// What the generators themselves were late by, by the statistic's name, in the run where that
    /// was most. A percentile with too few looks behind it is at least the one below it.
    private static func lateness(of runs: [RunSample]) -> [String: Double] {
        var lateness: [String: Double] = [:]
        for lag in runs.map(\.summary.verdict.loopLag) {
            var last = 0.0
            for statistic in Statistic.compared {
                last = statistic.value(in: lag) ?? last
                lateness[statistic.rawValue] = max(last, lateness[statistic.rawValue] ?? 0)
            }
        }
        return lateness
    }

    private mutating func judge(
        _ limit: ChangeLimit,
        _ base: (figures: [ComparedFigure: Estimate], steps: [String: Int]),
        _ new: (figures: [ComparedFigure: Estimate], steps: [String: Int])
    ) throws(Fault) {
        let steps = base.steps.merging(new.steps) { $0 + $1 }
        if let step = limit.figure.step, steps[step] == nil {
            let known = steps.keys.sorted().prefix(20).joined(separator: ", ")
            throw Fault(
                "\(limit): neither side has a step called \(step); the steps are \(known)")
        }
        // With one step, its figures are those of the whole run.
        var figure = limit.figure
        if steps.count == 1 { figure.step = nil }
        let failures = figures.filter { row in
            row.showsFailures && (figure.step == nil || row.step == figure.step)
        }
        limits.append(
            LimitOutcome(
                limit, on: figure, figures.first { $0.figure == figure },
                base: base.figures[figure], new: new.figures[figure],
                isNews: figure.step.map { base.steps[$0] == nil } ?? false,
                failures: failures.first { $0.verdict == .more } ?? failures.first))
    }
}

extension Comparison {
    /// The latencies that tell most, the most telling first.
    private static let telling: [Statistic] = [.p50, .p99, .p95, .p90, .mean, .p99_9]

    /// What follows from all figures.
    mutating func conclude() {
        let found = figures.filter(\.hasEvidence)
        let failing = found.filter(\.showsFailures)
        let whole = failing.filter { $0.step == nil }
        let failures = whole.isEmpty ? Self.mostTelling(failing) : whole
        let latencies = found.filter(\.metric.isLatency)
        let slower = latencies.filter { $0.verdict == .slower }
        let faster = latencies.filter { $0.verdict == .faster }
        if !failures.isEmpty {
            verdict = failures.contains { $0.verdict == .more } ? .failsMore : .failsLess
        } else if !latencies.isEmpty {
            verdict = slower.isEmpty ? .faster : faster.isEmpty ? .slower : .mixed
        } else if !found.isEmpty {
            verdict = .changed
        } else {
            let isJudged = figures.contains {
                $0.metric == .distribution(.response) && $0.chance != nil
            }
            verdict = isJudged ? .noEvidence : .tooFew
        }
        let rates = found.filter {
            !$0.metric.isLatency && $0.step == nil && !failures.map(\.figure).contains($0.figure)
        }
        decisive = (failures + Self.mostTelling(slower) + Self.mostTelling(faster) + rates)
            .map(\.figure.description)
        if verdict == .changed, decisive.isEmpty {
            decisive = found.prefix(2).map(\.figure.description)
        }
    }

    /// At most two of the rows, those of the whole run's response times first.
    private static func mostTelling(_ rows: [FigureDifference]) -> [FigureDifference] {
        func rank(_ row: FigureDifference) -> Int {
            let statistic = row.statistic.flatMap(telling.firstIndex) ?? telling.count
            let metric = ComparedFigure.Metric.allCases.firstIndex(of: row.metric) ?? 0
            return (row.isMain ? 0 : row.step == nil ? 1_000 : 2_000) + metric * 10 + statistic
        }
        let sorted = rows.enumerated().sorted { left, right in
            (rank(left.element), left.offset) < (rank(right.element), right.offset)
        }
        return sorted.prefix(2).map(\.element)
    }

    /// What a reader must know of the runs before believing the figures.
    mutating func remark(on base: [RunSample], and new: [RunSample]) {
        for (side, runs) in [("BASE", base), ("NEW", new)] {
            for run in runs { remark(on: run, of: side) }
        }
        let single = [("BASE", base), ("NEW", new)].filter { $0.1.count == 1 }.map(\.0)
        if !single.isEmpty {
            notes.append(
                "one run of \(single.joined(separator: " and of ")): how much runs differ from one"
                    + " another is not known, and not in the intervals")
        }
        let conditions = differences.filter(\.matters).map(\.name)
        if !conditions.isEmpty {
            warnings.append("the runs differ in \(conditions.joined(separator: ", "))")
        }
        for (side, steps) in [("BASE", self.base.ownSteps), ("NEW", self.new.ownSteps)]
        where !steps.isEmpty {
            let more = steps.count > 10 ? " …" : ""
            warnings.append(
                "only \(side) has the steps \(steps.prefix(10).joined(separator: ", "))\(more)")
        }
    }

    private mutating func remark(on run: RunSample, of side: String) {
        let name = "\(side) (\(run.folder))"
        let verdict = run.summary.verdict
        let reason = verdict.reasons(on: .generator).first.map { ": \($0)" } ?? ""
        switch verdict.generator {
        case .invalid:
            alarms.append("\(name) is an invalid run, its figures are not the service's\(reason)")
        case .suspect:
            warnings.append(
                "\(name) is suspect, its figures hold some of the generator's time\(reason)")
        case .valid, .notJudged: break
        }
        if verdict.load == .notReached {
            let reason = verdict.reasons(on: .load).first ?? "offered load not reached"
            warnings.append("\(name) is of another load than was asked for: \(reason)")
        }
        if run.tally == nil {
            notes.append(
                "\(side) has no complete log: its intervals are rough, made from its summary's"
                    + " percentiles and timeline")
        }
        notes += run.summary.notes.map { "\(side): \($0)" }
    }
}
