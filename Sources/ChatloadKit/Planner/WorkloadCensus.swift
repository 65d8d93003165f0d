package import Networking

/// What a number of conversations amounts to.
package struct WorkloadTally: Sendable, Equatable {
    /// The number of conversations.
    package var conversations = 0
    /// Their turns, of which `says` say something and `calls` call an operation.
    package var turns = 0
    package var says = 0
    package var calls = 0
    /// The fewest and the most exchanges they take, without those a session needs only once.
    package var fewestExchanges = 0
    package var mostExchanges = 0
    /// Tokens of everything said, at four characters a token, each text rounded up.
    package var promptTokens = 0
    /// Files sent along.
    package var attachments = 0
    /// Values captured, and turns that demand something of their replies.
    package var captures = 0
    package var expectations = 0
    /// Conversations with a system prompt.
    package var systemPrompts = 0
    /// The expected think time of all turns together.
    package var think = Nanoseconds.zero

    /// Nothing.
    package init() {}

    /// Adds another tally `times` times, up to the greatest numbers there are.
    mutating func add(_ other: WorkloadTally, times: Int = 1) {
        conversations = conversations.plus(other.conversations, times: times)
        turns = turns.plus(other.turns, times: times)
        says = says.plus(other.says, times: times)
        calls = calls.plus(other.calls, times: times)
        fewestExchanges = fewestExchanges.plus(other.fewestExchanges, times: times)
        mostExchanges = mostExchanges.plus(other.mostExchanges, times: times)
        promptTokens = promptTokens.plus(other.promptTokens, times: times)
        attachments = attachments.plus(other.attachments, times: times)
        captures = captures.plus(other.captures, times: times)
        expectations = expectations.plus(other.expectations, times: times)
        systemPrompts = systemPrompts.plus(other.systemPrompts, times: times)
        think = think + other.think * Int64(times)
    }
}

/// What a workload holds, found in one reading.
package struct WorkloadCensus: Sendable, Equatable {
    /// Different step names that are kept at most; every one is a row in every report.
    package static let mostStepNames = 200

    /// Every conversation once, as `replay` plays them.
    package var once = WorkloadTally()
    /// Every conversation as often as its weight says: what one round of a run plays.
    package var round = WorkloadTally()
    /// The names of turns that have one, sorted; at most `mostStepNames`.
    package var stepNames: [String] = []
    /// The names under which turns are reported whose reply something is expected of, sorted.
    package var expectedSteps: [String] = []
    /// Conversations that do not say when they start.
    package var untimedStarts = 0
    /// Turns after a conversation's first that do not say when they were taken.
    package var untimedTurns = 0
    /// Whether some conversation pins its user.
    package var pinsUsers = false
    /// The bytes of all files, unpacked.
    package var bytes = 0

    /// A census of nothing.
    package init() {}
}

extension Int {
    /// The sum with `times` times another number that is not negative, or the greatest number.
    fileprivate func plus(_ other: Int, times: Int) -> Int {
        let (product, tooGreat) = other.multipliedReportingOverflow(by: times)
        let (sum, overflow) = addingReportingOverflow(product)
        return tooGreat || overflow ? .max : sum
    }
}
