/// How far the replies of one side's runs are from the recorded ones.
///
/// Replies are taken for independent: nothing says when they came. What makes replies of one
/// conversation alike does so on both sides, since both play the same recording.
struct DriftSample: Sendable {
    /// Of each run that compared any.
    private let runs: [DriftFigures]

    init(_ runs: [RunSample]) {
        self.runs = runs.map(\.summary.drift).filter { $0.compared > 0 }
    }

    /// What there is to compare; nothing where no reply had a recorded one.
    var estimates: [ComparedFigure: Estimate] {
        if runs.isEmpty { return [:] }
        return [
            ComparedFigure(metric: .repliesChanged): estimate { Double($0.changed) },
            ComparedFigure(metric: .replyDistance): estimate {
                ($0.meanDistance ?? 0) * Double($0.compared)
            },
        ]
    }

    /// The mean over all replies of something from 0 to 1, of which `sum` is a run's sum.
    private func estimate(_ sum: (DriftFigures) -> Double) -> Estimate {
        let counts = runs.map { Double($0.compared) }
        let sums = runs.map(sum)
        let count = counts.reduce(0, +)
        let mean = sums.reduce(0, +) / count
        var estimate = Estimate(value: mean, samples: runs.reduce(0) { $0 + $1.compared })
        if estimate.samples < Estimate.leastSamples { return estimate }
        // The variance of values from 0 to 1 is at most m(1 − m), which that of 0s and 1s is
        // (R. Bhatia and C. Davis, American Mathematical Monthly 107, 2000).
        let smoothed = (mean * count + 1) / (count + 2)
        let within = StandardError(
            size: (smoothed * (1 - smoothed) / count).squareRoot(), degrees: count - 1)
        estimate.error = within
        if runs.count > 1 {
            estimate.error = within.joined(with: Self.between(sums, counts, mean))
        }
        return estimate
    }

    /// What runs differ by: the standard error of a ratio of sums over several of them.
    private static func between(
        _ sums: [Double], _ counts: [Double], _ mean: Double
    ) -> StandardError {
        let runs = Double(counts.count)
        let squares = zip(sums, counts).reduce(0) { total, run in
            let rest = run.0 - mean * run.1
            return total + rest * rest
        }
        return StandardError(
            size: (squares * runs / (runs - 1)).squareRoot() / counts.reduce(0, +),
            degrees: runs - 1)
    }
}
