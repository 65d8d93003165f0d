import Base
import Networking

/// The latencies of the successes, interval by interval, to three digits: what `latency.hlog` holds.
///
/// Intervals last a second, and twice as long each time there would be more than `limit` of them: how
/// long in the end follows from the latest end alone. The two latest are counted in the open; those
/// before are packed into a few kilobytes each, and what comes late for them is packed by the
/// thousand. With each that is packed one pair of shorter neighbours is joined, so that a long run
/// neither takes more memory nor ever stands still for it.
struct IntervalLog: Sendable {
    /// The latencies that are kept.
    enum Metric: UInt64, CaseIterable, Sendable { case response, service, reply }

    /// The most intervals that are read out.
    static let limit = 512
    /// Some 285 years; what ends later ends then.
    static let lastSecond: Int64 = 9_000_000_000
    /// The most latencies that wait to be packed, 256 KB.
    private static let mostLate = 32_768

    /// Packed intervals, ascending.
    private var pieces: [Piece] = []
    /// Those of other workers and shards.
    private var others: [Piece] = []
    /// The latest interval that anything ended in, and the latest but one.
    private var current = OpenInterval()
    private var previous = OpenInterval()
    /// The length of the latest, in seconds.
    private var length: Int64 = 1
    /// What came after its interval had been packed.
    private var late: [LateValue] = []
    /// How far pieces have been joined to `joinedLength`.
    private var joined = 0
    private var joinedLength: Int64 = 2

    /// Counts a success.
    mutating func add(_ exchange: borrowing Exchange) {
        if !current.span.contains(exchange.end.count) {
            guard previous.span.contains(exchange.end.count) else { return addElsewhere(exchange) }
            previous.add(exchange)
            return
        }
        current.add(exchange)
    }

    /// Counts everything `other` has counted.
    mutating func merge(_ other: IntervalLog) { merge(other.all) }

    /// Counts what others have packed.
    mutating func merge(_ pieces: [Piece]) {
        others += pieces
        if others.count > 2 * Self.limit { others = Self.even(others) }
    }

    /// Hands over all but what has ended in the two latest intervals.
    mutating func take() -> [Piece] {
        packLate()
        defer {
            (pieces, others) = ([], [])
            (joined, joinedLength) = (0, 2)
        }
        return pieces + others
    }

    /// Intervals of one length with what ended in them, ascending, without empty ones.
    var intervals: [Piece] { Self.even(all) }

    private static func even(_ pieces: [Piece]) -> [Piece] {
        let latest = pieces.map { $0.start + $0.length - 1 }.max() ?? 0
        var length = max(1, pieces.map(\.length).max() ?? 1)
        while latest / length >= Int64(limit) { length *= 2 }
        var intervals: [Int64: Piece] = [:]
        for piece in pieces {
            let index = piece.start / length
            var interval =
                intervals.removeValue(forKey: index) ?? Piece(start: index * length, length: length)
            interval.merge(piece)
            intervals[index] = interval
        }
        return intervals.values.sorted { $0.start < $1.start }
    }

    private var all: [Piece] {
        var packed = self
        packed.packLate()
        var all = packed.pieces + others
        if !previous.isEmpty { all.append(Piece(previous)) }
        if !current.isEmpty { all.append(Piece(current)) }
        return all
    }

    @inline(never)
    private mutating func addElsewhere(_ exchange: borrowing Exchange) {
        let second = min(max(0, exchange.end.count) / 1_000_000_000, Self.lastSecond)
        guard second >= current.end else { return addLate(exchange, second: second) }
        if !previous.isEmpty { append(Piece(previous)) }
        swap(&previous, &current)
        while second / length >= Int64(Self.limit) { length *= 2 }
        current.begin(second / length * length, length: length)
        current.add(exchange)
    }

    private mutating func addLate(_ exchange: borrowing Exchange, second: Int64) {
        late.append(LateValue(exchange.responseTime, .response, second: second))
        if let sent = exchange.sent {
            late.append(LateValue(exchange.end - sent, .service, second: second))
        }
        if let time = exchange.reply { late.append(LateValue(time, .reply, second: second)) }
        if late.count >= Self.mostLate { packLate() }
    }

    private mutating func packLate() {
        late.sort()
        var rest = late[...]
        while let first = rest.first {
            let end = rest.firstIndex { $0.second != first.second } ?? rest.endIndex
            insert(Piece(rest[..<end], second: first.second))
            rest = rest[end...]
        }
        late.removeAll(keepingCapacity: true)
    }

    private mutating func append(_ piece: Piece) {
        guard let last = pieces.last, last.start + last.length > piece.start else {
            pieces.append(piece)
            if pieces.count > Self.limit { joinOnePair() }
            return
        }
        insert(piece)
    }

    /// Puts an interval where it belongs.
    private mutating func insert(_ piece: Piece) {
        var place = pieces.count
        while place > 0, pieces[place - 1].start > piece.start { place -= 1 }
        if place > 0, pieces[place - 1].start + pieces[place - 1].length > piece.start {
            pieces[place - 1].merge(piece)
        } else {
            pieces.insert(piece, at: place)
            if place <= joined { joined = 0 }
            if pieces.count > Self.limit { joinOnePair() }
        }
    }

    private mutating func joinOnePair() {
        while pieces.count > 1 {
            if joined + 1 >= pieces.count {
                (joined, joinedLength) = (0, joinedLength * 2)
            }
            let start = pieces[joined].start / joinedLength
            if pieces[joined + 1].start / joinedLength == start {
                let second = pieces.remove(at: joined + 1)
                pieces[joined].merge(second)
                pieces[joined].start = start * joinedLength
                pieces[joined].length = joinedLength
                return
            }
            joined += 1
        }
    }
}

extension IntervalLog {
    /// What ended in a stretch of time, by metric.
    struct Piece: Sendable {
        /// In seconds since the run's start; a multiple of the length.
        var start: Int64
        /// In seconds, a power of two.
        var length: Int64 = 1
        private(set) var response = HdrPayload()
        private(set) var service = HdrPayload()
        private(set) var reply = HdrPayload()

        init(start: Int64, length: Int64) {
            self.start = start
            self.length = length
        }

        /// What `interval` has counted.
        init(_ interval: borrowing OpenInterval) {
            start = interval.start
            length = interval.end - interval.start
            response = HdrPayload(interval.response)
            service = HdrPayload(interval.service)
            reply = HdrPayload(interval.reply)
        }

        /// The latencies of one second, sorted.
        init(_ values: ArraySlice<LateValue>, second: Int64) {
            func payload(_ metric: Metric) -> HdrPayload {
                HdrPayload(ascending: values.lazy.filter { $0.metric == metric }.map(\.slot))
            }
            start = second
            response = payload(.response)
            service = payload(.service)
            reply = payload(.reply)
        }

        /// Sets everything that was counted.
        mutating func fill(_ response: HdrPayload, _ service: HdrPayload, _ reply: HdrPayload) {
            (self.response, self.service, self.reply) = (response, service, reply)
        }

        subscript(metric: Metric) -> HdrPayload {
            switch metric {
            case .response: response
            case .service: service
            case .reply: reply
            }
        }

        mutating func merge(_ other: borrowing Piece) {
            response = HdrPayload(sumOf: response, other.response)
            service = HdrPayload(sumOf: service, other.service)
            reply = HdrPayload(sumOf: reply, other.reply)
        }
    }

    /// A latency in a second gone by, packed into one number: sorted by second, metric and slot.
    struct LateValue: Comparable, Sendable {
        private let code: UInt64

        init(_ time: Nanoseconds, _ metric: Metric, second: Int64) {
            let slot = UInt64(OpenInterval.slot(of: time))
            code = UInt64(second) << 18 | metric.rawValue << 16 | slot
        }

        var second: Int64 { Int64(code >> 18) }
        var metric: Metric? { Metric(rawValue: code >> 16 & 3) }
        var slot: Int { Int(code & 0xFFFF) }

        static func < (left: LateValue, right: LateValue) -> Bool { left.code < right.code }
    }

    /// An interval that is still being counted in.
    struct OpenInterval: Sendable {
        /// When it begins and ends, in seconds.
        private(set) var start: Int64 = 0
        private(set) var end: Int64 = 0
        /// When it begins and ends, in nanoseconds.
        private(set) var span: Range<Int64> = 0..<0
        private(set) var isEmpty = true
        private(set) var response: [UInt32] = []
        private(set) var service: [UInt32] = []
        private(set) var reply: [UInt32] = []

        /// Nothing, in another interval, both in seconds; memory kept.
        mutating func begin(_ start: Int64, length: Int64) {
            (self.start, end) = (start, start + length)
            // The first one also has what ended before the run's start by a hair.
            let lower = start == 0 ? Int64.min : start * 1_000_000_000
            let upper = end > lastSecond ? Int64.max : end * 1_000_000_000
            span = lower..<upper
            isEmpty = true
            response.removeAll(keepingCapacity: true)
            service.removeAll(keepingCapacity: true)
            reply.removeAll(keepingCapacity: true)
        }

        mutating func add(_ exchange: borrowing Exchange) {
            isEmpty = false
            Self.count(exchange.responseTime, in: &response)
            if let sent = exchange.sent { Self.count(exchange.end - sent, in: &service) }
            if let time = exchange.reply { Self.count(time, in: &reply) }
        }

        static func slot(of time: Nanoseconds) -> Int {
            let value = UInt64(clamping: time.count)
            return HistogramLayout.fine.slot(of: min(value, HistogramLayout.highest))
        }

        private static func count(_ time: Nanoseconds, in slots: inout [UInt32]) {
            let slot = slot(of: time)
            if slot >= slots.count { grow(&slots, toHold: slot) }
            slots[slot] &+= 1
        }

        private static func grow(_ slots: inout [UInt32], toHold slot: Int) {
            let size = HistogramLayout.fine.size(toHold: slot)
            slots += [UInt32](repeating: 0, count: size - slots.count)
        }
    }
}

/// The latencies of the successes to three digits, of the whole run and interval by interval: what
/// the files of HdrHistogram are made of.
package struct LatencyLog: Sendable {
    var response = Histogram()
    var service = Histogram()
    var reply = Histogram()
    /// Ascending, all of one length, without empty ones.
    var intervals: [IntervalLog.Piece] = []

    /// Of nothing.
    package init() {}
}

extension Aggregator {
    /// The latencies of everything counted so far.
    package var latencyLog: LatencyLog {
        let all = merged.all
        var log = LatencyLog()
        (log.response, log.service, log.reply) = (
            all[.response], all[.service], all[.reply]
        )
        log.intervals = intervals.intervals
        return log
    }
}
