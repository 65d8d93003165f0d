import ChatloadKit
import Networking

/// How long each part of an exchange took, and what else was measured.
struct ProbedTimes {
    private let exchange: Exchange
    private let began: Nanoseconds

    init(of witnessed: WitnessedExchange) {
        exchange = witnessed.exchange
        began = witnessed.attempt?.began ?? exchange.end
    }

    /// The parts in their order; those that there were.
    var phases: [(name: String, key: String, span: Nanoseconds)] {
        var phases: [(String, String, Nanoseconds?)] = [
            ("look-up", "dns", exchange.dns), ("connect", "connect", exchange.connect),
            ("TLS", "tls", exchange.tls),
        ]
        if let sent = exchange.sent {
            phases.append(("waiting", "waiting", (exchange.firstByte ?? exchange.end) - sent))
            phases.append(("transfer", "transfer", exchange.firstByte.map { exchange.end - $0 }))
        } else if exchange.end > began {
            phases = [("connecting in vain", "connecting", exchange.end - began)]
        }
        return phases.compactMap { name, key, span in span.map { (name, key, $0) } }
    }

    /// All of them together.
    var total: Nanoseconds { phases.reduce(.zero) { $0 + $1.span } }

    /// What a report shows, by its label.
    var facts: [(String, String)] {
        let parts = phases.map { "\($0.name) \(Units.format($0.span))" }.joined(separator: ", ")
        let tokens = exchange.sent == nil ? 0 : exchange.promptTokens + exchange.replyTokens
        return [
            ("time", phases.isEmpty ? "" : "\(Units.format(total)): \(parts)"),
            (
                "bytes",
                exchange.sent == nil
                    ? ""
                    : "\(Units.format(bytes: exchange.bytesOut)) sent, "
                        + "\(Units.format(bytes: exchange.bytesIn)) received"
            ),
            (
                "tokens",
                tokens == 0
                    ? ""
                    : "\(exchange.promptTokens) in the prompt, \(exchange.replyTokens) in the "
                        + "reply (\(exchange.tokenSource.rawValue))"
            ),
        ]
    }
}
