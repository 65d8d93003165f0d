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
            let isJudged = figures.contains { $0.metric == .response && $0.chance != nil }
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
