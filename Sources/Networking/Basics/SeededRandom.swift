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
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private static func rotate(_ value: UInt64, by bits: UInt64) -> UInt64 {
        (value << bits) | (value >> (64 - bits))
    }
}
