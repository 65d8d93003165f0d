package import Base
import Networking

/// What a live view shows of a run under way. Each worker has its own; they are merged where they
/// are shown, and what happened between two looks is the difference of both.
package struct LiveFigures: Sendable, Equatable {
    /// Exchanges that have ended, however they did.
    package private(set) var exchanges = 0
    /// Turns that have ended and succeeded.
    package private(set) var turns = 0
    /// Exchanges that failed.
    package private(set) var failed = 0
    /// Conversations that have ended, however they did.
    package private(set) var conversations = 0
    /// Those of them in which something failed.
    package private(set) var failedConversations = 0
    private var response = Histogram(layout: .coarse)
    /// Failures by their class's place.
    private var failures: [Int] = []
    /// What the first failure said of itself, secrets masked; empty where nothing has failed.
    package private(set) var firstFailure = ""
    private var firstFailureEnd = Nanoseconds.never

    /// Nothing yet.
    package init() {}

    /// A percentile of the successes' response times, to 1/32; nil with too few of them.
    package func response(at percentile: Percentile) -> Nanoseconds? {
        response.honestValue(at: percentile)
    }

    /// The same of those that ended after an earlier look.
    package func response(
        at percentile: Percentile, since earlier: borrowing LiveFigures
    ) -> Nanoseconds? {
        response.since(earlier.response).honestValue(at: percentile)
    }

    /// How often each class of failure came, the most frequent first.
    package var failuresByClass: [(errorClass: ErrorClass, count: Int)] {
        zip(ErrorClass.allCases, failures).filter { $0.1 > 0 }.map { ($0.0, $0.1) }
            .sorted { $0.count > $1.count }
    }

    /// Adds another worker's figures.
    package mutating func merge(_ other: borrowing LiveFigures) {
        note(other.firstFailure, at: other.firstFailureEnd)
        exchanges &+= other.exchanges
        turns &+= other.turns
        failed &+= other.failed
        conversations &+= other.conversations
        failedConversations &+= other.failedConversations
        response.merge(other.response)
        makeRoom(for: other.failures.count)
        for place in other.failures.indices { failures[place] &+= other.failures[place] }
    }

    mutating func add(response time: Nanoseconds, isTurn: Bool = false) {
        exchanges &+= 1
        if isTurn { turns &+= 1 }
        response.record(time)
    }

    mutating func add(_ failure: ErrorClass, _ detail: String, at end: Nanoseconds) {
        note(detail, at: end)
        exchanges &+= 1
        failed &+= 1
        guard let place = ErrorClass.allCases.firstIndex(of: failure) else { return }
        makeRoom(for: place + 1)
        failures[place] &+= 1
    }

    /// Keeps the earliest failure's text, of two at once the one that comes first in an index.
    private mutating func note(_ detail: String, at end: Nanoseconds) {
        if (end, detail) < (firstFailureEnd, firstFailure) {
            (firstFailureEnd, firstFailure) = (end, detail)
        }
    }

    private mutating func makeRoom(for count: Int) {
        while failures.count < count { failures.append(0) }
    }

    mutating func add(_ outcome: ConversationOutcome) {
        conversations &+= 1
        if outcome == .failed { failedConversations &+= 1 }
    }
}
