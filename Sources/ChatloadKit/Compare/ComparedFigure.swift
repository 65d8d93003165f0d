import Base
import Networking

/// A latency of exchanges that is compared, in the order of reports.
enum ComparedLatency: String, CaseIterable, Sendable {
    case response, service, reply, ttfb

    /// The latency of a successful exchange; nil where it has none.
    func value(of exchange: borrowing Exchange) -> Nanoseconds? {
        switch self {
        case .response: exchange.responseTime
        case .service: exchange.serviceTime
        case .reply: exchange.reply
        case .ttfb: exchange.timeToFirstByte
        }
    }

    /// Its name among the figures.
    var metric: ComparedFigure.Metric {
        switch self {
        case .response: .response
        case .service: .service
        case .reply: .reply
        case .ttfb: .ttfb
        }
    }

    /// The latencies that a step's figures are made of.
    func histogram(of tally: StepTally) -> Histogram {
        switch self {
        case .response: tally.response
        case .service: tally.service
        case .reply: tally.reply
        case .ttfb: tally.ttfb
        }
    }
}

/// One of the figures that two sides are compared by: `response.p99`, `step.refund.errors`.
package struct ComparedFigure: Hashable, Sendable, CustomStringConvertible {
    /// What is measured.
    package enum Metric: String, CaseIterable, Sendable, Codable {
        case response, service, reply, ttfb, conversation
        /// The share of exchanges that failed.
        case errors
        /// The share of exchanges that the service answered with 429 or 529.
        case rejected
        /// Turns, and exchanges, that succeeded, and all exchanges, within the span of load.
        case turnsPerSecond = "turns_per_s"
        case successesPerSecond = "successes_per_s"
        case exchangesPerSecond = "exchanges_per_s"
        /// The share of replies that differ from the recorded ones.
        case repliesChanged = "replies_changed"
        /// How far replies are from the recorded ones, from 0 to 1 in the mean.
        case replyDistance = "reply_distance"

        /// Whether it is a time, of which there are statistics.
        package var isLatency: Bool {
            switch self {
            case .response, .service, .reply, .ttfb, .conversation: true
            case .errors, .rejected, .repliesChanged, .replyDistance: false
            case .turnsPerSecond, .successesPerSecond, .exchangesPerSecond: false
            }
        }

        /// Whether it is a number per second, of which more is better.
        package var isRate: Bool {
            switch self {
            case .turnsPerSecond, .successesPerSecond, .exchangesPerSecond: true
            default: false
            }
        }

        /// Whether steps have it too.
        var isOfSteps: Bool {
            switch self {
            case .response, .service, .reply, .ttfb, .errors, .rejected: true
            case .conversation, .repliesChanged, .replyDistance: false
            case .turnsPerSecond, .successesPerSecond, .exchangesPerSecond: false
            }
        }

        /// `ms`, `share` (0 … 1) or `1/s`.
        package var unit: String {
            switch self {
            case .errors, .rejected, .repliesChanged, .replyDistance: "share"
            case .turnsPerSecond, .successesPerSecond, .exchangesPerSecond: "1/s"
            default: "ms"
            }
        }
    }

    package var metric: Metric
    /// Nil for a share or a rate.
    package var statistic: Statistic?
    /// The step's name; nil for the whole run.
    package var step: String?

    /// The figure's name, as `--fail-on` takes it.
    package var description: String {
        let scope = step.map { "step.\($0)." } ?? ""
        return scope + metric.rawValue + (statistic.map { ".\($0.rawValue)" } ?? "")
    }

    /// Whether it is one of those that a comparison is about in the first place: the response times,
    /// failures and throughput of the whole run.
    var isMain: Bool {
        if step != nil { return false }
        return metric == .response || !metric.isLatency
    }
}

extension Statistic {
    /// Those of a latency that are compared, in the order of reports.
    static let compared: [Statistic] = [.mean, .p50, .p90, .p95, .p99, .p99_9]
}
