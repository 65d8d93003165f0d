/// Finds the highest load that keeps a limit: doubles the load until a level fails, then halves the
/// gap between the highest level that held and the lowest that failed.
///
/// A pure value: it says which level to try next and is told how that went.
package struct CapacitySearch: Sendable, Equatable {
    /// How a level went.
    package enum Finding: String, Sendable, Equatable {
        case held
        case failed
        /// The generator could not keep its own schedule: the figures are not the service's, and
        /// higher levels would not be either.
        case invalid
        /// Too few samples stand behind the figure even so.
        case unclear
    }

    /// A level that was tried.
    package struct Trial: Sendable, Equatable {
        package var level: Int
        package var finding: Finding
    }

    /// The levels tried, in order.
    package private(set) var trials: [Trial] = []
    /// The gap at which the search ends, as a share of the highest level that held.
    private let precision: Double
    private let start: Int
    private let ceiling: Int

    /// A search that begins at `start` and never goes beyond `ceiling`.
    package init(start: Int, ceiling: Int = 1_000_000, precision: Double = 0.05) {
        self.start = max(start, 1)
        self.ceiling = max(ceiling, 1)
        self.precision = precision
    }

    /// The highest level that held; nil when none did.
    package var highestHeld: Int? {
        trials.filter { $0.finding == .held }.map(\.level).max()
    }

    /// The lowest level that did not hold; nil when all did.
    package var lowestFailed: Int? {
        trials.filter { $0.finding != .held }.map(\.level).min()
    }

    /// The level to try next; nil when the search has come to its end.
    package var next: Int? {
        guard let failed = lowestFailed else {
            guard let held = highestHeld else { return min(start, ceiling) }
            return held >= ceiling ? nil : min(held * 2, ceiling)
        }
        let held = highestHeld ?? 0
        let gap = failed - held
        guard gap > max(1, Int((Double(held) * precision).rounded(.up))) else { return nil }
        // Below the first level there is nothing that held yet: halve towards one user.
        return held + gap / 2
    }

    /// Takes note of how a level went.
    package mutating func record(_ level: Int, _ finding: Finding) {
        trials.append(Trial(level: level, finding: finding))
    }
}
