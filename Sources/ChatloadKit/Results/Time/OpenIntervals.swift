import Base

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
            for metric in Tally(kind).distributions {
                metric.forEachValue(of: exchange) {
                    late.append(LateSample(number: number, metric: metric, value: $0))
                }
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
            interval.tally.record(sample.value, sample.metric)
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
        let value: Int64
    }
}
