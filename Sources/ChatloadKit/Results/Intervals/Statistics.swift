import Glibc
import Networking

/// What a comparison needs of statistics.
enum Statistics {
    /// The chance of a value above `t` in Student's t distribution, for standard errors that are
    /// themselves only estimates, with so many degrees of freedom: half the regularised incomplete
    /// beta function of ν/(ν + t²), ν/2 and ½ (Abramowitz and Stegun 26.7.1).
    static func tail(_ t: Double, degrees: Double) -> Double {
        if t.isNaN { return 1 }
        if t < 0 { return 1 - tail(-t, degrees: degrees) }
        if t == .infinity { return 0 }
        return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
    }

    /// The t that is exceeded in either direction with the chance 1 − `confidence`, by bisection.
    static func width(confidence: Double, degrees: Double) -> Double {
        let outside = (1 - confidence) / 2
        var low = 0.0
        var high = 1.0
        while tail(high, degrees: degrees) > outside, high < 1e9 { high *= 2 }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if tail(middle, degrees: degrees) > outside { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and
    /// Stegun 26.5.8) evaluated as Lentz does.
    static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        // The fraction converges fast below the mean; above it the symmetry leads there.
        if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
        let scale = logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
        return exp(scale) * fraction(x, a, b) / a
    }

    /// The p-values adjusted so that the chance of one or more false findings among all of them is at
    /// most the level they are compared with, however they depend on each other: the step-down
    /// procedure of S. Holm (Scandinavian Journal of Statistics 6, 1979, pp. 65–70), with his
    /// weights, by which some figures get a larger share of that chance than others.
    static func adjusted(_ values: [(p: Double, weight: Double)]) -> [Double] {
        let order = values.indices.sorted { left, right in
            let (first, second) = (values[left], values[right])
            let (a, b) = (first.p * second.weight, second.p * first.weight)
            return a == b ? left < right : a < b
        }
        var rest = values.reduce(0) { $0 + $1.weight }
        var least = 0.0
        var adjusted = [Double](repeating: 1, count: values.count)
        for index in order {
            let (p, weight) = values[index]
            if weight > 0 { least = max(least, min(1, p * rest / weight)) }
            adjusted[index] = weight > 0 ? least : 1
            rest -= weight
        }
        return adjusted
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        var numerator = 1.0
        var denominator = 1 / apart(1 - (a + b) * x / (a + 1), tiny)
        var result = denominator
        for step in 1...500 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            var change = 1.0
            for term in [even, odd] {
                denominator = 1 / apart(1 + term * denominator, tiny)
                numerator = apart(1 + term / numerator, tiny)
                change = denominator * numerator
                result *= change
            }
            if (change - 1).magnitude < 1e-14 { break }
        }
        return result
    }

    /// The value, or `tiny` where it would divide by nothing.
    private static func apart(_ value: Double, _ tiny: Double) -> Double {
        value.magnitude < tiny ? tiny : value
    }

    private static func logGamma(_ value: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(value, &sign)
    }
}

extension Statistics {
    /// The standard error of a share of so many independent values.
    static func errorOfShare(_ share: Double, of count: Double) -> Double {
        (share * (1 - share) / count).squareRoot()
    }
}

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

/// A distribution of which only a few percentiles are known: between them, shares are taken to grow
/// evenly with the logarithm of the value.
struct KnownPercentiles: Sendable {
    /// Ascending.
    private let points: [(share: Double, value: Double)]

    init(_ figures: Distribution) {
        let known: [(Double, Double?)] = [
            (0, figures.min), (0.5, figures.p50), (0.75, figures.p75), (0.9, figures.p90),
            (0.95, figures.p95), (0.99, figures.p99), (0.999, figures.p99_9), (1, figures.max),
        ]
        var points: [(share: Double, value: Double)] = []
        for case (let share, let value?) in known where value.isFinite {
            // A damaged file must not make it fall.
            points.append((share, max(value, points.last?.value ?? 0.001, 0.001)))
        }
        self.points = points
    }

    /// The value at or below which this share of all lies; nil where nothing is known.
    func value(at share: Double) -> Double? {
        guard let first = points.first, let last = points.last else { return nil }
        if share <= first.share { return first.value }
        guard let above = points.firstIndex(where: { $0.share >= share }), above > 0 else {
            return last.value
        }
        let (low, high) = (points[above - 1], points[above])
        let part = (share - low.share) / (high.share - low.share)
        return exp(log(low.value) + part * (log(high.value) - log(low.value)))
    }
}

/// A histogram's percentiles, many of which are asked for.
struct Quantiles: Sendable {
    private let values: [Double]
    /// How many values there are up to each of `values`.
    private let counts: [UInt64]

    init(_ histogram: Histogram) {
        var values: [Double] = []
        var counts: [UInt64] = []
        var seen: UInt64 = 0
        for slot in histogram.filled where histogram.slots[slot] > 0 {
            seen &+= histogram.slots[slot]
            let value = min(histogram.layout.values(of: slot).upperBound, histogram.sums.greatest)
            values.append(Double(value) / 1e6)
            counts.append(seen)
        }
        self.values = values
        self.counts = counts
    }

    /// The value, in milliseconds, at or below which this share of all lies: between the least and
    /// the greatest whatever the share.
    func value(at share: Double) -> Double {
        guard let total = counts.last else { return 0 }
        let rank = UInt64(min(max((share * Double(total)).rounded(.up), 1), Double(total)))
        var low = 0
        var high = counts.count - 1
        while low < high {
            let middle = (low + high) / 2
            if counts[middle] < rank { low = middle + 1 } else { high = middle }
        }
        return values[low]
    }
}
