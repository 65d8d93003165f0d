import Base
import Networking

/// Interval of a `LatencySeries`: what ended in it, how late requests left in it, and when
/// conversations began and ended. Integer sums, minima and maxima only.
struct LatencyInterval: Sendable, Equatable {
    var failed = 0
    /// Those of the failures that the service rejected.
    var rejected = 0
    /// Turns that succeeded.
    var turns = 0
    /// Tokens of the replies that succeeded.
    var tokens = 0
    /// Tokens of the prompts of the same exchanges.
    var promptTokens = 0
    /// Exchanges of the warm-up, which nothing else counts.
    var warmup = 0
    /// Response times of the successes, to 1/32.
    var response = PackedHistogram(layout: .coarse)
    /// Of the streamed ones the times to the first token, and per token.
    var ttft = PackedHistogram(layout: .coarse)
    var tpot = PackedHistogram(layout: .coarse)
    /// Of the requests that left in it.
    var lag = ScheduleLagSum()
    /// When conversations began and ended in it.
    var begins = Moments()
    var ends = Moments()

    /// Counts everything of an interval that begins `distance` nanoseconds later.
    mutating func merge(_ other: borrowing Self, laterBy distance: Int64) {
        failed &+= other.failed
        rejected &+= other.rejected
        turns &+= other.turns
        tokens &+= other.tokens
        promptTokens &+= other.promptTokens
        warmup &+= other.warmup
        response.merge(other.response)
        ttft.merge(other.ttft)
        tpot.merge(other.tpot)
        lag.merge(other.lag)
        begins.merge(other.begins, laterBy: distance)
        ends.merge(other.ends, laterBy: distance)
    }

    /// Tokens by the second, of an interval so long.
    func rate(over length: Nanoseconds) -> Double {
        (Double(tokens) / length.seconds * 1_000).rounded() / 1_000
    }

    /// Counts latencies in the order of the metrics that tallies of intervals have.
    mutating func merge(_ times: [PackedHistogram]) {
        guard times.count == 3 else { return }
        response.merge(times[0])
        ttft.merge(times[1])
        tpot.merge(times[2])
    }

    /// Intervals of `span` nanoseconds, each `factor` of them joined.
    static func joined(_ intervals: [Self], by factor: Int, span: Int64) -> [Self] {
        if factor == 1 { return intervals }
        var joined: [Self] = []
        joined.reserveCapacity(intervals.count / factor + 1)
        for (index, interval) in intervals.enumerated() {
            let place = index % factor
            if place == 0 {
                joined.append(interval)
            } else {
                joined[index / factor].merge(interval, laterBy: Int64(place) * span)
            }
        }
        return joined
    }
}

/// Schedule lag of several requests, how much later than they should have they left: number, sum
/// and greatest.
struct ScheduleLagSum: Sendable, Equatable {
    private(set) var count = 0
    private(set) var greatest = Nanoseconds.zero
    private(set) var sum: Int128 = 0

    /// The mean, rounded to the nearest nanosecond; nil when there is none.
    var mean: Nanoseconds? {
        if count == 0 { return nil }
        return Nanoseconds(Int64(clamping: (sum + Int128(count / 2)) / Int128(count)))
    }

    /// Counts one; a request that left early was not late.
    mutating func add(_ lag: Nanoseconds) {
        let lag = max(lag, .zero)
        count &+= 1
        sum &+= Int128(lag.count)
        if lag > greatest { greatest = lag }
    }

    mutating func merge(_ other: ScheduleLagSum) {
        count &+= other.count
        sum &+= other.sum
        greatest = max(greatest, other.greatest)
    }
}

/// Points in time within an interval: how many, and how far behind its begin all together. What lay
/// between two kinds of them follows, however many there were.
struct Moments: Sendable, Equatable {
    private(set) var count = 0
    private(set) var offsets: Int128 = 0

    /// Counts one, `offset` nanoseconds behind the interval's begin.
    mutating func add(_ offset: Int64) {
        count &+= 1
        offsets &+= Int128(offset)
    }

    /// Counts those of an interval that begins `distance` nanoseconds later.
    mutating func merge(_ other: Moments, laterBy distance: Int64) {
        count &+= other.count
        offsets &+= other.offsets &+ Int128(other.count) &* Int128(distance)
    }

    /// The time from each of them to the end of an interval of `span` nanoseconds, added up.
    func rest(of span: Int64) -> Int128 { Int128(count) &* Int128(span) &- offsets }
}

/// Open intervals: the latencies of the successes from the moment they are counted until their
/// interval is packed. The two latest intervals are counted in the open, since exchanges do not quite
/// come in the order in which they ended; what comes after its interval was packed waits, and is
/// packed by the thousand.
struct OpenIntervals: Sendable {
    /// The latencies of an interval, in the order of the metrics that its kind of tally has.
    typealias Packed = (number: Int, times: [PackedHistogram])

    /// The most latencies that wait to be packed.
    private static let mostLate = 8_192

    private let kind: Tally.Kind
    /// The latest interval that a success ended in, and the latest but one.
    private var current: Interval
    private var previous: Interval
    private var late: [LateSample] = []

    /// None yet; `kind` says which latencies are counted, and how exactly.
    init(_ kind: Tally.Kind) {
        self.kind = kind
        (current, previous) = (Interval(kind), Interval(kind))
    }

    /// Counts an exchange where its interval is open; false where it is not. The hot path.
    @inline(__always)
    mutating func record(_ exchange: borrowing Exchange, in number: Int) -> Bool {
        if number == current.number {
            current.tally.record(exchange)
        } else if number == previous.number {
            previous.tally.record(exchange)
        } else {
            return false
        }
        return true
    }

    /// Counts an exchange whose interval is not open; what is packed because of it.
    mutating func recordElsewhere(_ exchange: borrowing Exchange, in number: Int) -> [Packed] {
        if number < current.number {
            DistributionMetric.forEachValue(of: exchange, where: current.tally.has) {
                late.append(LateSample(number: number, metric: $0, value: $1))
            }
            if current.tally.has(.icl), let gaps = exchange.pooledGaps {
                late.append(LateSample(number: number, metric: .icl, gaps: gaps))
            }
            return late.count < Self.mostLate ? [] : packLate()
        }
        let packed = previous.packed
        swap(&previous, &current)
        current.begin(number)
        current.tally.record(exchange)
        return packed.map { [$0] } ?? []
    }

    /// Packs everything that is still open.
    mutating func close() -> [Packed] {
        let packed = packLate() + [previous.packed, current.packed].compactMap(\.self)
        (current, previous) = (Interval(kind), Interval(kind))
        return packed
    }

    private mutating func packLate() -> [Packed] {
        if late.isEmpty { return [] }
        late.sort { $0.number < $1.number }
        var packed: [Packed?] = []
        var interval = Interval(kind)
        for sample in late {
            if sample.number != interval.number {
                packed.append(interval.packed)
                interval.begin(sample.number)
            }
            if let gaps = sample.gaps {
                interval.tally.record(gaps)
            } else {
                interval.tally.record(sample.value, sample.metric)
            }
        }
        packed.append(interval.packed)
        late.removeAll(keepingCapacity: true)
        return packed.compactMap(\.self)
    }

    /// An interval whose latencies are still being counted.
    private struct Interval: Sendable {
        /// Below 0 for none.
        private(set) var number = -1
        var tally: Tally

        init(_ kind: Tally.Kind) { tally = Tally(kind) }

        /// Its latencies; nil of none.
        var packed: Packed? {
            number < 0 ? nil : (number, tally.distributions.map { PackedHistogram(tally[$0]) })
        }

        /// Nothing, in another interval; memory kept.
        mutating func begin(_ number: Int) {
            self.number = number
            tally.clear()
        }
    }

    /// A latency whose interval had been packed before.
    private struct LateSample: Sendable {
        /// Of the interval.
        let number: Int
        let metric: DistributionMetric
        /// In nanoseconds.
        var value: Int64 = 0
        /// Many values of one reply instead.
        var gaps: PooledGaps?
    }
}

/// What ended in a stretch of time, its latencies to three digits.
struct FineInterval: Sendable, Equatable {
    /// In tenths of a second since the run's start; a multiple of the length.
    var start: Int64
    /// In tenths of a second.
    var length: Int64
    /// In the order of `LatencySeries.metrics`.
    var times: [PackedHistogram]

    mutating func merge(_ other: borrowing FineInterval) {
        for index in times.indices { times[index].merge(other.times[index]) }
    }
}

/// Latencies to three digits over time, in a few kilobytes an interval: what `latency.hlog` holds.
///
/// Intervals last a second in the end, and twice as long each time there would be more than `limit`
/// of them. Until then they are as they were put in; with each that is put in where there are too
/// many, one pair of shorter neighbours is joined. So a long run neither takes more memory nor ever
/// stands still for it.
struct FineIntervals: Sendable {
    /// The most intervals that are read out.
    static let limit = 512
    /// The shortest of them, in tenths of a second.
    private static let shortest: Int64 = 10
    /// The most intervals of a tenth of a second, and what they are joined to then, in tenths.
    private static let mostTenths = 64
    private static let joinedTenths: Int64 = 5

    /// By their starts.
    private(set) var intervals: [FineInterval] = []
    /// How far they have been joined to `joinedLength`.
    private var joined = 0
    private var joinedLength = shortest

    /// Puts an interval where it belongs.
    mutating func insert(_ interval: FineInterval) {
        var place = intervals.count
        while place > 0, intervals[place - 1].start > interval.start { place -= 1 }
        if place > 0, intervals[place - 1].start + intervals[place - 1].length > interval.start {
            return intervals[place - 1].merge(interval)
        }
        intervals.insert(interval, at: place)
        if place <= joined { joined = 0 }
        if interval.length == 1, intervals.count > Self.mostTenths {
            intervals = even(atLeast: Self.joinedTenths)
            (joined, joinedLength) = (0, Self.shortest)
        }
        if intervals.count > Self.limit { joinOnePair() }
    }

    /// The length in tenths of a second to which intervals are known of a series that has some so
    /// short, up to a time.
    static func length(of shortest: Int64, until last: Nanoseconds) -> Int64 {
        if shortest > 1 { return Self.shortest }
        return last.count / 100_000_000 < mostTenths ? 1 : joinedTenths
    }

    /// Counts everything `other` has counted.
    mutating func merge(_ other: FineIntervals) {
        if other.intervals.isEmpty { return }
        intervals += other.intervals
        intervals = even(atLeast: 1)
        (joined, joinedLength) = (0, Self.shortest)
    }

    /// Intervals of one length, ascending, without empty ones. How long follows from the latest end
    /// alone, unless they have been longer from the start.
    func even(atLeast shortest: Int64 = shortest) -> [FineInterval] {
        let latest = intervals.map { $0.start + $0.length - 1 }.max() ?? 0
        var length = intervals.map(\.length).max() ?? 0
        length = max(length, shortest)
        while latest / length >= Int64(Self.limit) { length *= 2 }
        var even: [FineInterval] = []
        for interval in intervals.sorted(by: { $0.start < $1.start }) {
            let start = interval.start / length * length
            if even.last?.start == start {
                even[even.count - 1].merge(interval)
            } else {
                even.append(FineInterval(start: start, length: length, times: interval.times))
            }
        }
        return even
    }

    private mutating func joinOnePair() {
        while intervals.count > 1 {
            if joined + 1 >= intervals.count {
                (joined, joinedLength) = (0, joinedLength * 2)
            }
            let start = intervals[joined].start / joinedLength
            if intervals[joined + 1].start / joinedLength == start {
                let second = intervals.remove(at: joined + 1)
                intervals[joined].merge(second)
                intervals[joined].start = start * joinedLength
                intervals[joined].length = joinedLength
                return
            }
            joined += 1
        }
    }
}

/// Latencies of the successes to three digits, of the whole run and interval by interval: what the
/// files of HdrHistogram are made of. Beside them what only a page shows.
package struct LatencyLog: Sendable {
    /// Of the whole run.
    var tally = Tally(.step)
    /// Ascending, all of one length in whole seconds, without empty ones.
    var intervals: [FineInterval] = []
    /// Of the streamed replies of the whole run.
    var samples: [PromptSample] = []

    /// Of nothing.
    package init() {}
}

extension Aggregator {
    /// The latencies of everything counted so far.
    package var latencyLog: LatencyLog {
        var log = LatencyLog()
        (log.tally, log.intervals) = (merged.all, series.fineIntervals)
        log.samples = streams.samples.kept
        return log
    }
}
