import Glibc

/// A small, fast generator whose whole sequence follows from its seed (xoshiro256**, seeded by
/// SplitMix64; Blackman and Vigna, prng.di.unimi.it).
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// The sequence that belongs to `seed`.
    package init(seed: UInt64) {
        var mixer = seed
        state = (
            Self.split(&mixer), Self.split(&mixer), Self.split(&mixer), Self.split(&mixer)
        )
    }

    /// The sequence number `index` of the family `stream` under `seed`: independent of how many
    /// others are drawn, so a run's random choices do not depend on its number of workers.
    package init(seed: UInt64, stream: UInt64, index: UInt64 = 0) {
        var mixer = seed
        mixer = Self.split(&mixer) ^ stream
        mixer = Self.split(&mixer) ^ index
        self.init(seed: Self.split(&mixer))
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, by: 45)
        return result
    }

    /// A number in [0, 1), every multiple of 2⁻⁵³ equally likely.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A draw from the standard normal distribution (Box–Muller).
    package mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * .pi * unit())
    }

    /// A draw from the exponential distribution with the given mean.
    package mutating func exponential(mean: Double) -> Double { -mean * log(1 - unit()) }

    /// A draw from the log-normal distribution with the given median and the standard deviation
    /// `sigma` of its logarithm.
    package mutating func logNormal(median: Double, sigma: Double) -> Double {
        median * exp(sigma * normal())
    }

    private static func split(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return finish(state)
    }

    /// The finaliser of SplitMix64: every bit of the input reaches every bit.
    fileprivate static func finish(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private static func rotate(_ value: UInt64, by bits: UInt64) -> UInt64 {
        (value << bits) | (value >> (64 - bits))
    }
}

extension SeededRandom {
    /// A draw from the gamma distribution with this shape, above zero, and the scale 1 (Marsaglia
    /// and Tsang 2000; below 1 by their boost from the shape one higher).
    package mutating func gamma(shape: Double) -> Double {
        if shape < 1 {
            return gamma(shape: shape + 1) * pow(1 - unit(), 1 / shape)
        }
        let offset = shape - 1.0 / 3
        let factor = 1 / (9 * offset).squareRoot()
        while true {
            let deviate = normal()
            let root = 1 + factor * deviate
            guard root > 0 else { continue }
            let cube = root * root * root
            let limit = deviate * deviate / 2 + offset * (1 - cube + log(cube))
            if log(1 - unit()) < limit { return offset * cube }
        }
    }
}

/// The hash of Fowler, Noll and Vo (FNV-1a) with 64 bits: good enough to tell plans and names apart,
/// no protection against somebody who makes them collide.
package struct FNV1a {
    private static let prime: UInt64 = 0x100_0000_01B3

    /// The hash of what was added.
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The value as sixteen hexadecimal digits.
    package var digits: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The hash of nothing.
    package init() {}

    /// The hash of bytes, eight a step.
    package static func hash(ofWords bytes: Span<UInt8>) -> UInt64 {
        var hash = FNV1a()
        hash.add(words: bytes)
        return hash.value
    }

    /// Adds the bytes of a text.
    package mutating func add(_ text: String) {
        for byte in text.utf8 { add(UInt64(byte)) }
    }

    /// Adds much at once: eight bytes a step, with their number at the end.
    package mutating func add(words bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { raw in
            var place = 0
            while place + 8 <= raw.count {
                add(raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                // The product alone never carries high bits down.
                value ^= value >> 32
                place += 8
            }
            for byte in raw[place...] { add(UInt64(byte)) }
            add(UInt64(raw.count))
        }
    }

    private mutating func add(_ word: UInt64) { value = (value ^ word) &* Self.prime }
}

/// An order of 0..<count that follows from a seed and is computed place by place.
///
/// A Feistel network permutes the numbers of an even number of bits, whatever its round function
/// (Luby and Rackoff 1988); of these at most four times `count` numbers those that are too great are
/// sent through again until one fits (cycle walking, Black and Rogaway 2002), which keeps it a
/// permutation of 0..<count.
package struct Permutation {
    private let count: UInt64
    private let halfBits: UInt64
    private let key: UInt64

    /// The order of `count` numbers for a seed and an index.
    package init(of count: Int, seed: UInt64, index: UInt64) {
        self.count = UInt64(max(count, 1))
        let bits = UInt64.bitWidth - (self.count - 1).leadingZeroBitCount
        halfBits = UInt64(max(1, (bits + 1) / 2))
        var random = SeededRandom(seed: seed, stream: 0x5363_7269_7074_7321, index: index)
        key = random.next()
    }

    /// The number at a place, which must be in 0..<count.
    package subscript(place: Int) -> Int {
        var value = UInt64(place)
        repeat { value = encrypt(value) } while value >= count
        return Int(value)
    }

    private func encrypt(_ value: UInt64) -> UInt64 {
        let mask = (1 << halfBits) - 1 as UInt64
        var (left, right) = (value >> halfBits, value & mask)
        for round in 0..<8 as Range<UInt64> {
            (left, right) = (right, left ^ (SeededRandom.finish(right ^ round << 56 ^ key) & mask))
        }
        return left << halfBits | right
    }
}
