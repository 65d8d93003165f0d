import Networking
import Testing

@testable import ChatloadKit

@Suite struct TimelineTests {
    static let halfSecond = Nanoseconds.milliseconds(500)

    @Test func usersAreTheTimeTheySpend() {
        var timeline = Timeline()
        timeline.add(from: .milliseconds(500), to: .milliseconds(2_250))
        timeline.add(from: .milliseconds(1_000), to: .milliseconds(1_100))
        timeline.add(from: .zero, to: .seconds(3))
        #expect(timeline.points.map(\.users) == [1.5, 2.1, 1.25, 0])
    }

    @Test(arguments: [5, 1_799, 1_800, 100_000])
    func usersAreThoseOfACount(seconds: Int64) {
        var random = SeededRandom(seed: UInt64(seconds))
        var (timeline, other) = (Timeline(), Timeline())
        var spent = [Double](repeating: 0, count: Int(seconds) + 1)
        for number in 0..<(seconds > 2_000 ? 20 : 200) {
            let start = Int64(random.next(upperBound: UInt64(seconds)))
            let length = Int64(random.next(upperBound: UInt64(seconds - start) + 1))
            let (from, to) = (Nanoseconds.seconds(start), Nanoseconds.seconds(start + length))
            if number.isMultiple(of: 2) {
                timeline.add(from: from + Self.halfSecond, to: to + Self.halfSecond)
            } else {
                other.add(from: from + Self.halfSecond, to: to + Self.halfSecond)
            }
            spent[Int(start)] += length == 0 ? 0 : 0.5
            spent[Int(start + length)] += length == 0 ? 0 : 0.5
            for second in start..<(start + length) where second > start { spent[Int(second)] += 1 }
        }
        timeline.merge(other)
        #expect(timeline.intervals.count <= Timeline.limit)
        for (index, point) in timeline.points.enumerated() {
            let seconds = index * point.seconds..<min(spent.count, (index + 1) * point.seconds)
            let expected = spent[seconds].reduce(0, +) / Double(point.seconds)
            #expect(abs(point.users - expected) < 0.001)
        }
    }

    @Test func oddTimesAreHeld() {
        var timeline = Timeline()
        for (from, to) in [(Int64.min, Int64.max), (5, -5), (.max, .min), (.max, .max)] {
            timeline.add(from: Nanoseconds(from), to: Nanoseconds(to))
            timeline.add(lag: Nanoseconds(to), sent: Nanoseconds(from))
        }
        #expect(timeline.points.allSatisfy { $0.users >= 0 && $0.users.isFinite })
    }

    @Test func latenessBelongsToWhenARequestLeft() {
        var aggregator = Aggregator(steps: StepTable(names: ["say"]))
        for (sent, lag) in [(Int64(1_500), Int64(20)), (1_600, 40), (3_000, -5)] {
            var exchange = Exchange()
            exchange.intended = .milliseconds(sent - lag)
            exchange.sent = .milliseconds(sent)
            exchange.end = .seconds(5)
            aggregator.add(exchange)
        }
        let points = aggregator.summary(of: RunDescription(name: "r")).timeline
        #expect(points.map(\.lagMean) == [nil, 30, nil, 0, nil, nil])
        #expect(points.map(\.lagMax) == [nil, 40, nil, 0, nil, nil])
        #expect(points.map(\.exchanges) == [0, 0, 0, 0, 0, 3])
    }

    @Test(arguments: [10, 120, 121, 1_800, 90_000])
    func theHeatMapHoldsEverySuccess(seconds: Int64) {
        var random = SeededRandom(seed: UInt64(seconds))
        var timeline = Timeline()
        for number in 0..<2_000 {
            let end = Nanoseconds.seconds(Int64(random.next(upperBound: UInt64(seconds))))
            let response = Nanoseconds(seconds: random.logNormal(median: 0.1, sigma: 1.5))
            timeline.add(end: end, response: number.isMultiple(of: 10) ? nil : response)
        }
        let map = timeline.heatMap
        #expect(map.counts.joined().reduce(0, +) == 1_800)
        #expect(map.counts.count <= HeatMapFigures.columns)
        #expect(map.counts.allSatisfy { $0.count == map.edges.count - 1 })
        for (index, column) in map.counts.enumerated() {
            let times = index * map.seconds..<(index + 1) * map.seconds
            let points = timeline.points.filter { times.contains($0.start) }
            #expect(column.reduce(0, +) == points.reduce(0) { $0 + $1.exchanges - $1.failed })
        }
        #expect(Timeline().heatMap == HeatMapFigures())
    }
}
