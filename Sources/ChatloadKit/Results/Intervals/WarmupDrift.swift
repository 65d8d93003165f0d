import Base
import Networking

/// Drift of a warm-up: whether figures have stopped changing since the beginning of a run.
///
/// It looks at the latter half of the time so far, since the former is what a warm-up is for, and takes
/// a figure to be steady where the two halves of that are known to be alike. So the longer it has
/// drifted, the longer it must be steady.
enum WarmupDrift {
    /// Before, there are too few slices of time to tell.
    private static let least = Nanoseconds.seconds(2)

    /// Whether all these figures, by their names among intervals, have stopped drifting in what was
    /// measured until a time counted from the run's start.
    static func hasStopped(
        _ series: LatencySeries, until time: Nanoseconds, _ figures: [String]
    ) -> Bool {
        guard time >= least, !series.intervals.isEmpty else { return false }
        let window = time.count / 2..<time.count
        var intervals = RunIntervals(RunSlices(series, load: [window], steady: [window]))
        return figures.allSatisfy { figure in
            let named = try? Threshold.figure(named: figure).subject
            return intervals.isSteady(named ?? .distribution(.response, .p50))
        }
    }
}
