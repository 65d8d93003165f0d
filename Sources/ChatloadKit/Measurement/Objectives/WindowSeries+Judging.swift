import Networking

extension WindowSeries {
    /// How the windows did; with `end`, those that were over by then.
    func result(until end: Nanoseconds = .never) -> SLOResult {
        var result = SLOResult(expression: threshold.description, unit: threshold.unit)
        var tally = SLOResult.Windows(seconds: span.roundedSeconds, worstStart: 0)
        for index in whole(until: end) {
            guard let (value, passed) = judge(windows[index]) else { continue }
            tally.judged += 1
            if !passed { tally.failed += 1 }
            result.samples += windows[index].times.count + windows[index].whole
            if isWorse(value, than: result.value) {
                result.value = value
                tally.worstStart = (span * Int64(index)).roundedSeconds
            }
        }
        result.passed = tally.judged > 0 && tally.failed == 0
        result.windows = tally
        if tally.judged == 0 {
            result.remark = "no window of \(Units.exact(span)) had enough samples"
        }
        return result
    }

    /// The windows to look at. For a rate those between the first and the last in which the load was
    /// what was asked for, since these two are seldom filled.
    private func whole(until end: Nanoseconds) -> Range<Int> {
        let over = min(windows.count, Int(clamping: end.count / span.count))
        guard case .rate = threshold.subject else { return 0..<over }
        guard let first = windows.firstIndex(where: \.isSteady),
            let last = windows.lastIndex(where: \.isSteady), first + 1 < min(last, over)
        else { return 0..<0 }
        return first + 1..<min(last, over)
    }

    /// A window's figure and whether it keeps the limit; nil with too few samples.
    private func judge(_ window: Window) -> (value: Double, passed: Bool)? {
        let bound = threshold.bound
        switch threshold.subject {
        case .rate:
            let rate = Double(window.whole) / span.seconds
            return (rate, bound.keeps(rate))
        case .share:
            guard window.whole >= threshold.samplesNeeded else { return nil }
            let share = Double(window.part) / Double(window.whole)
            return (share, bound.keeps(share))
        case .latency(_, let statistic):
            let count = window.times.count
            guard count >= max(1, statistic.samplesNeeded) else { return nil }
            let found = statistic.value(in: Distribution(window.times))
            guard let value = found, let percentile = statistic.percentile else {
                return found.map { ($0, bound.keeps($0)) }
            }
            let rank = Int(clamping: percentile.rank(of: count))
            let passed = bound.isUpper ? window.kept >= rank : rank > count - window.kept
            // The value is rounded up, and what was decided is known better than that.
            return (passed == bound.isUpper ? min(value, bound.limit) : value, passed)
        }
    }

    private func isWorse(_ value: Double, than other: Double?) -> Bool {
        guard let other else { return true }
        return threshold.bound.isUpper ? value > other : value < other
    }
}

extension Threshold {
    /// The samples without which a run under way is not given up: what its figure takes, and never
    /// few. Windows that are over need no more than at the end; a rate, or a number that is still to
    /// be reached, can only be told then.
    var earlySamples: Int {
        switch subject {
        case .rate: .max
        case .latency(_, .count) where !bound.isUpper: .max
        case .latency(_, .max) where bound.isUpper: 1
        case .latency, .share: max(100, samplesNeeded)
        }
    }

    /// The samples without which a part of a run is not judged: as many as the percentile takes, and
    /// for a share so many that one alone does not break the limit.
    var samplesNeeded: Int {
        switch subject {
        case .latency(_, let statistic): return max(1, statistic.samplesNeeded)
        case .share:
            let room = bound.isUpper ? bound.limit : 1 - bound.limit
            return room > 0 ? Int(min((1 / room).rounded(.up), 1e9)) : 1
        case .rate: return 1
        }
    }
}
