package import Networking

/// What a progress line shows of a run under way. Each worker has its own; they are merged where
/// the line is printed, and the rate is the growth of `exchanges` between two looks.
package struct LiveFigures: Sendable, Equatable {
    /// Exchanges that have ended, however they did.
    package private(set) var exchanges = 0
    /// Those of them that failed.
    package private(set) var failed = 0
    /// Conversations that have ended, however they did.
    package private(set) var conversations = 0
    /// Those of them in which something failed.
    package private(set) var failedConversations = 0
    private var response = Histogram(layout: .coarse)

    /// Nothing yet.
    package init() {}

    /// The median response time of the successes, to 1/32; nil with too few of them.
    package var p50: Nanoseconds? { response.honestValue(at: .p50) }

    /// The 99th percentile of the response times of the successes, to 1/32; nil with too few.
    package var p99: Nanoseconds? { response.honestValue(at: .p99) }

    /// Adds another worker's figures.
    package mutating func merge(_ other: borrowing LiveFigures) {
        exchanges &+= other.exchanges
        failed &+= other.failed
        conversations &+= other.conversations
        failedConversations &+= other.failedConversations
        response.merge(other.response)
    }

    mutating func add(response time: Nanoseconds) {
        exchanges &+= 1
        response.record(time)
    }

    mutating func addFailure() {
        exchanges &+= 1
        failed &+= 1
    }

    mutating func add(_ outcome: ConversationOutcome) {
        conversations &+= 1
        if outcome == .failed { failedConversations &+= 1 }
    }
}
