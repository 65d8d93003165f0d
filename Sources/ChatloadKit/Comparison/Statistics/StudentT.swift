import Glibc

/// Student's t distribution, for standard errors that are themselves only estimates.
enum StudentT {
    /// The chance of a value above `t` with so many degrees of freedom: half the regularised
    /// incomplete beta function of ν/(ν + t²), ν/2 and ½ (Abramowitz and Stegun 26.7.1).
    static func tail(_ t: Double, degrees: Double) -> Double {
        if t.isNaN { return 1 }
        if t < 0 { return 1 - tail(-t, degrees: degrees) }
        if t == .infinity { return 0 }
        return IncompleteBeta.value(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
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
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and
/// Stegun 26.5.8) evaluated as Lentz does.
enum IncompleteBeta {
    static func value(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        // The fraction converges fast below the mean; above it the symmetry leads there.
        if x > (a + 1) / (a + b + 2) { return 1 - value(1 - x, b, a) }
        let scale = logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
        return exp(scale) * fraction(x, a, b) / a
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
