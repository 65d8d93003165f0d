import Base
import Networking

/// What a threshold with a window is judged by, window after window from the run's start.
///
/// Integer sums only, so neither order nor grouping of exchanges matters. Whether a percentile keeps
/// the limit is decided by how many values do, exactly; its value is known to 1/32.
struct WindowSeries: Sendable {
    /// What fell into one window.
    struct Window: Sendable {
        /// The values of a latency, to 1/32, as far as they are not packed.
        private var open = Histogram(layout: .coarse)
        /// Those of a window that is over, in some two hundred bytes.
        private var packed = PackedHistogram(layout: .coarse)
        /// Those of them that keep the limit.
        var kept = 0
        /// Of a share the part and the whole; of a rate the whole.
        var part = 0
        var whole = 0
        /// Whether the load was what was asked for in some of it.
        var isSteady = false

        /// The values of a latency, to 1/32.
        var times: Histogram {
            var times = packed.histogram
            times.merge(open)
            return times
        }

        mutating func record(_ time: Nanoseconds, times count: Int) {
            open.record(time, times: count)
        }

        /// Takes less memory from now on; more can still be recorded.
        mutating func pack() {
            packed.merge(PackedHistogram(open))
            open = Histogram(layout: .coarse)
        }

        mutating func merge(_ other: borrowing Window) {
            pack()
            packed.merge(other.packed)
            packed.merge(PackedHistogram(other.open))
            kept &+= other.kept
            part &+= other.part
            whole &+= other.whole
            isSteady = isSteady || other.isSteady
        }
    }

    /// The most windows that are held: a day of ten-second ones and some more. What comes later is
    /// counted in the last one.
    static let limit = 10_000

    let threshold: Threshold
    let span: Nanoseconds
    private(set) var windows: [Window] = []

    /// The windows of `threshold`; nil where it has none.
    init?(of threshold: Threshold) {
        guard let window = threshold.window else { return nil }
        self.threshold = threshold
        span = window
    }

    /// Counts an exchange whose step is called `step`.
    mutating func add(_ exchange: borrowing Exchange, step: String, _ goodput: TurnJudgement) {
        if case .step(let name) = threshold.scope, name != step { return }
        let index = makeRoom(for: exchange.end)
        if exchange.phase == .main { windows[index].isSteady = true }
        switch threshold.subject {
        case .distribution(let metric, _):
            metric.forEachValue(of: exchange) { add(Nanoseconds($0), times: $1, at: index) }
        case .errors(let error): add(exchange.outcome == .failed(error) ? 1 : 0, of: 1, at: index)
        case .derived(let metric):
            switch metric.row.formula {
            case .share(let part, let whole):
                add(
                    part.value(of: exchange, goodput),
                    of: whole.value(of: exchange, goodput), at: index)
            case .rate(let counter):
                add(0, of: counter.value(of: exchange, goodput), at: index)
            case .ofReplies: break
            }
        case .counter: break
        }
    }

    /// Counts a conversation.
    mutating func add(_ conversation: borrowing ConversationRecord) {
        guard threshold.scope == .run else { return }
        switch threshold.subject {
        case .distribution(let metric, _):
            metric.forEachValue(of: conversation) {
                add(Nanoseconds($0), times: 1, at: makeRoom(for: conversation.ended))
            }
        case .derived(let metric):
            guard case .share(let part, let whole) = metric.row.formula,
                whole.value(of: conversation) > 0
            else { return }
            add(
                part.value(of: conversation), of: whole.value(of: conversation),
                at: makeRoom(for: conversation.ended))
        case .errors, .counter: break
        }
    }

    /// Counts everything `other` has counted for the same threshold.
    mutating func merge(_ other: WindowSeries) {
        while windows.count < other.windows.count { windows.append(Window()) }
        for index in other.windows.indices { windows[index].merge(other.windows[index]) }
    }

    private mutating func add(_ time: Nanoseconds, times count: Int, at index: Int) {
        windows[index].record(time, times: count)
        if threshold.bound.keeps(time.milliseconds) { windows[index].kept &+= count }
    }

    private mutating func add(_ part: Int, of whole: Int, at index: Int) {
        windows[index].whole &+= whole
        windows[index].part &+= part
    }

    private mutating func makeRoom(for end: Nanoseconds) -> Int {
        let index = min(Int(max(0, end.count) / span.count), Self.limit - 1)
        while windows.count <= index {
            windows.append(Window())
            // What ends now belongs to the latest windows.
            if windows.count > 4 { windows[windows.count - 5].pack() }
        }
        return index
    }
}

extension WindowSeries {
    /// How the windows did; with `end`, those that were over by then.
    func result(until end: Nanoseconds = .never) -> SLOResult {
        var result = SLOResult(expression: threshold.description, unit: threshold.subject.unit)
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
        guard threshold.subject.unit == .perSecond else { return 0..<over }
        guard let first = windows.firstIndex(where: \.isSteady),
            let last = windows.lastIndex(where: \.isSteady), first + 1 < min(last, over)
        else { return 0..<0 }
        return first + 1..<min(last, over)
    }

    /// A window's figure and whether it keeps the limit; nil with too few samples.
    private func judge(_ window: Window) -> (value: Double, passed: Bool)? {
        let bound = threshold.bound
        switch threshold.subject {
        case .counter: return nil
        case .derived(let metric) where metric.row.isRate:
            let rate = Double(window.whole) / span.seconds
            return (rate, bound.keeps(rate))
        case .derived, .errors:
            guard window.whole >= threshold.samplesNeeded else { return nil }
            let share = Double(window.part) / Double(window.whole)
            return (share, bound.keeps(share))
        case .distribution(_, let statistic):
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
        case .derived(let metric) where metric.row.isRate: .max
        case .distribution(_, .count) where !bound.isUpper, .counter where !bound.isUpper: .max
        case .distribution(_, .max) where bound.isUpper, .counter: 1
        case .distribution, .derived, .errors: max(100, samplesNeeded)
        }
    }

    /// The samples without which a part of a run is not judged: as many as the percentile takes, and
    /// for a share so many that one alone does not break the limit.
    var samplesNeeded: Int {
        switch subject {
        case .distribution(_, let statistic): return max(1, statistic.samplesNeeded)
        case .derived(let metric) where metric.row.isRate: return 1
        case .counter: return 1
        case .derived, .errors:
            let room = bound.isUpper ? bound.limit : 1 - bound.limit
            return room > 0 ? Int(min((1 / room).rounded(.up), 1e9)) : 1
        }
    }
}
