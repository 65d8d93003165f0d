import Networking

/// Where the token counts of several exchanges come from.
enum TokenOrigin: String, Sendable, Codable {
    case none, reported, estimated, mixed

    /// The origin of two groups of exchanges taken together.
    func joined(with other: TokenOrigin) -> TokenOrigin {
        if self == .none || self == other { return other }
        return other == .none ? self : .mixed
    }
}

/// Everything counted about one step's exchanges: sums, minima and maxima of integers only.
struct StepTally: Sendable, Equatable {
    /// Latencies of the successes.
    var response = Histogram()
    /// Those of the response times that hold more of the generator's own lateness than they bear.
    var late = Histogram()
    /// The same exchanges' response times without that lateness.
    var lateInTime = Histogram()
    var service = Histogram()
    var reply = Histogram()
    var ttfb = Histogram()
    /// Response times of the failures, at the value they reached.
    var failed = Histogram()
    var rejected = 0
    /// Attempts beyond the first.
    var retries = 0
    /// Those of them that succeeded.
    var saved = 0
    /// How long quotas of ours held exchanges back, of those that they did.
    var throttled = Histogram()
    var bytesOut = 0
    var bytesIn = 0
    var promptTokens = 0
    var replyTokens = 0
    var tokenOrigin = TokenOrigin.none
    var interimResponses = 0

    var exchanges: Int { response.count + failed.count }

    mutating func add(_ exchange: borrowing Exchange) {
        switch exchange.outcome {
        case .ok: addLatencies(of: exchange)
        case .failed(let error):
            failed.record(exchange.responseTime)
            if error == .rejected { rejected &+= 1 }
        }
        if exchange.throttled > .zero { throttled.record(exchange.throttled) }
        if exchange.attempt > 1 { addRetry(exchange.outcome) }
        bytesOut &+= exchange.bytesOut
        bytesIn &+= exchange.bytesIn
        interimResponses &+= exchange.interimResponses
        if exchange.promptTokens != 0 || exchange.replyTokens != 0 { addTokens(of: exchange) }
    }

    mutating func merge(_ other: borrowing StepTally) {
        response.merge(other.response)
        late.merge(other.late)
        lateInTime.merge(other.lateInTime)
        service.merge(other.service)
        reply.merge(other.reply)
        ttfb.merge(other.ttfb)
        failed.merge(other.failed)
        rejected &+= other.rejected
        retries &+= other.retries
        saved &+= other.saved
        throttled.merge(other.throttled)
        bytesOut &+= other.bytesOut
        bytesIn &+= other.bytesIn
        promptTokens &+= other.promptTokens
        replyTokens &+= other.replyTokens
        tokenOrigin = tokenOrigin.joined(with: other.tokenOrigin)
        interimResponses &+= other.interimResponses
    }

    /// As much of it as the verdict rests on.
    var judged: StepTally {
        var part = StepTally()
        (part.response, part.failed) = (response, failed)
        (part.late, part.lateInTime) = (late, lateInTime)
        part.bytesOut = bytesOut
        return part
    }

    private mutating func addLatencies(of exchange: borrowing Exchange) {
        response.record(exchange.responseTime)
        if let inTime = exchange.responseInTime {
            late.record(exchange.responseTime)
            lateInTime.record(inTime)
        }
        if let time = exchange.serviceTime { service.record(time) }
        if let time = exchange.timeToFirstByte { ttfb.record(time) }
        if let time = exchange.reply { reply.record(time) }
    }

    private mutating func addRetry(_ outcome: Outcome) {
        retries &+= 1
        if outcome == .ok { saved &+= 1 }
    }

    private mutating func addTokens(of exchange: borrowing Exchange) {
        promptTokens &+= exchange.promptTokens
        replyTokens &+= exchange.replyTokens
        let origin = exchange.tokenSource == .reported ? TokenOrigin.reported : .estimated
        tokenOrigin = tokenOrigin.joined(with: origin)
    }
}
