import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct ScriptChooserTests {
    private static func weights(_ values: [Int]) -> ScriptWeights {
        var weights = ScriptWeights()
        for value in values { weights.append(value) }
        return weights
    }

    /// Every round gives every script exactly its share, whatever the weights and the seed.
    @Test func givesExactShares() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<200 {
            let values = (0...Int(random.next() % 40)).map { _ in
                random.next() % 3 == 0 ? Int(random.next() % 9) + 1 : 1
            }
            let weights = Self.weights(values)
            #expect(weights.total == values.reduce(0, +))
            let chooser = ScriptChooser(weights: weights, seed: random.next())
            for round in [0, 1, 7, 1_000_000] {
                var counts = [Int](repeating: 0, count: values.count)
                for place in 1...weights.total {
                    counts[chooser.script(forIteration: round * weights.total + place)] += 1
                }
                #expect(counts == values)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 15, 16, 17, 100, 1_000, 4_097])
    func isAPermutation(count: Int) {
        for seed in 0..<8 as Range<UInt64> {
            let order = Permutation(of: count, seed: seed, index: seed * 3)
            #expect(Set((0..<count).map { order[$0] }) == Set(0..<count))
        }
    }

    @Test func followsFromTheSeedAlone() {
        let weights = Self.weights([Int](repeating: 1, count: 100))
        func order(_ seed: UInt64, _ iterations: ClosedRange<Int>) -> [Int] {
            let chooser = ScriptChooser(weights: weights, seed: seed)
            return iterations.map { chooser.script(forIteration: $0) }
        }
        #expect(order(1, 1...100) == order(1, 1...100))
        #expect(order(1, 1...100) != order(2, 1...100))
        #expect(order(1, 1...100) != order(1, 101...200))
        #expect(order(1, 1...100) != Array(0..<100))
    }

    /// Over many seeds every script comes first about equally often: 2,000 draws among 10, standard
    /// deviation 13.
    @Test func favoursNobody() {
        let weights = Self.weights([Int](repeating: 1, count: 10))
        var counts = [Int](repeating: 0, count: 10)
        for seed in 0..<2_000 as Range<UInt64> {
            counts[ScriptChooser(weights: weights, seed: seed).script(forIteration: 1)] += 1
        }
        #expect(counts.allSatisfy { (140...260).contains($0) }, "\(counts)")
    }

    @Test func survivesTheGreatestTickets() {
        let chooser = ScriptChooser(weights: Self.weights([2, 1]), seed: 3)
        #expect((0..<2).contains(chooser.script(forIteration: .max)))
        #expect(chooser.script(forIteration: 0) == chooser.script(forIteration: 1))
    }
}
