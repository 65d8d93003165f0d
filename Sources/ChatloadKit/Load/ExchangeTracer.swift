package import Base
import Networking

/// A traced exchange: with everything that went over the wire, for people who look for what is wrong.
package struct TracedExchange: Sendable {
    /// The attempt that was made; nil when a turn failed before anything was to be sent.
    package var attempt: WitnessedAttempt?
    /// What was measured. Its points in time are counted from the run's start.
    package var exchange: Exchange
    /// The name that it is reported under.
    package var step: String
    /// The request as it was sent, or as it would have been.
    package var request: [UInt8] = []
    /// The response's head and body where it was complete; chunks are put together, and content
    /// codings taken off.
    package var head: [UInt8] = []
    package var body: [UInt8] = []
    /// Whether the body was coded on its way.
    package var isDecoded = false
    /// What came of a response that did not become complete, as it came.
    package var fragment: [UInt8] = []
    /// The bot's reply, where the response brought it, as it was understood.
    package var reply: String?
    /// What the script found in it.
    package var findings: [WitnessedFinding] = []
}

/// A finding of a script in a reply, besides faults.
package enum WitnessedFinding: Sendable, Equatable {
    /// It is what was expected.
    case met
    /// A variable's new value.
    case captured(String, String)
}

/// An exchange that begins.
package struct WitnessedAttempt: Sendable, Equatable {
    /// The turn it belongs to, from 1.
    package var turn: Int
    /// The name of its step.
    package var step: String
    /// Which attempt at the same request it is, from 1.
    package var number: Int
    /// When it began, counted from the run's start: opening a connection is part of it.
    package var began: Nanoseconds
}

/// An event that a tracer tells of, in the order in which they happen.
package enum WitnessedEvent: Sendable {
    /// A request is about to leave.
    case sending(WitnessedAttempt, request: [UInt8])
    case ended(TracedExchange)
}

/// A tracer of the exchanges of one simulated user, for `probe`. A run has none: it would take the
/// time and the memory that the run is to measure. Confined to its worker.
final class ExchangeTracer {
    /// What the user's connection leaves its bytes in.
    let trace = WireTrace()
    private let tell: @Sendable (WitnessedEvent) -> Void
    private var attempt: WitnessedAttempt?
    /// What the script found in the latest reply.
    var findings: [WitnessedFinding] = []

    init(_ tell: @escaping @Sendable (WitnessedEvent) -> Void) {
        self.tell = tell
        trace.whenSending = { [unowned self] in
            if let attempt { self.tell(.sending(attempt, request: trace.request)) }
        }
    }

    /// An attempt is about to be made.
    func begin(_ step: String, turn: Int, attempt: Int, at began: Nanoseconds) {
        self.attempt = WitnessedAttempt(turn: turn, step: step, number: attempt, began: began)
    }

    /// An exchange has ended and was measured.
    func end(_ exchange: borrowing Exchange, step: String, _ reply: borrowing ParsedReply) {
        var traced = TracedExchange(attempt: attempt, exchange: copy exchange, step: step)
        if attempt != nil {
            traced.request = trace.request
            traced.head = trace.head
            traced.body = trace.body
            traced.isDecoded = trace.isDecoded
            traced.fragment = trace.received
            if reply.deliversReply { traced.reply = reply.text.text }
        }
        traced.findings = findings
        attempt = nil
        findings = []
        tell(.ended(traced))
    }
}
