/// What a run is to keep: its thresholds, and the limits that make a turn a good one.
package struct Objectives: Sendable, Equatable {
    package var thresholds: [Threshold]
    /// nil without `--goodput`.
    package var goodput: GoodputLimits?

    package init(thresholds: [Threshold] = [], goodput: GoodputLimits? = nil) {
        self.thresholds = thresholds
        self.goodput = goodput
    }

    /// Those that stand in a run's settings, one threshold a line. The one of a search for the
    /// capacity is the first.
    ///
    /// - Throws: what is wrong with one of them.
    init(settings: [String: String]) throws(ThresholdComplaint) {
        thresholds = []
        for key in ["find-capacity", "slo"] {
            for line in (settings[key] ?? "").split(separator: "\n") {
                thresholds.append(try Threshold(parsing: String(line)))
            }
        }
        goodput = nil
        if let text = settings["goodput"] { goodput = try GoodputLimits(parsing: text) }
    }

    /// These, and the other's where these say nothing.
    func or(_ other: Objectives) -> Objectives {
        Objectives(
            thresholds: thresholds.isEmpty ? other.thresholds : thresholds,
            goodput: goodput ?? other.goodput)
    }

    /// Refuses thresholds on a goodput that has no limits.
    ///
    /// - Throws: the threshold, and what is missing.
    package func requireGoodput() throws(ThresholdComplaint) {
        guard goodput == nil, let threshold = thresholds.first(where: \.needsGoodput) else {
            return
        }
        throw ThresholdComplaint(
            message: "\(threshold) needs --goodput",
            suggestion: "say when a turn is good: --goodput response:800ms,ttfb:200")
    }
}
