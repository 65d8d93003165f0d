import Networking

/// What is counted about one credential's exchanges.
struct CredentialTally: Sendable, Equatable {
    private(set) var exchanges = 0
    private(set) var failed = 0
    private(set) var rejected = 0
    private(set) var retries = 0
    private(set) var throttledTime: Int64 = 0
    private(set) var promptTokens = 0
    private(set) var replyTokens = 0
    /// Response times of the successes, to 1/32: there may be many credentials.
    private(set) var response = Histogram(layout: .coarse)

    init() {}

    /// What is counted about the only credential of a run whose exchanges these are.
    init(of all: StepTally) {
        exchanges = all.exchanges
        failed = all.failed.count
        rejected = all.rejected
        retries = all.retries
        throttledTime = all.throttled.total.count
        promptTokens = all.promptTokens
        replyTokens = all.replyTokens
        response = all.response.coarse
    }

    mutating func add(_ exchange: borrowing Exchange) {
        exchanges &+= 1
        switch exchange.outcome {
        case .ok: response.record(exchange.responseTime)
        case .failed(let error):
            failed &+= 1
            if error == .rejected { rejected &+= 1 }
        }
        if exchange.attempt > 1 { retries &+= 1 }
        throttledTime &+= exchange.throttled.count
        promptTokens &+= exchange.promptTokens
        replyTokens &+= exchange.replyTokens
    }

    mutating func merge(_ other: borrowing CredentialTally) {
        exchanges &+= other.exchanges
        failed &+= other.failed
        rejected &+= other.rejected
        retries &+= other.retries
        throttledTime &+= other.throttledTime
        promptTokens &+= other.promptTokens
        replyTokens &+= other.replyTokens
        response.merge(other.response)
    }

    /// Fills in what follows from the exchanges.
    func complete(_ result: inout CredentialResult) {
        result.exchanges = exchanges
        result.failed = failed
        result.rejected = rejected
        result.retries = retries
        result.throttledSeconds = Nanoseconds(throttledTime).roundedSeconds
        result.promptTokens = promptTokens
        result.replyTokens = replyTokens
        result.p50 = response.honestValue(at: .p50).map(Distribution.milliseconds)
        result.p99 = response.honestValue(at: .p99).map(Distribution.milliseconds)
    }
}
