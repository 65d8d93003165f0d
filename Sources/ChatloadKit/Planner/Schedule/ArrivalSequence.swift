import Networking

/// The times of the open model's starts, one after the other, counted from the run's start.
///
/// A pure function of seed and shape: every worker makes the whole sequence for itself and takes its
/// share of it, so the plan is the same on any number of workers. The gaps are drawn in units of
/// expected starts, with mean 1, and carried over to the clock by the inverse of the integrated rate
/// (time change; Brown et al. 2002), so all processes follow every curve. Each time is computed from
/// the sum, not from the time before, so nothing drifts.
struct ArrivalSequence {
    private let curve: LoadCurve
    private let process: ArrivalProcess
    private var random: SeededRandom
    private var area = 0.0
    private var count = 0

    init(_ process: ArrivalProcess, along curve: LoadCurve, seed: UInt64) {
        self.curve = curve
        self.process = process
        random = SeededRandom(seed: seed, stream: RandomStream.arrivals.rawValue)
    }

    /// The next start; nil when there is none any more.
    ///
    /// Constant starts begin at once, so that a whole number of periods has as many.
    mutating func next() -> Nanoseconds? {
        switch process {
        case .constant: area = Double(count)
        case .poisson: area += random.exponential(mean: 1)
        case .gamma(let burstiness): area += random.gamma(shape: burstiness) / burstiness
        }
        count += 1
        return curve.time(ofArea: area)
    }
}
