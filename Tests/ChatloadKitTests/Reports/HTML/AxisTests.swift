import Base
import Testing

@testable import ChatloadKit

@Suite struct AxisTests {
    static func labels(_ axis: Axis) -> String { axis.ticks.map(\.label).joined(separator: "|") }

    @Test(arguments: [
        (0.0, "0|0 µs"), (0.9, "0|200 µs|400 µs|600 µs|800 µs|1 ms"),
        (47, "0|10 ms|20 ms|30 ms|40 ms|50 ms"), (50, "0|10 ms|20 ms|30 ms|40 ms|50 ms"),
        (61_000, "0|20 s|40 s|60 s|80 s"),
    ])
    func durationsHaveRoundMarks(value: Double, labels: String) {
        let axis = Axis.duration(upTo: value)
        if value > 0 { #expect(Self.labels(axis) == labels) }
        #expect(axis.high >= value && axis.ticks.count >= 2 && axis.ticks.count <= 6)
        #expect(axis.ticks.last?.place == 1)
    }

    @Test(arguments: [
        (45.0, "0 s|10 s|20 s|30 s|40 s"), (90, "0 s|15 s|30 s|45 s|60 s|75 s|90 s"),
        (600, "0:00|2:00|4:00|6:00|8:00|10:00"), (7_200, "0:00:00|0:15:00|0:30:00"),
    ])
    func timesHaveRoundMarks(seconds: Double, labels: String) {
        #expect(Self.labels(Axis.time(upTo: seconds)).hasPrefix(labels))
    }

    @Test func countsHaveNoFractions() {
        #expect(Self.labels(Axis.count(upTo: 0)) == "0|1")
        #expect(Self.labels(Axis.count(upTo: 3)) == "0|1|2|3")
        #expect(Self.labels(Axis.rate(upTo: 1)) == "0|0.2|0.4|0.6|0.8|1")
    }

    @Test(arguments: [
        ([1.0, 49], "0|10 ms|20 ms|30 ms|40 ms|50 ms"), ([0, 2, 190], "1 ms|10 ms|100 ms|1 s"),
        ([], "0|0 µs"),
    ])
    func farApartDurationsAreLogarithmic(values: [Double], labels: String) {
        let axis = Axis.duration(spanning: values)
        if !values.isEmpty { #expect(Self.labels(axis) == labels) }
        #expect(values.allSatisfy { (0...1).contains(axis.place(of: $0)) })
    }

    @Test func anElapsedTimeFillsItsAxis() {
        let axis = Axis.elapsed(upTo: 6_020)
        #expect(axis.high == 6_020 && Self.labels(axis) == "0|2 s|4 s|6 s")
    }

    @Test func everyNineTakesAsMuchRoom() {
        let axis = Axis.percentile(upTo: 0.999)
        let places = [0, 0.9, 0.99, 0.999].map { axis.place(of: 1 / (1 - $0)) }
        #expect(zip(places, [0, 1.0 / 3, 2.0 / 3, 1]).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(Self.labels(axis) == "0 %|50 %|75 %|90 %|95 %|99 %|99.9 %")
    }

    @Test func oddValuesStayOnTheAxis() {
        let axes = [
            Axis.duration(upTo: 0), .duration(upTo: 1e12), .time(upTo: 0), .time(upTo: 1e9),
            .logarithmicDuration(from: 0, to: 0), .logarithmicDuration(from: 5, to: 1e9),
            .percentile(upTo: 1), .percentile(upTo: 0), .count(upTo: 1e15), .elapsed(upTo: 0),
            .duration(upTo: .infinity), .elapsed(upTo: .nan), .rate(upTo: -1),
        ]
        for axis in axes {
            for value in [0, -1, 1, 1e18, .nan, .infinity, -.infinity] {
                #expect((0...1).contains(axis.place(of: value)))
            }
            #expect(axis.ticks.allSatisfy { (0...1).contains($0.place) })
        }
    }

    @Test(arguments: [
        (0.0, "0"), (1.5, "1.5"), (1_200, "1,200"), (999_500, "999,500"), (12_500_000, "12.5 M"),
    ])
    func numbersHaveNoIdleZeros(value: Double, text: String) {
        #expect(Figures.round(value) == text)
    }
}
