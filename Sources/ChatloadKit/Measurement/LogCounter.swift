/// What reading a log fills: the figures of a run, or those and more.
protocol LogCounter {
    /// The names behind the exchanges' step numbers.
    var steps: StepTable { get set }
    /// The labels behind the exchanges' credential numbers.
    var credentials: StepTable { get set }

    /// Is told that a log's rows come, whose steps and credentials nobody knows beforehand.
    mutating func expectLog()
    mutating func add(_ exchange: borrowing Exchange)
    mutating func add(_ conversation: borrowing ConversationRecord)
}

extension Aggregator: LogCounter {
    mutating func expectLog() { countsCredentials = true }
}
