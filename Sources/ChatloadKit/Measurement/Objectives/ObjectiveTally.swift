import Networking

/// What is counted for the objectives alone, beside every run's figures.
struct ObjectiveTally: Sendable {
    let objectives: Objectives
    /// For the thresholds that have windows.
    private(set) var series: [WindowSeries]

    init(_ objectives: Objectives) {
        self.objectives = objectives
        series = objectives.thresholds.compactMap(WindowSeries.init)
    }

    /// Whether exchanges and conversations must be counted.
    var isNeeded: Bool { !series.isEmpty }

    /// Whether the exchange ended a turn within the limits of the goodput.
    func isGood(_ exchange: borrowing Exchange) -> Bool {
        objectives.goodput?.isKept(by: exchange) ?? false
    }

    mutating func add(_ exchange: borrowing Exchange, step: String) {
        let isGood = exchange.turnTime != nil && isGood(exchange)
        for index in series.indices { series[index].add(exchange, step: step, isGood: isGood) }
    }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        for index in series.indices { series[index].add(conversation) }
    }

    /// Counts everything `other` has counted for the same objectives.
    mutating func merge(_ other: ObjectiveTally) {
        for (index, theirs) in zip(series.indices, other.series) { series[index].merge(theirs) }
    }

    /// The first threshold that must be given up at a time counted from the run's start; `summary`
    /// has the figures of the run so far.
    func brokenThreshold(in summary: Summary, at time: Nanoseconds) -> SLOResult? {
        var windowed = series[...]
        for threshold in objectives.thresholds {
            let result: SLOResult
            if threshold.window != nil, let series = windowed.popFirst() {
                result = series.result(until: time)
            } else {
                result = threshold.result(in: summary)
                if result.samples < threshold.earlySamples { continue }
            }
            if result.value != nil, !result.passed { return result }
        }
        return nil
    }

    /// How every threshold did, in their order; `summary` has the figures of the whole run.
    func results(in summary: Summary) -> [SLOResult] {
        var windowed = series[...]
        return objectives.thresholds.map { threshold in
            guard !summary.isPartial, threshold.window != nil, let series = windowed.popFirst()
            else { return threshold.result(in: summary) }
            return series.result()
        }
    }
}
