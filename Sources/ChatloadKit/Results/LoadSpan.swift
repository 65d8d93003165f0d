import Base
import Networking

/// Load span: the time in which a run offered its load, and what ended within it. Every rate is a
/// count of it by its length, so that neither a straggler nor the gap after the last start moves it.
///
/// It reaches from the end of the warm-up to the end of `--duration` or of the stages, or to where
/// the run was cut short; where only counts limit the run, to its last end. The steady one has the
/// stretches in which the load was what was asked for.
package struct LoadSpan: Counted, Equatable, Sendable {
    /// In seconds since the run's start; of merged runs the earliest.
    package var begin = 0.0
    /// In seconds since the run's start; of merged runs the latest.
    package var end = 0.0
    /// In seconds, less than from begin to end where parts of that do not belong to it; of merged
    /// runs that of the longest.
    package var length = 0.0
    /// What ended within it, by the counters that rates are of.
    package var counts = Counts(noneOf: counters)

    /// Those that rates are of.
    fileprivate static let counters = DerivedMetric.rates.compactMap(\.row.counter)

    /// So many in each second of it, to three digits after the point; 0 where it has no length.
    package func rate(_ count: Int) -> Double {
        length > 0 ? (Double(count) / length * 1_000).rounded() / 1_000 : 0
    }

    /// Counts what `other` has, of a run beside this one.
    mutating func merge(_ other: LoadSpan) {
        if length == 0 { (begin, end) = (other.begin, other.end) }
        if other.length > 0 { (begin, end) = (min(begin, other.begin), max(end, other.end)) }
        length = max(length, other.length)
        addCounts(of: other)
    }

    mutating func addCounts(of other: LoadSpan) {
        for counter in Self.counters { self[counter] += other[counter] }
    }
}

extension LoadSpan: Codable {
    private enum CodingKeys: String, CodingKey {
        case begin = "begin_s"
        case end = "end_s"
        case length = "length_s"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(begin, forKey: .begin)
        try container.encode(end, forKey: .end)
        try container.encode(length, forKey: .length)
        var names = encoder.container(keyedBy: NamedKey.self)
        for rate in DerivedMetric.rates.map(\.row) {
            try names.encodeIfPresent(
                rate.counter.flatMap { counts[$0] }, forKey: NamedKey(rate.counted))
        }
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        begin = try container.decode(Double.self, forKey: .begin)
        end = try container.decode(Double.self, forKey: .end)
        length = try container.decode(Double.self, forKey: .length)
        let names = try decoder.container(keyedBy: NamedKey.self)
        for rate in DerivedMetric.rates.map(\.row) {
            let count = try names.decodeIfPresent(Int.self, forKey: NamedKey(rate.counted))
            if let counter = rate.counter { counts[counter] = count }
        }
    }
}

/// What ended within the span of load, counted exchange by exchange, whatever their order.
struct SpanTally: Sendable {
    /// What the run means to do when; nil where nobody wrote it down: then an exchange's own phase
    /// tells.
    private(set) var phases: LoadPhases?
    private(set) var whole = Tally(.span)
    private(set) var steady = Tally(.span)
    /// From when on nothing counts for sure.
    private(set) var horizon: Nanoseconds
    /// What ended after a run was cut short, as its worker saw it: others may have seen it later.
    private var undecided: [(time: Nanoseconds, isSteady: Bool, tally: Tally)] = []
    private var isCut = false
    private var place = 0

    /// Nothing counted yet; nothing counts that ends after `end`.
    init(_ phases: LoadPhases?, until end: Nanoseconds = .never) {
        self.phases = phases
        horizon = min(end, phases?.end ?? .never)
    }

    /// The run does otherwise than was meant, from now on. When its load ends stays.
    mutating func begin(_ phases: LoadPhases) {
        self.phases = phases
        place = 0
    }

    mutating func add(_ exchange: borrowing Exchange) {
        guard let phase = phase(of: exchange), phase != .warmup else { return }
        if exchange.end <= horizon {
            whole.record(exchange)
            if phase == .main { steady.record(exchange) }
        } else if isCut {
            var tally = Tally(.span)
            tally.record(exchange)
            undecided.append((exchange.end, phase == .main, tally))
        }
    }

    /// The run was cut short at `time`.
    mutating func cut(at time: Nanoseconds) {
        if isCut || time >= horizon { return }
        horizon = time
        isCut = true
    }

    /// Counts what ended up to the time at which the last worker saw the cut.
    mutating func settle(until end: Nanoseconds) {
        for ended in undecided where ended.time <= end {
            whole.merge(ended.tally)
            if ended.isSteady { steady.merge(ended.tally) }
        }
        undecided = []
    }

    mutating func merge(_ other: SpanTally) {
        whole.merge(other.whole)
        steady.merge(other.steady)
        undecided += other.undecided
    }

    private mutating func phase(of exchange: borrowing Exchange) -> RunPhase? {
        guard let phases else { return exchange.phase }
        // Those of a warm-up by count are everywhere; what a warm-up by time left over ends in the
        // span like everything else, as what the span leaves over ends after it.
        if phases.warmupIterations > 0, exchange.phase == .warmup { return .warmup }
        return phases.phase(endedAt: exchange.end, from: &place)
    }
}

extension SpanTally {
    /// The span of the whole load, or of the steady one, which began at `first` (where no phase tells)
    /// and ended at `end`.
    func span(isSteady: Bool, from first: Nanoseconds, to end: Nanoseconds) -> LoadSpan {
        let stretches: [Range<Int64>]
        if let phases {
            let start = phases.warmupIterations > 0 ? first : .zero
            stretches = phases.stretches(
                in: isSteady ? [.main] : [.main, .ramp], from: start, to: end)
        } else {
            stretches = first < end ? [first.count..<end.count] : []
        }
        var span = LoadSpan()
        if let first = stretches.first, let last = stretches.last {
            span.begin = Nanoseconds(first.lowerBound).roundedSeconds
            span.end = Nanoseconds(last.upperBound).roundedSeconds
            let length = stretches.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
            span.length = Nanoseconds(length).roundedSeconds
        }
        span.counts = Counts(LoadSpan.counters, of: isSteady ? steady : whole)
        return span
    }
}

/// Load phases: what a run means to do when, from its start to the end of the load. A part of
/// `run.json`, and with the end that the load came to, everything that the span of load follows
/// from.
package struct LoadPhases: Codable, Equatable, Sendable {
    /// A stretch in one phase. It begins where the one before ends.
    struct Stretch: Codable, Equatable, Sendable {
        /// In nanoseconds since the run's start; `Int64.max` where nothing ends it beforehand.
        var end: Int64
        var phase: RunPhase

        enum CodingKeys: String, CodingKey {
            case end = "end_ns"
            case phase
        }
    }

    /// Ascending, at least one.
    private(set) var stretches: [Stretch]
    /// Conversations that are warm-up wherever they lie in time.
    private(set) var warmupIterations = 0

    enum CodingKeys: String, CodingKey {
        case stretches
        case warmupIterations = "warmup_conversations"
    }

    /// Phases in stretches that are added one by one.
    init(warmupIterations: Int = 0) {
        stretches = []
        self.warmupIterations = warmupIterations
    }

    /// When the load is to end, counted from the run's start.
    var end: Nanoseconds { Nanoseconds(stretches.last?.end ?? .max) }

    /// The phase at a time; the latest one from its end on. Times mostly ascend, and `place` is
    /// where the last one was found.
    func phase(at time: Nanoseconds, from place: inout Int) -> RunPhase {
        if place > 0, time.count < stretches[place - 1].end { place = 0 }
        while place < stretches.count - 1, time.count >= stretches[place].end { place += 1 }
        return stretches[place].phase
    }

    /// The phase in which something ended, at the latest moment of it; nil after the load's end.
    func phase(endedAt time: Nanoseconds, from place: inout Int) -> RunPhase? {
        if time > end { return nil }
        return phase(at: time - Nanoseconds(1), from: &place)
    }

    /// The stretches of `phases` between two times, ascending.
    func stretches(
        in phases: Set<RunPhase>, from start: Nanoseconds, to end: Nanoseconds
    ) -> [Range<Int64>] {
        var begin: Int64 = .min
        var found: [Range<Int64>] = []
        for stretch in stretches {
            let low = max(begin, start.count)
            let high = min(stretch.end, end.count)
            begin = stretch.end
            if phases.contains(stretch.phase), low < high { found.append(low..<high) }
        }
        return found
    }

    /// Adds a stretch up to `end`, unless that is reached already.
    mutating func append(_ phase: RunPhase, until end: Nanoseconds) {
        let begin = stretches.last?.end ?? 0
        guard end.count > begin else { return }
        if stretches.last?.phase == phase {
            stretches[stretches.count - 1].end = end.count
        } else {
            stretches.append(Stretch(end: end.count, phase: phase))
        }
    }
}

extension LoadPhases {
    /// Reads phases from outside.
    ///
    /// - Throws: when there is none, or they do not ascend.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        stretches = try container.decode([Stretch].self, forKey: .stretches)
        warmupIterations = try container.decode(Int.self, forKey: .warmupIterations)
        let ends = stretches.map(\.end)
        guard let first = ends.first, first > 0, zip(ends, ends.dropFirst()).allSatisfy(<) else {
            throw DecodingError.dataCorruptedError(
                forKey: .stretches, in: container, debugDescription: "phases must ascend")
        }
    }
}
