/// One side of a comparison, with what is known of its runs.
enum SampledSide: Sendable {
    case logged(LoggedSide)
    case summarised(SummarySide)

    /// - Throws: when one of several runs has no log.
    init(_ runs: [RunSample], _ resampling: LoggedSide.Resampling) throws(LogComplaint) {
        if let only = runs.first, runs.count == 1, only.tally == nil {
            self = .summarised(SummarySide(only.summary, resampling))
            return
        }
        var tallies: [RunTally] = []
        for run in runs {
            guard let tally = run.tally else {
                throw LogComplaint(
                    "\(run.folder): has no log of all exchanges, and can only be compared when it"
                        + " is the only run of its side")
            }
            tallies.append(tally)
        }
        self = .logged(LoggedSide(tallies, resampling))
    }

    /// How many exchanges each step has.
    var steps: [String: Int] {
        switch self {
        case .logged(let side): side.steps
        case .summarised(let side): side.steps
        }
    }

    /// The figures of the whole side and of these steps.
    func estimates(ofSteps steps: [String]) -> [ComparedFigure: Estimate] {
        switch self {
        case .logged(let side): side.estimates(ofSteps: steps)
        case .summarised(let side): side.estimates(ofSteps: steps)
        }
    }

    /// A latency of the whole side by its percentiles; nothing where it has none.
    func curve(of metric: ComparedFigure.Metric) -> [PercentilePoint] {
        switch self {
        case .logged(let side): side.curve(of: metric)
        case .summarised(let side): side.curve(of: metric)
        }
    }
}

extension ComparedCurves {
    /// Those of all latencies that both sides have.
    static func all(_ base: SampledSide, _ new: SampledSide) -> [ComparedCurves] {
        ComparedFigure.Metric.allCases.filter(\.isLatency).compactMap { metric in
            let curves = ComparedCurves(
                metric: metric, base: base.curve(of: metric), new: new.curve(of: metric))
            return curves.base.isEmpty || curves.new.isEmpty ? nil : curves
        }
    }
}
