package import Base
import Networking

extension Aggregator {
    /// The figures of everything counted so far.
    package func summary(of run: RunDescription) -> Summary {
        let whole = merged
        let all = whole.all
        var summary = figures(of: run, whole, all)
        summary.quotas = generator.quotas
        let shown = ShownIntervals(series, to: loadEnd)
        summary.timeline = shown.points { phase(from: $0, to: $1, $2) }
        summary.heatMap = shown.heatMap
        summary.credentials = credentialResults(of: all)
        summary.percentiles = all.percentiles
        summary.slowest = slowest.entries
        summary.responseHistogram = HistogramBin.bins(of: all[.response])
        tellIntervals(in: &summary, whole, all)
        judge(&summary)
        return summary
    }

    private func phase(
        from start: Nanoseconds, to end: Nanoseconds, _ interval: LatencyInterval
    ) -> RunPhase {
        let phases = knownPhases ?? .unknown
        // A warm-up by count lies nowhere in time.
        let others = interval.response.sums.count + interval.failed
        if phases.warmupIterations > 0, interval.warmup > others { return .warmup }
        return phases.phase(from: start, to: end, loadEnd: loadEnd)
    }

    /// What can be decided by while a run lasts: its figures so far, how well they are known, and how its
    /// thresholds do.
    package var standing: Summary {
        let whole = merged
        let all = whole.all
        var summary = figures(of: RunDescription(name: ""), whole, all)
        tellIntervals(in: &summary, whole, all)
        judge(&summary)
        return summary
    }

    private func tellIntervals(in summary: inout Summary, _ whole: PhaseTally, _ all: Tally) {
        summary.intervals = intervals(whole, all, summary)
        let objectives = objectives.objectives
        summary.precision = objectives.precision.map {
            $0.result(in: summary, isRequired: objectives.requiresPrecision)
        }
    }

    /// How well the figures of the run, its steady window and its steps are known.
    private func intervals(
        _ whole: PhaseTally, _ all: Tally, _ summary: Summary
    ) -> [String: FigureInterval] {
        let phases = knownPhases
        func stretches(_ kinds: Set<RunPhase>) -> [Range<Int64>] {
            let end = loadEnd
            guard let phases else { return end > .zero ? [0..<end.count] : [] }
            return phases.stretches(in: kinds, from: .zero, to: end)
        }
        var intervals = RunIntervals(
            RunSlices(series, load: stretches([.main, .ramp]), steady: stretches([.main])))
        intervals.add(.run, all, summary.totals, RunIntervals.metrics)
        for (index, tally) in whole.steps.enumerated().prefix(RunIntervals.mostSteps)
        where tally[.exchanges] > 0 {
            intervals.add(step: steps[StepID(index: index)], tally)
        }
        let window = steady.all
        // Where it is the whole run it says nothing new.
        if window[.succeeded] < all[.succeeded] {
            intervals.add(
                .steady, window, summary.steady.totals, DistributionMetric.overTime)
        }
        return intervals.intervals
    }

    /// The whole run in one.
    var merged: PhaseTally {
        var whole = steady
        whole.merge(edges, steps: Array(0..<steps.count))
        return whole
    }

    /// What thresholds may be on, so far.
    private var figures: Summary {
        let whole = merged
        return figures(of: RunDescription(name: ""), whole, whole.all)
    }

    /// The same of a run that is merged already, and of all its steps together.
    private func figures(
        of run: RunDescription, _ whole: PhaseTally, _ all: Tally
    ) -> Summary {
        var summary = Summary(run: run)
        summary.verdict = verdict(on: whole, all)
        summary.alarms = summary.verdict.alarms
        summary.warmup = warmup
        summary.totals = totals(of: all, over: duration, loadSpans.whole)
        summary.steady = steadySummary
        summary.latency = Latencies(all)
        summary.lateness = lateness.figures
        summary.conversations = Distribution(all[.conversation])
        if streams.hasFigures {
            summary.streams = StreamFigures(
                streams, summary.totals, replyTokens: all[.replyTokensPerSecond])
        }
        for (index, tally) in whole.steps.enumerated() where tally[.exchanges] > 0 {
            summary.steps[steps[StepID(index: index)]] = StepSummary(tally)
        }
        summary.errors = errors.summaries
        return summary
    }

    /// Says in a summary how the thresholds did. They depend on all its other figures.
    func judge(_ summary: inout Summary) {
        let voidance = summary.verdict.voidance
        summary.slo = objectives.results(in: summary).map { result in
            voidance.map { result.voided(because: $0) } ?? result
        }
    }

    /// How the thresholds do so far.
    var results: [SLOResult] {
        if objectives.objectives.thresholds.isEmpty { return [] }
        var summary = figures
        judge(&summary)
        return summary.slo
    }

    /// The verdict on the run so far.
    package var verdict: Verdict {
        let whole = merged
        return verdict(on: whole, whole.all)
    }

    /// The first threshold that a run under way does not keep, with enough samples behind it, at a
    /// time counted from its start.
    package func brokenThreshold(at time: Nanoseconds) -> SLOResult? {
        objectives.brokenThreshold(in: figures, at: time)
    }

    private func verdict(on whole: PhaseTally, _ all: Tally) -> Verdict {
        var verdict = GeneratorHealth(
            scheduleLag: all[.scheduleLag], loopLag: generator.loopLag, stalls: generator.stalls,
            response: all[.response], readsExactly: generator.readsExactly,
            lateFigures: lateFigures(of: whole, all), workers: generator.workers,
            schedule: generator.schedule, exchanges: all[.exchanges],
            hasSent: all[.bytesOut] > 0 || all[.succeeded] > 0,
            gaps: all[.icl], readLate: generator.readLate, mergedReads: generator.mergedReads,
            exhaustion: generator.exhaustion.map { exhaustion.told(by: $0) } ?? exhaustion
        ).verdict
        verdict.readLate = Distribution(generator.readLate)
        verdict.arrivalTimes = generator.arrivalTimes
        verdict.unstampedResponses = generator.unstampedResponses
        verdict.mergedReads = generator.mergedReads
        return verdict
    }

    /// What the generator's own lateness has changed of the figures of the whole run, of its steady
    /// window and of every step.
    private func lateFigures(of whole: PhaseTally, _ all: Tally) -> [LateFigure] {
        if all[.lateResponse].count == 0 { return [] }
        let window = steady.all
        var figures = LateFigure.figures(of: all, .run)
        // Where it is the whole run it says nothing new.
        if window[.succeeded] < all[.succeeded] {
            figures += LateFigure.figures(of: window, .steady)
        }
        let named = whole.steps.enumerated().map { (steps[StepID(index: $0)], $1) }
        for (name, tally) in named.sorted(by: { $0.0 < $1.0 }) {
            figures += LateFigure.figures(of: tally, .step, step: name)
        }
        return figures
    }

    private var steadySummary: SteadySummary {
        let all = steady.all
        return SteadySummary(
            totals: totals(of: all, over: steady.duration, loadSpans.steady),
            latency: Latencies(all), conversations: Distribution(all[.conversation]))
    }

    private func credentialResults(of all: Tally) -> [CredentialResult] {
        let isOnlyOne = credentials.count == 1 && credentialTallies.isEmpty
        let tallies = isOnlyOne ? [all.ofCredential] : credentialTallies
        var results: [String: CredentialResult] = [:]
        for known in generator.credentials { results[known.label] = known }
        for (index, tally) in tallies.enumerated() where tally[.exchanges] > 0 {
            let label = credentials[StepID(index: index)]
            // A run without a pool has one credential without a name, told of only where the
            // service told of its limits.
            if label.isEmpty, results[label] == nil { continue }
            results[label, default: CredentialResult(label: label)].complete(by: tally)
        }
        return results.values.sorted { $0.label < $1.label }
    }

    private func totals(
        of all: Tally, over duration: Nanoseconds, _ span: LoadSpan
    ) -> Totals {
        var totals = Totals()
        totals.counts = Counts(CounterMetric.allCases, of: all)
        for counter in CounterMetric.allCases
        where counter.row.needsGoodput && objectives.objectives.goodput == nil {
            totals.counts[counter] = nil
        }
        totals.tokenSource = all.tokenOrigin
        totals.durationSeconds = duration.roundedSeconds
        totals.span = span
        return totals
    }
}

extension Nanoseconds {
    /// The span in seconds, rounded to the microsecond.
    var roundedSeconds: Double { Double(roundedMicroseconds) / 1_000_000 }
}

extension Tally {
    /// Latencies of the successes by percentile, by name; those of which there are any.
    var percentiles: [String: [PercentilePoint]] {
        let shown = DistributionMetric.ofSteps.filter { $0.row.population == .successes }
        return Dictionary(uniqueKeysWithValues: shown.map { ($0.row.name, self[$0].curve) })
            .filter { !$0.value.isEmpty }
    }
}

extension ErrorTally {
    /// The most frequent first, equally frequent ones by their names.
    var summaries: [ErrorSummary] {
        let sorted = entries.sorted { left, right in
            if left.value.count != right.value.count { return left.value.count > right.value.count }
            return Self.precedes(left.key, right.key)
        }
        return sorted.map { key, entry in
            ErrorSummary(
                errorClass: key.errorClass.rawValue, step: key.step, status: key.status,
                count: entry.count, first: entry.first.roundedSeconds,
                last: entry.last.roundedSeconds, example: entry.example)
        }
    }
}
