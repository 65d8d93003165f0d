import Glibc

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
