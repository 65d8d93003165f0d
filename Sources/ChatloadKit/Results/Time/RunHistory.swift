import Base
import Glibc
import Networking

/// Where a run keeps what it has counted second by second: in a file without a name in its folder,
/// since in memory that would grow for as long as the run lasts. What cannot be written stays in
/// memory.
final class RunHistory: Sendable {
    private struct File {
        var descriptor: Int32 = -1
        /// The bytes written.
        var size = 0
        var hasFailed = false
        /// What could not be written.
        var kept = TimeHistory()
    }

    private let path: String
    private let waiting = Locked<[TimeHistory]>([])
    /// Locked for as long as something is being written.
    private let file = Locked(File())

    /// A history for the run in `folder`; makes nothing yet.
    init(in folder: String) { path = "\(folder)/history.\(getpid()).tmp" }

    deinit {
        let descriptor = file.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Takes a stretch, to be written by whoever calls `drain`. From any thread, and at once.
    func add(_ history: TimeHistory) { waiting.withLock { $0.append(history) } }

    /// Writes what waits.
    func drain() {
        file.withLock { file in
            while let next = waiting.withLock({ $0.popLast() }) {
                if !write(next.packed, &file) { file.kept.merge(next) }
            }
        }
    }

    /// Gives everything back.
    ///
    /// - Throws: when it cannot be read.
    func restore(to figures: inout Aggregator) throws(Fault) {
        drain()
        let (descriptor, size, kept) = file.withLock { file in
            defer { file.kept = TimeHistory() }
            return (file.descriptor, file.size, file.kept)
        }
        figures.add(kept)
        var at = 0
        while at < size {
            let length = try Files.read(descriptor, at: at, count: 8, path: path)
                .reversed().reduce(0) { $0 << 8 | Int($1) }
            let bytes = try Files.read(
                descriptor, at: at + 8, count: min(max(length, 0), size), path: path)
            do throws(PackingDamage) {
                figures.add(try TimeHistory(unpacking: bytes))
            } catch {
                throw Fault("\(path): is damaged")
            }
            at += 8 + bytes.count
        }
    }

    /// Appends a record with its length before it; false when that cannot be done. What is left of
    /// one that was cut off is never read.
    private func write(_ bytes: [UInt8], _ file: inout File) -> Bool {
        if file.hasFailed { return false }
        do throws(Fault) {
            if file.descriptor < 0 {
                file.descriptor = try Files.createUnnamed(path)
            }
            let length = (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) }
            try Files.write(length + bytes, to: file.descriptor, path: path)
            file.size += 8 + bytes.count
        } catch {
            file.hasFailed = true
        }
        return !file.hasFailed
    }
}

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
        lag = ScheduleLagSeries(count: lags, greatest: greatest, sum: try reader.signedWide())
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
