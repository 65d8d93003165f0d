/// A limit on a change and how the comparison did.
package struct LimitOutcome: Codable, Equatable, Sendable {
    /// How a limit can end.
    package enum State: String, Codable, Sendable {
        case kept
        case broken
        /// NEW shows nothing that could keep it: too few successes, or none that compare.
        case notKept = "not kept"
        /// The change is beyond it, but may be chance.
        case unclear
        /// BASE, and BASE alone, shows nothing to measure by.
        case notJudged = "not judged"

        /// Whether it fails a build. A gate is closed by what NEW does and by what it fails to
        /// show; never by BASE, nor by what may be chance.
        package var closes: Bool { self == .broken || self == .notKept }
    }

    package var expression: String
    /// The figure's name.
    package var figure: String
    package var state: State
    /// Why it is neither kept nor broken; nil where it is.
    package var reason: String?
}

extension LimitOutcome {
    /// A limit on a figure and both sides' values of it, which are not made of a step that only NEW
    /// has (`isNews`); `failures` is the row that says, with evidence, that the share of failures
    /// differs.
    init(
        _ limit: ChangeLimit, on figure: ComparedFigure, _ row: FigureDifference?, base: Estimate?,
        new: Estimate?, isNews: Bool, failures: FigureDifference?
    ) {
        let (state, reason) =
            (isNews ? (.notJudged, "BASE has no such figure") : Self.missing(base, new))
            ?? Self.judged(limit, row, failures: figure.metric.isLatency ? failures : nil)
        self.init(
            expression: limit.description, figure: figure.description, state: state,
            reason: reason)
    }

    private static func missing(_ base: Estimate?, _ new: Estimate?) -> (State, String?)? {
        if new?.value == nil, (new?.samples ?? 0) == 0 {
            return (.notKept, "NEW has no such figure")
        }
        if new?.value == nil || new?.error == nil { return (.notKept, few("NEW", new)) }
        if base?.value == nil, (base?.samples ?? 0) == 0 {
            return (.notJudged, "BASE has no such figure")
        }
        if base?.value == nil || base?.error == nil { return (.notJudged, few("BASE", base)) }
        return nil
    }

    private static func few(_ side: String, _ estimate: Estimate?) -> String {
        "\(side) has too few samples (\(estimate?.samples ?? 0)) to judge by"
    }

    private static func judged(
        _ limit: ChangeLimit, _ row: FigureDifference?, failures: FigureDifference?
    ) -> (State, String?) {
        guard let row, let state = limit.state(of: row) else {
            return (.notKept, "nothing is known of how it changed")
        }
        if state != .broken, failures?.verdict == .more {
            return (.notKept, "NEW fails more, and these are the latencies of what succeeded")
        }
        if state != .kept, failures?.verdict == .fewer {
            return (.notJudged, "BASE fails more, and its latencies are those of what succeeded")
        }
        return (state, state == .unclear ? "beyond it, but perhaps by chance" : nil)
    }
}
