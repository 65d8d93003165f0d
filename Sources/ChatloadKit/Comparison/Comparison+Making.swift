extension Comparison {
    /// Compares two sides of one or more runs each.
    ///
    /// - Throws: when the runs of a side cannot be put together, or a limit names a figure that
    ///   neither side has.
    package init(
        base: [RunSample], new: [RunSample], settings: Settings = Settings(),
        limits: [ChangeLimit] = []
    ) throws(LogComplaint) {
        self.init()
        self.settings = settings
        self.settings.lateness = Self.lateness(of: base + new)
        let left = try SampledSide(base, settings.resampling(stream: 0))
        let right = try SampledSide(new, settings.resampling(stream: 1))
        self.base = Self.side(base, steps: left.steps, others: right.steps)
        self.new = Self.side(new, steps: right.steps, others: left.steps)
        let steps = Self.comparedSteps(left.steps, right.steps)
        var before = left.estimates(ofSteps: steps)
        var after = right.estimates(ofSteps: steps)
        before.merge(DriftSample(base).estimates) { $1 }
        after.merge(DriftSample(new).estimates) { $1 }
        figures = FigureDifference.all(before, after, steps: steps, self.settings)
        curves = ComparedCurves.all(left, right)
        differences = SettingDifference.between(base.map(\.run), new.map(\.run))
        conclude()
        remark(on: base, and: new)
        for limit in limits {
            try judge(limit, (before, left.steps), (after, right.steps))
        }
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
            exchanges: runs.reduce(0) { $0 + $1.summary.totals.exchanges },
            failed: runs.reduce(0) { $0 + $1.summary.totals.failed },
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
    ) throws(LogComplaint) {
        let steps = base.steps.merging(new.steps) { $0 + $1 }
        if let step = limit.figure.step, steps[step] == nil {
            let known = steps.keys.sorted().prefix(20).joined(separator: ", ")
            throw LogComplaint(
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

extension Comparison.Settings {
    fileprivate func resampling(stream: UInt64) -> LoggedSide.Resampling {
        LoggedSide.Resampling(draws: draws, seed: seed, stream: stream)
    }
}
