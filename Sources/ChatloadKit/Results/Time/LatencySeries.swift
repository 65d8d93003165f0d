import Base
import Networking

/// Latency over time: what ended in each interval of a run, how late requests left in it, how many
/// users were at work, and how long the successes took.
///
/// An interval lasts a tenth of a second in the first twenty seconds, then a second; when a run
/// outlasts `limit` of these, neighbours are joined and the interval doubles (2 s, 4 s …). Latencies
/// are packed as soon as their interval is over (`OpenIntervals`), to 1/32 with the interval and to
/// three digits apart from it (`FineIntervals`). So memory is bounded however
/// long a run is.
///
/// What is read from it is a function of the set of exchanges and conversations alone: an interval's
/// bounds follow from the latest end, so neither order nor grouping matters.
struct LatencySeries: Sendable {
    /// The latencies that are kept to three digits, the response time among them.
    static let metrics = DistributionMetric.overTime

    /// The most intervals held: half an hour at one second each.
    static let limit = 1_800
    /// The most of those of a tenth of a second.
    static let tenthsLimit = 200
    /// Those from the first in which anything was counted to the last.
    private var held: [LatencyInterval] = []
    /// The number of the first of them.
    private var first = 0
    /// The length of an interval in tenths of a second: 1, then 10, 20, 40 …
    private var tenths: Int64 = 1
    /// When the latest thing happened that was counted.
    private(set) var last = Nanoseconds.zero
    /// Response times to 1/32, by the interval.
    private var open = OpenIntervals(.interval)
    /// Latencies to three digits.
    private var openFine = OpenIntervals(.fineInterval)
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
            held[place].tokens &+= exchange.replyTokens
            held[place].promptTokens &+= exchange.promptTokens
            let number = first + place
            if !open.record(exchange, in: number) { recordElsewhere(exchange, in: number) }
            if !openFine.record(exchange, in: number) {
                recordFineElsewhere(exchange, in: number)
            }
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
        while tenths < other.tenths { joinNeighbours() }
        while other.tenths < tenths { other.joinNeighbours() }
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
        return series.fine.even()
    }

    /// The same as short as they are known: a tenth or half of a second in short runs.
    var sliceIntervals: [FineInterval] {
        var series = self
        series.close()
        return series.fine.even(atLeast: FineIntervals.length(of: tenths, until: last))
    }

    /// The place in `held` of the interval that a point in time belongs to.
    private mutating func place(of point: Nanoseconds) -> Int {
        if point > last { last = point }
        let time = max(0, point.count)
        var number = Int(time / span)
        while number >= (tenths == 1 ? Self.tenthsLimit : Self.limit) {
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
        let factor = tenths == 1 ? 10 : 2
        if !held.isEmpty, !first.isMultiple(of: factor) { makeRoom(for: first / factor * factor) }
        held = LatencyInterval.joined(held, by: factor, span: span)
        first /= factor
        tenths *= Int64(factor)
    }

    /// Packs everything that is still open.
    private mutating func close() {
        for packed in open.close() { take(packed) }
        for packed in openFine.close() { takeFine(packed) }
    }

    @inline(never)
    private mutating func recordElsewhere(_ exchange: borrowing Exchange, in number: Int) {
        for packed in open.recordElsewhere(exchange, in: number) { take(packed) }
    }

    @inline(never)
    private mutating func recordFineElsewhere(_ exchange: borrowing Exchange, in number: Int) {
        for packed in openFine.recordElsewhere(exchange, in: number) { takeFine(packed) }
    }

    private mutating func take(_ packed: OpenIntervals.Packed) {
        held[packed.number - first].merge(packed.times)
    }

    private mutating func takeFine(_ packed: OpenIntervals.Packed) {
        fine.insert(
            FineInterval(
                start: Int64(packed.number) * tenths, length: tenths, times: packed.times))
    }
}
