package import Base
import Networking

/// What a turn must keep to be a good one: `ttfb:200,e2e:5000`, in milliseconds, or with a unit.
package struct GoodputLimits: Sendable, Equatable, CustomStringConvertible {
    /// A time of a turn.
    enum Measure: Sendable, Equatable {
        case metric(DistributionMetric)
        /// Send → first token; of a reply that comes in one piece the whole of it.
        case ttft
        /// (end − first token) / (tokens − 1); a reply that comes in one piece has none and keeps
        /// every limit.
        case tpot

        /// By the words for them. Those of streams are none that replies in one piece have; runs
        /// were recorded with them.
        init?(_ word: String) {
            switch word {
            case "ttft": self = .ttft
            case "tpot": self = .tpot
            default:
                let metric = DistributionMetric.allCases.first { $0.row.goodput.contains(word) }
                guard let metric else { return nil }
                self = .metric(metric)
            }
        }
    }

    /// As it was written.
    package let description: String
    private let limits: [(measure: Measure, limit: Nanoseconds)]

    package static func == (left: GoodputLimits, right: GoodputLimits) -> Bool {
        left.description == right.description
    }

    /// Reads `MEASURE:LIMIT,…`; a bare number is in milliseconds.
    ///
    /// - Throws: what is wrong with it, with a suggestion.
    package init(parsing text: String) throws(Fault) {
        var limits: [(measure: Measure, limit: Nanoseconds)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            limits.append(try Self.limit(part.filter { $0 != " " }))
        }
        description = text.filter { $0 != " " }
        self.limits = limits
    }

    private static func limit(
        _ text: String
    ) throws(Fault) -> (measure: Measure, limit: Nanoseconds) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let measure = Measure(parts[0]) else {
            let words = DistributionMetric.allCases.map(\.row.goodput)
            let known = words.compactMap(\.first) + words.flatMap { $0.dropFirst() }
            throw Fault(
                "limits no time of a turn",
                hint: "the times are \(known.joined(separator: ", ")):"
                    + " --goodput ttfb:200,e2e:5000")
        }
        let number = parts.count == 2 ? parts[1] : ""
        let milliseconds = Units.parseNumber(number).map { Nanoseconds(seconds: $0 / 1_000) }
        guard let limit = milliseconds ?? Units.parseDuration(number), limit > .zero else {
            throw Fault(
                "has no usable limit for \(parts[0])",
                hint: "write milliseconds or a duration: \(parts[0]):800 or \(parts[0]):5s")
        }
        return (measure, limit)
    }

    /// Refuses limits that no reply could break, because no service streams.
    ///
    /// - Throws: which limit, and what to write instead.
    package func requireMeasured() throws(Fault) {
        guard let one = limits.first(where: { $0.measure == .ttft || $0.measure == .tpot }) else {
            return
        }
        throw Fault(
            "limits \(one.measure), a time of streamed tokens, and no service"
                + " streams yet",
            hint: "replies come in one piece: limit reply (e2e) or ttfb")
    }

    /// Whether a turn was good, by the exchange that ended it.
    func isKept(by exchange: borrowing Exchange) -> Bool {
        guard exchange.outcome == .ok else { return false }
        for (measure, limit) in limits {
            if let time = Self.time(measure, of: exchange), time > limit { return false }
        }
        return true
    }

    /// A turn's time; of several values of an exchange the greatest.
    private static func time(_ measure: Measure, of exchange: borrowing Exchange) -> Nanoseconds? {
        switch measure {
        // From when the turn was due, which may be before the exchange that ended it was.
        case .metric(.response): return exchange.turnTime
        // Of a call its service time.
        case .metric(.reply): return exchange.reply ?? exchange.serviceTime
        case .metric(let metric):
            var greatest: Int64?
            metric.forEachValue(of: exchange) { greatest = max(greatest ?? $0, $0) }
            return greatest.map { Nanoseconds($0) }
        case .ttft:
            guard let sent = exchange.sent, let first = exchange.firstToken else {
                return exchange.reply ?? exchange.serviceTime
            }
            return first - sent
        case .tpot:
            guard let first = exchange.firstToken, exchange.replyTokens > 1 else { return nil }
            return Nanoseconds((exchange.end - first).count / Int64(exchange.replyTokens - 1))
        }
    }
}
