extension Summary {
    /// More than any run has of anything, and few enough to be added up.
    private static let most = 1_000_000_000_000_000

    /// Whether everything that is calculated with is within bounds: a summary is a file, and files
    /// get damaged.
    var isWithinBounds: Bool {
        let counts =
            [totals.exchanges, totals.failed, totals.rejected, drift.compared, drift.changed]
            + steps.values.flatMap { [$0.exchanges, $0.failed, $0.rejected] }
            + timeline.flatMap { [$0.exchanges, $0.failed, $0.turns] }
        let limit = Double(Self.most)
        return counts.allSatisfy { (0...Self.most).contains($0) }
            && timeline.flatMap { [$0.mean ?? 0, $0.start, $0.seconds] }.allSatisfy {
                (0...limit).contains($0)
            }
            && (0...1).contains(drift.meanDistance ?? 0)
            && (0...limit).contains(totals.durationSeconds)
    }
}
