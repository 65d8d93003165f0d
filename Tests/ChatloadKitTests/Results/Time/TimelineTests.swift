import Base
import Networking
import Testing

@testable import ChatloadKit

extension LatencySeries {
    /// Counts an exchange that ended at `end`, a failure where it has no response time.
    mutating func add(end: Nanoseconds, response: Nanoseconds?) {
        var exchange = Exchange()
        (exchange.intended, exchange.end) = (end - (response ?? .zero), end)
        if response == nil { exchange.outcome = .failed(.http5xx) }
        add(exchange)
    }

    /// Its intervals as shown, all of them load.
    var points: [TimelinePoint] {
        ShownIntervals(self, to: .zero).points { _, _, _ in .main }
    }

    var heatMap: HeatMapFigures { ShownIntervals(self, to: .zero).heatMap }
}

@Suite struct TimelineTests {
    static let halfSecond = Nanoseconds.milliseconds(500)

    @Test func usersAreTheTimeTheySpend() {
        var timeline = LatencySeries()
        timeline.add(from: .milliseconds(22_500), to: .milliseconds(24_250))
        timeline.add(from: .milliseconds(23_000), to: .milliseconds(23_100))
        timeline.add(from: .seconds(22), to: .milliseconds(25_750))
        #expect(timeline.points.suffix(5).map(\.users) == [0, 1.5, 2.1, 1.25, 1])
        #expect(timeline.points.last?.seconds == 0.75)
    }

    @Test(arguments: [5, 1_799, 1_800, 100_000])
    func usersAreThoseOfACount(seconds: Int64) {
        var random = SeededRandom(seed: UInt64(seconds))
        var (timeline, other) = (LatencySeries(), LatencySeries())
        var talks: [(from: Double, to: Double)] = []
        for number in 0..<(seconds > 2_000 ? 20 : 200) {
            let start = Int64(random.next(upperBound: UInt64(seconds)))
            let length = Int64(random.next(upperBound: UInt64(seconds - start) + 1))
            let (from, to) = (Nanoseconds.seconds(start), Nanoseconds.seconds(start + length))
            if number.isMultiple(of: 2) {
                timeline.add(from: from + Self.halfSecond, to: to + Self.halfSecond)
            } else {
                other.add(from: from + Self.halfSecond, to: to + Self.halfSecond)
            }
            talks.append((Double(start) + 0.5, Double(start + length) + 0.5))
        }
        timeline.merge(other)
        #expect(timeline.intervals.count <= LatencySeries.limit)
        for point in timeline.points where point.seconds > 0 {
            let spent = talks.reduce(0) { sum, talk in
                let end = min(talk.to, point.start + point.seconds)
                return sum + max(0, end - max(talk.from, point.start))
            }
            #expect(abs(point.users - spent / point.seconds) < 0.001)
        }
    }

    @Test func oddTimesAreHeld() {
        var timeline = LatencySeries()
        for (from, to) in [(Int64.min, Int64.max), (5, -5), (.max, .min), (.max, .max)] {
            timeline.add(from: Nanoseconds(from), to: Nanoseconds(to))
            var exchange = Exchange()
            (exchange.sent, exchange.intended) = (Nanoseconds(from), Nanoseconds(to))
            timeline.add(exchange)
        }
        #expect(timeline.points.allSatisfy { $0.users >= 0 && $0.users.isFinite })
    }

    @Test func latenessBelongsToWhenARequestLeft() {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        for (sent, lag) in [(Int64(21_500), Int64(20)), (21_600, 40), (23_000, -5)] {
            var exchange = Exchange()
            exchange.intended = .milliseconds(sent - lag)
            exchange.sent = .milliseconds(sent)
            exchange.end = .seconds(25)
            aggregator.add(exchange)
        }
        let points = aggregator.summary(of: RunDescription(name: "r")).timeline.suffix(5)
        #expect(points.map(\.lagMean) == [nil, 30, nil, 0, nil])
        #expect(points.map(\.lagMax) == [nil, 40, nil, 0, nil])
        // What ends with the run belongs to its last second, and to none of its own.
        #expect(points.map(\.exchanges) == [0, 0, 0, 0, 3])
        #expect(points.map(\.seconds) == [1, 1, 1, 1, 1])
    }

    /// However long a run is, its intervals lie end to end, none is much shorter than the others,
    /// and together they are as long as the run.
    @Test func intervalsCoverTheRunAndNoMore() {
        var random = SeededRandom(seed: 7)
        for number in 0..<300 {
            let length = Nanoseconds(seconds: random.unit() * [0.3, 3, 12, 40, 5_000][number % 5])
            var timeline = LatencySeries()
            for _ in 0..<20 {
                timeline.add(
                    end: Nanoseconds(seconds: random.unit() * length.seconds), response: .zero)
            }
            let shown = ShownIntervals(timeline, to: length).points { _, _, _ in .main }
            let sum = shown.reduce(0) { $0 + $1.seconds }
            #expect(abs(sum - length.seconds) < 1e-5, "seed 7, run \(number)")
            #expect(shown.reduce(0) { $0 + $1.exchanges } == 20)
            for (one, next) in zip(shown, shown.dropFirst()) {
                #expect(abs(one.start + one.seconds - next.start) < 1e-5)
                #expect(next.seconds >= one.seconds * 0.499)
            }
            if length >= .seconds(3), length < .seconds(20) {
                #expect((0.1...0.5).contains(shown[0].seconds) && shown.count <= 51)
            }
        }
    }

    @Test(arguments: [10, 120, 121, 1_800, 90_000])
    func theHeatMapHoldsEverySuccess(seconds: Int64) {
        var random = SeededRandom(seed: UInt64(seconds))
        var timeline = LatencySeries()
        for number in 0..<2_000 {
            let end = Nanoseconds.seconds(Int64(random.next(upperBound: UInt64(seconds))))
            let response = Nanoseconds(seconds: random.logNormal(median: 0.1, sigma: 1.5))
            timeline.add(end: end, response: number.isMultiple(of: 10) ? nil : response)
        }
        let (map, all) = (timeline.heatMap, timeline.points)
        #expect(map.counts.joined().reduce(0, +) == 1_800)
        #expect(map.counts.count <= HeatMapFigures.columns)
        #expect(map.counts.allSatisfy { $0.count == map.edges.count - 1 })
        for (index, column) in map.counts.enumerated() {
            let start = Double(index) * map.seconds
            let points = all.filter {
                ($0.start / map.seconds + 1e-6).rounded(.down) * map.seconds == start
            }
            #expect(column.reduce(0, +) == points.reduce(0) { $0 + $1.exchanges - $1.failed })
        }
        #expect(LatencySeries().heatMap == HeatMapFigures())
    }
}
