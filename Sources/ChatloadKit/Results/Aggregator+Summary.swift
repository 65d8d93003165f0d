package import Base
import Networking

extension Aggregator {
    /// The figures of everything counted so far.
    package func summary(of run: RunDescription) -> Summary {
        var summary = figures(of: run)
        summary.quotas = generator.quotas
        let shown = ShownIntervals(series, to: loadEnd)
        summary.timeline = shown.points { phase(from: $0, to: $1, $2) }
        summary.heatMap = shown.heatMap
        let all = merged.all
        summary.credentials = credentialResults(of: all)
        summary.percentiles = all.percentiles
        summary.slowest = slowest.entries
        summary.responseHistogram = HistogramBin.bins(of: all.response)
        judge(&summary)
        return summary
    }

    private func phase(
        from start: Nanoseconds, to end: Nanoseconds, _ interval: LatencyInterval
    ) -> RunPhase {
        let phases = knownPhases ?? .unknown
        // A warm-up by count lies nowhere in time.
        let others = interval.response.sums.count + interval.failed
        if phases.warmupTickets > 0, interval.warmup > others { return .warmup }
        return phases.phase(from: start, to: end, loadEnd: loadEnd)
    }

    /// The whole run in one.
    var merged: PhaseTally {
        var whole = steady
        whole.merge(edges, steps: Array(0..<steps.count))
        return whole
    }

    /// What thresholds may be on.
    private func figures(of run: RunDescription) -> Summary {
        var summary = Summary(run: run)
        let whole = merged
        let all = whole.all
        summary.verdict = verdict(on: whole, all)
        summary.alarms = summary.verdict.alarms
        summary.warmup = warmup
        summary.totals = totals(of: whole, all, over: duration, loadSpans.whole)
        summary.steady = steadySummary
        summary.latency = all.latencies
        summary.lateness = lateness.figures
        summary.conversations = Distribution(whole.conversations.durations)
        for (index, tally) in whole.tallies.enumerated() where tally.exchanges > 0 {
            summary.steps[steps[StepID(index: index)]] = tally.summary
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
        var summary = figures(of: RunDescription(name: ""))
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
        objectives.brokenThreshold(in: figures(of: RunDescription(name: "")), at: time)
    }

    private func verdict(on whole: PhaseTally, _ all: StepTally) -> Verdict {
        var verdict = GeneratorHealth(
            scheduleLag: whole.scheduleLag, loopLag: generator.loopLag, stalls: generator.stalls,
            response: all.response, readsExactly: generator.readsExactly,
            lateFigures: lateFigures(of: whole, all), workers: generator.workers,
            schedule: generator.schedule, exchanges: all.exchanges,
            hasSent: all.bytesOut > 0 || all.response.count > 0,
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
    private func lateFigures(of whole: PhaseTally, _ all: StepTally) -> [LateFigure] {
        if all.late.count == 0 { return [] }
        let window = steady.all
        var figures = LateFigure.figures(of: all, .run)
        // Where it is the whole run it says nothing new.
        if window.response.count < all.response.count {
            figures += LateFigure.figures(of: window, .steady)
        }
        let named = whole.tallies.enumerated().map { (steps[StepID(index: $0)], $1) }
        for (name, tally) in named.sorted(by: { $0.0 < $1.0 }) {
            figures += LateFigure.figures(of: tally, .step, step: name)
        }
        return figures
    }

    private var steadySummary: SteadySummary {
        let all = steady.all
        return SteadySummary(
            totals: totals(of: steady, all, over: steady.duration, loadSpans.steady),
            latency: all.latencies, conversations: Distribution(steady.conversations.durations))
    }

    private func credentialResults(of all: StepTally) -> [CredentialResult] {
        let isOnlyOne = credentials.count == 1 && credentialTallies.isEmpty
        let tallies = isOnlyOne ? [CredentialTally(of: all)] : credentialTallies
        var results: [String: CredentialResult] = [:]
        for known in generator.credentials { results[known.label] = known }
        for (index, tally) in tallies.enumerated() where tally.exchanges > 0 {
            let label = credentials[StepID(index: index)]
            // A run without a pool has one credential without a name, told of only where the
            // service told of its limits.
            if label.isEmpty, results[label] == nil { continue }
            tally.complete(&results[label, default: CredentialResult(label: label)])
        }
        return results.values.sorted { $0.label < $1.label }
    }

    private func totals(
        of window: PhaseTally, _ all: StepTally, over duration: Nanoseconds, _ span: LoadSpan
    ) -> Totals {
        let conversations = window.conversations
        var totals = Totals()
        totals.conversations.started = conversations.started
        totals.conversations.completed = conversations.completed
        totals.conversations.failed = conversations.failed
        totals.conversations.aborted = conversations.aborted
        totals.turns = window.turns.ended
        totals.succeededTurns = window.turns.succeeded
        if objectives.objectives.goodput != nil { addGoodput(of: window.turns, to: &totals) }
        totals.exchanges = all.exchanges
        totals.succeeded = all.response.count
        totals.failed = all.failed.count
        totals.rejected = all.rejected
        totals.retries = all.retries
        totals.saved = all.saved
        totals.throttled = all.throttled.count
        totals.throttledSeconds = all.throttled.total.roundedSeconds
        totals.bytesIn = all.bytesIn
        totals.bytesOut = all.bytesOut
        totals.promptTokens = all.promptTokens
        totals.replyTokens = all.replyTokens
        totals.tokenSource = all.tokenOrigin.rawValue
        totals.interimResponses = all.interimResponses
        totals.durationSeconds = duration.roundedSeconds
        totals.span = span
        totals.turnsPerSecond = span.rate(span.turns)
        totals.successesPerSecond = span.rate(span.successes)
        totals.exchangesPerSecond = span.rate(span.exchanges)
        return totals
    }
}

extension Aggregator {
    private func addGoodput(of turns: TurnCounts, to totals: inout Totals) {
        totals.goodTurns = turns.good
        guard turns.ended > 0 else { return }
        totals.goodput = (Double(turns.good) / Double(turns.ended) * 1e6).rounded() / 1e6
    }
}

extension Nanoseconds {
    /// The span in seconds, rounded to the microsecond.
    var roundedSeconds: Double { Double((self + Nanoseconds(500)).count / 1_000) / 1_000_000 }
}

extension StepTally {
    /// Those of which there are any.
    var percentiles: [String: [PercentilePoint]] {
        let histograms = ["response": response, "service": service, "reply": reply, "ttfb": ttfb]
        return histograms.mapValues(\.curve).filter { !$0.value.isEmpty }
    }

    var latencies: Latencies {
        Latencies(
            response: Distribution(response), service: Distribution(service),
            reply: Distribution(reply), ttfb: Distribution(ttfb),
            throttled: Distribution(throttled),
            failed: Distribution(failed))
    }

    var summary: StepSummary {
        StepSummary(
            exchanges: exchanges, succeeded: response.count, failed: failed.count,
            rejected: rejected, retries: retries, bytesIn: bytesIn, bytesOut: bytesOut,
            promptTokens: promptTokens,
            replyTokens: replyTokens, tokenSource: tokenOrigin.rawValue, latency: latencies)
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
