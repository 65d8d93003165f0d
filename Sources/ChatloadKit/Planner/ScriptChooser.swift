import Networking

/// Which script the run's n-th conversation plays.
///
/// A pure function of seed and ticket: workers need not talk to each other, and a run's choices do
/// not depend on their number. Each round of `weights.total` tickets plays every script exactly as
/// often as its weight says, in an order of its own.
package struct ScriptChooser: Sendable {
    private let weights: ScriptWeights
    private let seed: UInt64

    /// The choice among scripts with these weights; there must be at least one.
    package init(weights: ScriptWeights, seed: UInt64) {
        precondition(weights.count > 0, "BUG: a choice among no scripts")
        self.weights = weights
        self.seed = seed
    }

    /// The index of the script that a ticket plays; tickets count from 1.
    package func script(forTicket ticket: Int) -> Int {
        let place = max(ticket, 1) - 1
        let order = Permutation(
            of: weights.total, seed: seed, index: UInt64(place / weights.total))
        return weights.script(at: order[place % weights.total])
    }
}

/// An order of 0..<count that follows from a seed and is computed place by place.
///
/// A Feistel network permutes the numbers of an even number of bits, whatever its round function
/// (Luby and Rackoff 1988); of these at most four times `count` numbers those that are too great are
/// sent through again until one fits (cycle walking, Black and Rogaway 2002), which keeps it a
/// permutation of 0..<count.
struct Permutation {
    private let count: UInt64
    private let halfBits: UInt64
    private let key: UInt64

    init(of count: Int, seed: UInt64, index: UInt64) {
        self.count = UInt64(max(count, 1))
        let bits = UInt64.bitWidth - (self.count - 1).leadingZeroBitCount
        halfBits = UInt64(max(1, (bits + 1) / 2))
        var random = SeededRandom(seed: seed, stream: 0x5363_7269_7074_7321, index: index)
        key = random.next()
    }

    /// The number at a place, which must be in 0..<count.
    subscript(place: Int) -> Int {
        var value = UInt64(place)
        repeat { value = encrypt(value) } while value >= count
        return Int(value)
    }

    private func encrypt(_ value: UInt64) -> UInt64 {
        let mask = (1 << halfBits) - 1 as UInt64
        var (left, right) = (value >> halfBits, value & mask)
        for round in 0..<8 as Range<UInt64> {
            (left, right) = (right, left ^ (mix(right ^ round << 56) & mask))
        }
        return left << halfBits | right
    }

    /// The finaliser of SplitMix64 over the key: every bit of the input reaches every bit.
    private func mix(_ value: UInt64) -> UInt64 {
        var mixed = value ^ key
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
