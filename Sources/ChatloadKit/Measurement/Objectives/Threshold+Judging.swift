/// A figure with what stands behind it.
struct Figure: Sendable, Equatable {
    /// Milliseconds, a share, a number per second or a count; nil where there is none.
    var value: Double?
    /// What it was measured by.
    var samples: Int
    /// Why there is none; empty where there is one.
    var remark = ""
}

extension Threshold {
    /// How a run did, by the figures of its summary; not for a threshold with a window.
    func result(in summary: Summary) -> SLOResult {
        let figure = summary.isPartial ? Self.partial(summary) : self.figure(in: summary)
        var result = SLOResult(expression: description, unit: unit)
        result.value = figure.value
        result.samples = figure.samples
        result.passed = figure.value.map(bound.keeps) ?? (figure.samples == 0 && isOfTrouble)
        result.remark = result.passed ? "" : figure.remark
        return result
    }

    /// The unit of its figure.
    var unit: SLOResult.Unit {
        switch subject {
        case .latency(_, .count): .count
        case .latency: .milliseconds
        case .share: .share
        case .rate: .perSecond
        }
    }

    private static func partial(_ summary: Summary) -> Figure {
        let isOfFailures = summary.run.logMode == .errors
        return Figure(
            samples: 0,
            remark: isOfFailures ? "the log has only the failures" : "a part of the log is missing")
    }

    /// Whether no sample at all is the best that can be.
    private var isOfTrouble: Bool {
        if case .latency(let metric, _) = subject {
            metric == "failed" || metric == "throttled"
        } else {
            false
        }
    }

    private func figure(in summary: Summary) -> Figure {
        switch subject {
        case .latency(let metric, let statistic):
            guard let figures = distribution(metric, in: summary) else { return missingStep }
            return Self.figure(statistic, of: figures)
        case .share(let share):
            guard let (part, whole) = counts(of: share, in: summary) else { return missingStep }
            if whole == 0 { return Figure(samples: 0, remark: "nothing was measured") }
            return Figure(value: Double(part) / Double(whole), samples: whole)
        case .rate(let rate):
            let totals = scope == .steady ? summary.steady.totals : summary.totals
            if totals.exchanges == 0 { return Figure(samples: 0, remark: "nothing was measured") }
            return Figure(value: rate.value(in: totals), samples: totals.exchanges)
        }
    }

    private var missingStep: Figure {
        guard case .step(let name) = scope else { return Figure(samples: 0) }
        return Figure(samples: 0, remark: "no exchange had the step \(name)")
    }

    private static func figure(_ statistic: Statistic, of figures: Distribution) -> Figure {
        var figure = Figure(value: statistic.value(in: figures), samples: figures.count)
        if figure.value == nil {
            let needed = statistic.samplesNeeded
            figure.remark =
                figures.count == 0
                ? "nothing was measured" : "too few samples: \(figures.count) of \(needed)"
        }
        return figure
    }

    private func distribution(_ metric: String, in summary: Summary) -> Distribution? {
        let latency: Latencies?
        switch scope {
        case .run:
            switch metric {
            case "conversation": return summary.conversations
            case "schedule_lag": return summary.verdict.scheduleLag
            case "loop_lag": return summary.verdict.loopLag
            case "read_late": return summary.verdict.readLate
            default: latency = summary.latency
            }
        case .steady:
            if metric == "conversation" { return summary.steady.conversations }
            latency = summary.steady.latency
        case .step(let name): latency = summary.steps[name]?.latency
        }
        return latency?.metrics.first { $0.name == metric }?.figures
    }

    private func counts(of share: Share, in summary: Summary) -> (part: Int, whole: Int)? {
        let step: StepSummary?
        if case .step(let name) = scope {
            guard let found = summary.steps[name] else { return nil }
            step = found
        } else {
            step = nil
        }
        let totals = scope == .steady ? summary.steady.totals : summary.totals
        let exchanges = step?.exchanges ?? totals.exchanges
        switch share {
        case .errors: return (step?.failed ?? totals.failed, exchanges)
        case .rejected: return (step?.rejected ?? totals.rejected, exchanges)
        case .error(let error): return (count(of: error, in: summary), exchanges)
        case .goodput: return (totals.goodTurns ?? 0, totals.turns)
        case .conversationsFailed:
            return (totals.conversations.failed, totals.conversations.started)
        }
    }

    private func count(of error: ErrorClass, in summary: Summary) -> Int {
        summary.errors.reduce(0) { sum, row in
            let isOfStep = if case .step(let name) = scope { row.step == name } else { true }
            return row.errorClass == error.rawValue && isOfStep ? sum + row.count : sum
        }
    }
}

extension Threshold.Rate {
    /// What a run, or a part of it, came to.
    func value(in totals: Totals) -> Double {
        switch self {
        case .turns: totals.turnsPerSecond
        case .successes: totals.successesPerSecond
        case .exchanges: totals.exchangesPerSecond
        }
    }

    /// Whether an exchange is counted.
    func counts(_ exchange: borrowing Exchange) -> Bool {
        switch self {
        case .turns: exchange.outcome == .ok && exchange.turnTime != nil
        case .successes: exchange.outcome == .ok
        case .exchanges: true
        }
    }
}
