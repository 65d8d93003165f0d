import Testing

@testable import Base
@testable import Networking

/// Which stamps are believed, and which readings are known to be of one segment.
@Suite struct SocketReadingsTests {
    private static func at(_ milliseconds: Int64) -> Nanoseconds { .milliseconds(milliseconds) }

    @Test func onlyStampsThatCanBeAreBelieved() {
        var readings = SocketReadings()
        #expect(readings.arrival(readAt: Self.at(1)) == nil)
        readings.note(Self.at(5), isShort: true, in: Self.at(10))
        #expect(readings.arrival(readAt: Self.at(11)) == Self.at(5))
        readings.note(Self.at(9), isShort: true, in: Self.at(20))
        #expect(readings.arrival(readAt: Self.at(21)) == nil, "before what was read at 10")
        readings.note(Self.at(35), isShort: true, in: Self.at(30))
        #expect(readings.arrival(readAt: Self.at(31)) == nil, "after its reading")
        readings.note(Self.at(36), isShort: true, in: Self.at(40))
        #expect(readings.arrival(readAt: Self.at(41)) == Self.at(36), "a step harms one")
        readings.note(nil, isShort: true, in: Self.at(50))
        #expect(readings.arrival(readAt: Self.at(51)) == nil)
        readings.expectNothing(before: Self.at(60))
        readings.note(Self.at(55), isShort: true, in: Self.at(70))
        #expect(readings.arrival(readAt: Self.at(71)) == nil, "before the request")
    }

    @Test func whatDidNotFitMayHaveWaited() {
        var readings = SocketReadings()
        readings.note(Self.at(5), isShort: false, in: Self.at(10))
        readings.note(Self.at(7), isShort: true, in: Self.at(10))
        #expect(readings.arrival(readAt: Self.at(11)) == Self.at(7))
    }

    @Test func segmentsAreComparedWithReadings() {
        var readings = SocketReadings()
        // After so many readings in a row, and with so many segments in all, is the answer that?
        let rows: [(readings: Int, received: UInt32?, areSingle: Bool)] = [
            (3, 3, true), (1, 5, false), (1, 6, true), (1, nil, false), (1, 8, true),
        ]
        for row in rows {
            for _ in 0..<row.readings { readings.note(nil, isShort: true, in: .zero) }
            let areSingle = readings.wereOfOneSegment(received: row.received)
            #expect(areSingle == row.areSingle, "\(row)")
        }
    }
}
