import Base
import ChatloadKit
import Networking

/// `run --find-capacity`: a run for each level of the search, each in a folder of its own, and a
/// table of them all.
///
/// - Returns: `ok` when a level held, `sloFailed` when none did.
/// - Throws: why a level's folder cannot be written.
func findCapacity(
    _ threshold: Threshold, _ order: PreparedRun, _ session: RunRunner, descriptors: Int
) async throws(Fault) -> ExitCode {
    let order = try order.withOwnFolder()
    let first = order.plan.load.arrivals.map { Int(min(max($0.rate, 1), 1e6)) }
    var search = CapacitySearch(start: first ?? order.plan.load.users)
    let unit = order.plan.load.arrivals == nil ? "users" : "per second"
    var rows: [[String]] = []
    var length = order.plan.load.duration ?? LoadSettings.usualDuration
    while let level = search.next {
        let trial = order.atLevel(level, for: length)
        let result = try await session.run(trial, descriptors: descriptors)
        let isChanged = result.summary.run.ended == .inputChanged
        guard let outcome = result.summary.slo.first, !result.wasInterrupted, !isChanged else {
            Terminal.output.write(search.text(threshold, unit: unit, rows))
            return isChanged ? .internalError : .interrupted
        }
        if outcome.isKept == nil, !outcome.isVoid, length < order.longestLevel {
            // Too few samples: the same level again, long enough for the figure to mean something.
            length = min(length * 2, order.longestLevel)
            continue
        }
        let finding = CapacitySearch.Finding(outcome, result.summary.verdict)
        search.record(level, finding)
        let totals = result.summary.totals
        rows.append([
            Figures.count(level), Figures.rate(totals.rate(.turnsPerSecond)),
            Figures.rate(totals.rate(.successesPerSecond)), outcome.valueText, finding.rawValue,
        ])
    }
    Terminal.output.write(search.text(threshold, unit: unit, rows))
    return search.highestHeld == nil ? .sloFailed : .ok
}

extension CapacitySearch.Finding {
    /// How a level went; figures of a generator that lost its schedule count for nothing, and a
    /// level that was not reached did not hold.
    fileprivate init(_ outcome: SLOResult, _ verdict: Verdict) {
        switch (verdict.generator, outcome.isKept) {
        case (.invalid, _): self = .invalid
        case _ where verdict.load == .notReached: self = .failed
        case (_, true?): self = .held
        case (_, false?): self = .failed
        case (_, nil): self = .unclear
        }
    }
}

extension PreparedRun {
    /// How long a level may last to collect enough samples.
    fileprivate var longestLevel: Nanoseconds {
        max(plan.load.duration ?? .zero, LoadSettings.usualDuration) * 8
    }

    /// The same run at another level, in a folder named after it.
    fileprivate func atLevel(_ level: Int, for length: Nanoseconds) -> PreparedRun {
        var order = self
        order.plan.load = plan.load.atPeak(level)
        order.output += (plan.load.arrivals == nil ? "/users-" : "/rate-") + "\(level)"
        if length != plan.load.duration { order.output += "-\(length.count / 1_000_000_000)s" }
        order.plan.load.duration = length
        return order
    }
}

extension CapacitySearch {
    /// The levels that were tried as a table for people, and what the search found; `unit` is what a
    /// level counts.
    fileprivate func text(_ threshold: Threshold, unit: String, _ rows: [[String]]) -> String {
        let table = TextTable(
            names: [unit, "turns", "successes", threshold.figure, "verdict"], fitting: rows)
        let lines = [table.head] + rows.map { table.row($0) }
        let held = highestHeld.map { "\(Figures.count($0)) \(unit)" } ?? "none"
        let failed = lowestFailed.map { "\(Figures.count($0)) \(unit)" } ?? "none"
        return "Capacity under \(threshold)\n\n" + lines.map { $0.text + "\n" }.joined()
            + "\nHighest level that held: \(held). First that did not: \(failed).\n"
    }
}
