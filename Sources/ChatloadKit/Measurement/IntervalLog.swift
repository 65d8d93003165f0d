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
