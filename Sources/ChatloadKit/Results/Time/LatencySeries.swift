import Base
import Networking

/// Latency over time: what ended in each interval of a run, how late requests left in it, how many
/// users were at work, and how long the successes took.
///
/// An interval lasts a tenth of a second in the first twenty seconds, then a second; when a run
/// outlasts `limit` of these, neighbours are joined and the interval doubles (2 s, 4 s …). The
/// latencies of the two latest intervals are counted in the open. Those before are packed, to 1/32
/// with their interval and to three digits apart from it (`FineIntervals`); what comes late for them
/// is packed by the thousand. So memory is bounded however long a run is.
///
/// What is read from it is a function of the set of exchanges and conversations alone: an interval's
/// bounds follow from the latest end, so neither order nor grouping matters.
struct LatencySeries: Sendable {
    /// The latencies that are kept to three digits, the response time among them.
    static let metrics = DistributionMetric.main

    /// The most intervals held: half an hour at one second each.
    static let limit = 1_800
    /// The most of those of a tenth of a second.
    static let tenthsLimit = 200
    /// The most latencies that wait to be packed.
    private static let mostLate = 8_192

    /// Those from the first in which anything was counted to the last.
    private var held: [LatencyInterval] = []
    /// The number of the first of them.
    private var first = 0
    /// How long an interval is: 0 for a tenth of a second, then 1 s, 2 s, 4 s …
    private(set) var level = 0
    /// When the latest thing happened that was counted.
    private(set) var last = Nanoseconds.zero
    /// The latest interval that a success ended in, and the latest but one.
    private var current = OpenInterval()
    private var previous = OpenInterval()
    /// What came after its interval had been packed.
    private var late: [LateSample] = []
    private var fine = FineIntervals()

    /// Counts an exchange that is none of the warm-up.
    mutating func add(_ exchange: borrowing Exchange) {
        if let lag = exchange.scheduleLag, let sent = exchange.sent {
            held[place(of: sent)].lag.add(lag)
        }
        let place = place(of: exchange.end)
        switch exchange.outcome {
        case .ok:
            if exchange.turnTime != nil { held[place].turns &+= 1 }
            record(exchange, in: first + place)
        case .failed(let error):
            held[place].failed &+= 1
            if error == .rejected { held[place].rejected &+= 1 }
        }
    }

    /// Counts an exchange of the warm-up.
    mutating func addWarmup(end: Nanoseconds) { held[place(of: end)].warmup &+= 1 }

    /// Counts a user's work on a conversation.
    mutating func add(from start: Nanoseconds, to end: Nanoseconds) {
        let end = max(start, end)
        // The later one first: it decides how long an interval is.
        let last = place(of: end)
        held[last].ends.add(max(0, end.count) - Int64(first + last) * span)
        let begin = place(of: start)
        held[begin].begins.add(max(0, start.count) - Int64(first + begin) * span)
    }

    /// Counts everything `other` has counted, on the same time axis.
    mutating func merge(_ other: LatencySeries) {
        var other = other
        other.close()
        while level < other.level { joinNeighbours() }
        while other.level < level { other.joinNeighbours() }
        last = max(last, other.last)
        fine.merge(other.fine)
        if other.held.isEmpty { return }
        makeRoom(for: other.first)
        makeRoom(for: other.first + other.held.count - 1)
        for index in other.held.indices {
            held[other.first - first + index].merge(other.held[index], laterBy: 0)
        }
    }

    /// The length of an interval in nanoseconds.
    var span: Int64 { tenths * 100_000_000 }

    /// Reaches to a time at least, whether anything happened until then or not.
    mutating func reach(to end: Nanoseconds) { _ = place(of: end - Nanoseconds(1)) }

    /// All intervals from the run's start.
    var intervals: [LatencyInterval] {
        var series = self
        series.close()
        let empty = repeatElement(LatencyInterval(), count: series.held.isEmpty ? 0 : series.first)
        return empty + series.held
    }

    /// The latencies to three digits, in intervals of whole seconds.
    var fineIntervals: [FineInterval] {
        var series = self
        series.close()
        return series.fine.even
    }

    /// The length of an interval in tenths of a second.
    private var tenths: Int64 { level == 0 ? 1 : 10 << Int64(level - 1) }

    /// The place in `held` of the interval that a point in time belongs to.
    private mutating func place(of point: Nanoseconds) -> Int {
        if point > last { last = point }
        let time = max(0, point.count)
        var number = Int(time / span)
        while number >= (level == 0 ? Self.tenthsLimit : Self.limit) {
            joinNeighbours()
            number = Int(time / span)
        }
        if number < first || number - first >= held.count { makeRoom(for: number) }
        return number - first
    }

    @inline(never)
    private mutating func makeRoom(for number: Int) {
        if held.isEmpty { first = number }
        if number < first {
            let missing = repeatElement(LatencyInterval(), count: first - number)
            held.insert(contentsOf: missing, at: 0)
            first = number
        }
        while held.count <= number - first { held.append(LatencyInterval()) }
    }

    @inline(never)
    private mutating func joinNeighbours() {
        close()
        let factor = level == 0 ? 10 : 2
        if !held.isEmpty, !first.isMultiple(of: factor) { makeRoom(for: first / factor * factor) }
        held = LatencyInterval.joined(held, by: factor, span: span)
        first /= factor
        level += 1
    }
}

/// The latencies of the successes, from the moment they are counted until they are packed.
extension LatencySeries {
    private mutating func record(_ exchange: borrowing Exchange, in number: Int) {
        if number == current.number { return current.record(exchange) }
        if number == previous.number { return previous.record(exchange) }
        recordElsewhere(exchange, in: number)
    }

    @inline(never)
    private mutating func recordElsewhere(_ exchange: borrowing Exchange, in number: Int) {
        if number < current.number {
            for (place, metric) in Self.metrics.enumerated() {
                metric.forEachValue(of: exchange) {
                    late.append(LateSample(number: number, place: place, value: Nanoseconds($0)))
                }
            }
            if late.count >= Self.mostLate { packLate() }
            return
        }
        pack(previous.number, previous.packed, previous.response)
        swap(&previous, &current)
        current.begin(number)
        current.record(exchange)
    }

    /// Packs everything that is still open.
    private mutating func close() {
        packLate()
        pack(previous.number, previous.packed, previous.response)
        pack(current.number, current.packed, current.response)
        previous.begin(-1)
        current.begin(-1)
    }

    private mutating func packLate() {
        if late.isEmpty { return }
        late.sort { $0.number < $1.number }
        var open = OpenInterval()
        for sample in late {
            if sample.number != open.number {
                pack(open.number, open.packed, open.response)
                open.begin(sample.number)
            }
            open.record(sample)
        }
        pack(open.number, open.packed, open.response)
        late.removeAll(keepingCapacity: true)
    }

    private mutating func pack(
        _ number: Int, _ times: [PackedHistogram], _ response: PackedHistogram
    ) {
        if number < 0 { return }
        held[number - first].response.merge(response)
        fine.insert(FineInterval(start: Int64(number) * tenths, length: tenths, times: times))
    }

    /// An interval whose latencies are still being counted.
    private struct OpenInterval: Sendable {
        /// Its number; below 0 for none.
        private(set) var number = -1
        /// In the order of `metrics`, to three digits.
        private var times = [Histogram](repeating: Histogram(), count: metrics.count)

        var packed: [PackedHistogram] { times.map { PackedHistogram($0) } }

        /// The response times to 1/32.
        var response: PackedHistogram {
            let place = metrics.firstIndex(of: .response)
            return PackedHistogram((place.map { times[$0] } ?? Histogram()).coarse)
        }

        /// Nothing, in another interval; memory kept.
        mutating func begin(_ number: Int) {
            self.number = number
            for index in times.indices { times[index].clear() }
        }

        mutating func record(_ exchange: borrowing Exchange) {
            for (place, metric) in metrics.enumerated() {
                metric.forEachValue(of: exchange) { times[place].record(Nanoseconds($0)) }
            }
        }

        mutating func record(_ sample: LateSample) { times[sample.place].record(sample.value) }
    }

    /// A latency whose interval had been packed before.
    private struct LateSample: Sendable {
        /// Of the interval.
        let number: Int
        /// Of the latency among `metrics`.
        let place: Int
        let value: Nanoseconds
    }
}
