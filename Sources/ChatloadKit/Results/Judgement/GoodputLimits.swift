package import Base
import Networking

/// What a turn must keep to be a good one: `ttfb:200,e2e:5000`, in milliseconds, or with a unit.
package struct GoodputLimits: Sendable, Equatable, CustomStringConvertible {
    /// A time of a turn.
    enum Measure: String, CaseIterable, Sendable {
        /// From when the turn was due to its end.
        case response
        /// Of the exchange that ended it.
        case service, ttfb
        /// Send of the say → reply in the user's hands; of a call its service time.
        case reply
        /// Send → first token; of a reply that comes in one piece the whole of it.
        case ttft
        /// (end − first token) / (tokens − 1); a reply that comes in one piece has none and keeps
        /// every limit.
        case tpot

        /// Names that other tools have for the same.
        static let aliases = ["e2e": Measure.reply, "e2el": .reply]
        /// Those that replies in one piece do not have. Runs were recorded with them.
        static let ofStreams: Set = [Measure.ttft, .tpot]
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
        guard let measure = Measure(rawValue: parts[0]) ?? Measure.aliases[parts[0]] else {
            let known =
                Measure.allCases.filter { !Measure.ofStreams.contains($0) }.map(\.rawValue)
                + Measure.aliases.keys.sorted()
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
        guard let one = limits.first(where: { Measure.ofStreams.contains($0.measure) }) else {
            return
        }
        throw Fault(
            "limits \(one.measure.rawValue), a time of streamed tokens, and no service"
                + " streams yet", hint: "replies come in one piece: limit reply (e2e) or ttfb")
    }

    /// Whether a turn was good, by the exchange that ended it.
    func isKept(by exchange: borrowing Exchange) -> Bool {
        guard exchange.outcome == .ok else { return false }
        for (measure, limit) in limits {
            if let time = Self.time(measure, of: exchange), time > limit { return false }
        }
        return true
    }

    private static func time(_ measure: Measure, of exchange: borrowing Exchange) -> Nanoseconds? {
        let service = exchange.sent.map { exchange.end - $0 }
        switch measure {
        case .response: return exchange.turnTime
        case .service: return service
        case .reply: return exchange.reply ?? service
        case .ttfb: return exchange.sent.flatMap { sent in exchange.firstByte.map { $0 - sent } }
        case .ttft:
            guard let sent = exchange.sent, let first = exchange.firstToken else {
                return exchange.reply ?? service
            }
            return first - sent
        case .tpot:
            guard let first = exchange.firstToken, exchange.replyTokens > 1 else { return nil }
            return Nanoseconds((exchange.end - first).count / Int64(exchange.replyTokens - 1))
        }
    }
}
