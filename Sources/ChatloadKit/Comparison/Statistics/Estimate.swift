/// How far a figure may be off by chance.
struct StandardError: Sendable, Equatable {
    var size: Double
    /// How many degrees of freedom this size is itself known with.
    var degrees: Double

    /// That of the sum or difference of two independent figures (B. L. Welch, Biometrika 34, 1947;
    /// F. E. Satterthwaite, Biometrics Bulletin 2, 1946).
    func joined(with other: StandardError) -> StandardError {
        let (left, right) = (size * size, other.size * other.size)
        let sum = left + right
        if sum == 0 { return StandardError(size: 0, degrees: min(degrees, other.degrees)) }
        let (first, second) = (left / sum, right / sum)
        return StandardError(
            size: sum.squareRoot(),
            degrees: 1 / (first * first / degrees + second * second / other.degrees))
    }

    /// The same, or `least` where that is larger.
    func atLeast(_ least: Double) -> StandardError {
        StandardError(size: max(size, least), degrees: degrees)
    }
}

/// One side's value of a figure.
struct Estimate: Sendable, Equatable {
    /// Milliseconds, a share, or a number per second; nil where too few samples stand behind it.
    var value: Double?
    var samples: Int
    /// Nil where there is too little to tell what chance does.
    var error: StandardError?

    /// With fewer samples than this nothing is concluded.
    static let leastSamples = 30
}
