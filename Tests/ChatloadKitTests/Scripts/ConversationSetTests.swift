import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct ConversationSetTests {
    @Test(arguments: [0, 1, 63, 64, 65, 1_000])
    func holdsWhatItWasMadeOf(limit: Int) {
        for share in [0.0, 0.1, 0.5, 1] {
            var random = SeededRandom(seed: UInt64(limit), stream: 1)
            let wanted = Set((0..<limit).filter { _ in random.unit() < share })
            let set = ConversationSet(below: limit) { wanted.contains($0) }
            #expect(set.count == wanted.count)
            #expect((-1...limit + 64).filter(set.contains) == wanted.sorted())
            #expect((0..<set.count).map(set.member) == wanted.sorted())
        }
    }

    @Test func aPlaceLeadsToTheConversationOfItsTicket() {
        let left = PlayOrder.remaining(ConversationSet(below: 10) { $0 % 3 == 2 })
        #expect(left.count == 3 && left.isReplay)
        #expect((1...3).map { left.iteration(atPlace: $0) } == [3, 6, 9])
        #expect(
            (1...3).map { left.script(forIteration: left.iteration(atPlace: $0)) } == [2, 5, 8])
        #expect(left.plays(5) && !left.plays(6))
        #expect(PlayOrder.once(4).plays(3) && !PlayOrder.once(4).plays(4))
    }
}
