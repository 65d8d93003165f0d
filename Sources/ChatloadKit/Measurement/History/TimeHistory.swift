import Networking

/// What has been counted second by second in a stretch of a run's time.
struct TimeHistory: Sendable {
    var timeline = Timeline()
    var pieces: [IntervalLog.Piece] = []

    /// Of nothing, or of this.
    init(timeline: Timeline = Timeline(), pieces: [IntervalLog.Piece] = []) {
        self.timeline = timeline
        self.pieces = pieces
    }

    /// Adds another stretch.
    mutating func merge(_ other: TimeHistory) {
        timeline.merge(other.timeline)
        var log = IntervalLog()
        log.merge(pieces)
        log.merge(other.pieces)
        pieces = log.take()
    }

    /// The history in few bytes.
    var packed: [UInt8] {
        var numbers = PackedNumbers()
        timeline.append(to: &numbers)
        numbers.append(pieces.count)
        for piece in pieces { piece.append(to: &numbers) }
        return numbers.bytes
    }

    /// A history that was packed.
    init(unpacking bytes: [UInt8]) throws(PackingDamage) {
        var reader = PackedReader(bytes)
        timeline = try Timeline(from: &reader)
        for _ in 0..<(try reader.count()) {
            pieces.append(try IntervalLog.Piece(from: &reader))
        }
    }
}

extension Timeline {
    fileprivate func append(to numbers: inout PackedNumbers) {
        numbers.append(level)
        numbers.append(Int(last.count))
        numbers.append(first)
        numbers.append(held.count)
        for interval in held { interval.append(to: &numbers) }
    }

    fileprivate init(from reader: inout PackedReader) throws(PackingDamage) {
        let (level, last, first) = (try reader.int(), try reader.int(), try reader.int())
        let count = try reader.count()
        guard 0...33 ~= level, last >= 0, 0...Self.limit ~= first, count <= Self.limit - first
        else {
            throw PackingDamage()
        }
        var intervals: [Interval] = []
        for _ in 0..<count { intervals.append(try Interval(from: &reader)) }
        self.init(intervals, from: first, level: level, last: Nanoseconds(Int64(last)))
    }
}

extension Timeline.Interval {
    fileprivate func append(to numbers: inout PackedNumbers) {
        for count in [failed, rejected, turns, warmup, lag.count, begins.count, ends.count] {
            numbers.append(count)
        }
        numbers.append(Int(lag.greatest.count))
        for sum in [lag.sum, begins.offsets, ends.offsets] { numbers.append(sum) }
        numbers.append(response)
    }

    fileprivate init(from reader: inout PackedReader) throws(PackingDamage) {
        (failed, rejected) = (try reader.int(), try reader.int())
        (turns, warmup) = (try reader.int(), try reader.int())
        let (lags, starts, stops) = (try reader.int(), try reader.int(), try reader.int())
        let greatest = Nanoseconds(Int64(try reader.int()))
        lag = LagTally(count: lags, greatest: greatest, sum: try reader.signedWide())
        begins = Moments(count: starts, offsets: try reader.signedWide())
        ends = Moments(count: stops, offsets: try reader.signedWide())
        response = try reader.histogram(.coarse)
    }
}

extension IntervalLog.Piece {
    fileprivate func append(to numbers: inout PackedNumbers) {
        numbers.append(UInt64(bitPattern: start))
        numbers.append(UInt64(bitPattern: length))
        for metric in IntervalLog.Metric.allCases { numbers.append(self[metric].bytes) }
    }

    fileprivate init(from reader: inout PackedReader) throws(PackingDamage) {
        self.init(
            start: Int64(bitPattern: try reader.number()),
            length: Int64(bitPattern: try reader.number()))
        guard start >= 0, start <= IntervalLog.lastSecond, 1...(1 << 33) ~= length else {
            throw PackingDamage()
        }
        let (response, service, reply) = (
            try reader.block(), try reader.block(), try reader.block()
        )
        fill(HdrPayload(response), HdrPayload(service), HdrPayload(reply))
    }
}
