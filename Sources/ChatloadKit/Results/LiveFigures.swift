package import Base
import Networking

/// What a live view shows of a run under way. Each worker has its own; they are merged where they
/// are shown, and what happened between two looks is the difference of both.
package struct LiveFigures: Sendable, Equatable {
    private var tally = Tally(.live)
    /// Failures by their class's place.
    private var failures = [Int](repeating: 0, count: ErrorClass.allCases.count)
    /// What the first failure said of itself, secrets masked; empty where nothing has failed.
    package private(set) var firstFailure = ""
    private var firstFailureEnd = Nanoseconds.never

    /// Nothing yet.
    package init() {}

    /// How many there were of something that a live view tells.
    package subscript(counter: CounterMetric) -> Int { tally[counter] }

    /// A percentile of the successes' response times, to 1/32; nil with too few of them.
    package func response(at percentile: Percentile) -> Nanoseconds? {
        tally[.response].honestValue(at: percentile)
    }

    /// The same of those that ended after an earlier look.
    package func response(
        at percentile: Percentile, since earlier: borrowing LiveFigures
    ) -> Nanoseconds? {
        tally[.response].since(earlier.tally[.response]).honestValue(at: percentile)
    }

    /// How often each class of failure came, the most frequent first.
    package var failuresByClass: [(errorClass: ErrorClass, count: Int)] {
        zip(ErrorClass.allCases, failures).filter { $0.1 > 0 }.map { ($0.0, $0.1) }
            .sorted { $0.count > $1.count }
    }

    /// Adds another worker's figures.
    package mutating func merge(_ other: borrowing LiveFigures) {
        note(other.firstFailure, at: other.firstFailureEnd)
        tally.merge(other.tally)
        for place in other.failures.indices { failures[place] &+= other.failures[place] }
    }

    mutating func add(_ exchange: borrowing Exchange) {
        tally.record(exchange)
        guard case .failed(let failure) = exchange.outcome else { return }
        note(exchange.detail, at: exchange.end)
        guard let place = ErrorClass.allCases.firstIndex(of: failure) else { return }
        failures[place] &+= 1
    }

    mutating func add(_ conversation: borrowing ConversationRecord) { tally.record(conversation) }

    /// Keeps the earliest failure's text, of two at once the one that comes first in an index.
    private mutating func note(_ detail: String, at end: Nanoseconds) {
        if (end, detail) < (firstFailureEnd, firstFailure) {
            (firstFailureEnd, firstFailure) = (end, detail)
        }
    }
}
