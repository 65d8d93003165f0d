import Testing

@testable import ChatloadKit

@Suite struct CapacitySearchTests {
    @Test(arguments: [1, 2, 3, 7, 10, 64, 99, 100, 1_000, 12_345])
    func findsTheEdge(capacity: Int) {
        var search = CapacitySearch(start: 8)
        while let level = search.next {
            search.record(level, level <= capacity ? .held : .failed)
            #expect(search.trials.count < 60)
        }
        let held = search.highestHeld ?? 0
        #expect(held <= capacity)
        #expect(Double(capacity - held) <= max(1, Double(capacity) * 0.06))
        #expect((search.lowestFailed ?? 0) > capacity)
    }

    @Test func neverTriesALevelTwice() {
        for capacity in 0..<300 {
            var search = CapacitySearch(start: 5)
            while let level = search.next {
                #expect(level >= 1)
                #expect(!search.trials.contains { $0.level == level })
                search.record(level, level <= capacity ? .held : .failed)
            }
        }
    }

    @Test func endsAtTheCeilingAndWhereTheGeneratorGivesOut() {
        var search = CapacitySearch(start: 10, ceiling: 35)
        while let level = search.next { search.record(level, .held) }
        #expect(search.trials.map(\.level) == [10, 20, 35])
        var tired = CapacitySearch(start: 10)
        while let level = tired.next { tired.record(level, level > 40 ? .invalid : .held) }
        #expect(tired.highestHeld == 40)
    }
}
