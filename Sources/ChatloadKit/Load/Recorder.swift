package import Base
import Networking

/// A recorder of a worker's exchanges and conversations: into its figures and, if the run keeps them,
/// into the log and the transcript. Confined to the worker.
final class Recorder {
    private(set) var aggregator: Aggregator
    private var log: WorkerLog?
    private let transcript: TranscriptRecorder?
    /// Nil in a run.
    let tracer: ExchangeTracer?
    private var line = ByteBuffer()
    /// What the service finds in a response; every client of the worker uses it in turn.
    var reply = ParsedReply()
    /// What the service says of its limits.
    private var limits = ServiceLimits()
    /// Whose response told the latest of them, by credential.
    private var limitSessions: [Int: SessionSecrets] = [:]

    init(
        _ aggregator: Aggregator, log: WorkerLog?, transcript: TranscriptRecorder?,
        tracer: ExchangeTracer?
    ) {
        self.aggregator = aggregator
        self.log = log
        self.transcript = transcript
        self.tracer = tracer
    }

    /// The number under which a step's exchanges are to be recorded.
    func step(named name: String) -> StepID { aggregator.steps.id(for: name) }

    /// A conversation begins.
    func begin(_ script: CompiledScript, iteration: Int) {
        transcript?.begin(script, iteration: iteration)
    }

    /// A turn, from 1, of a conversation is about to be sent, its say or call under `step`.
    ///
    /// - Returns: whether it may be: not when it could not be written down.
    func begin(turn: Int, _ step: StepID, of conversation: borrowing ConversationRecord) -> Bool {
        guard let transcript else { return true }
        transcript.begin(turn: turn, step, iteration: conversation.iteration)
        return log?.addStart(
            ofTurn: turn, iteration: conversation.iteration, script: conversation.script) ?? true
    }

    /// An exchange has ended, of whose reply `mask` is to take out what nobody may see.
    func record(_ exchange: borrowing Exchange, hiding mask: @autoclosure () -> SecretMask) {
        aggregator.add(exchange)
        transcript?.add(exchange, reply, hiding: mask())
        tracer?.end(exchange, step: aggregator.steps[exchange.step], reply)
        if log != nil { log?.add(exchange, step: aggregator.steps[exchange.step]) }
    }

    func record(_ conversation: borrowing ConversationRecord) {
        aggregator.add(conversation)
        guard let transcript else {
            log?.add(conversation)
            return
        }
        line.clear()
        let isBatch = transcript.end(iteration: conversation.iteration, to: &line)
        log?.add(conversation, transcript: line, isBatch: isBatch)
    }

    /// The run does otherwise than was meant.
    func begin(_ phases: LoadPhases) { aggregator.begin(phases) }

    /// The run was cut short at a time counted from its start.
    func cut(at time: Nanoseconds) { aggregator.cut(at: time) }

    /// Adds what a head says of the service's limits, which may name one of the session's cookies.
    func addLimits(
        _ head: Span<UInt8>, of credential: Int, at time: Nanoseconds, in session: SessionSecrets?
    ) {
        limits.add(head, of: credential, at: time)
        if let session { limitSessions[credential] = session }
    }

    /// What the service said of its limits, without secrets.
    func limits(hiding secrets: Secrets, _ spent: SpentSecrets) -> ServiceLimits {
        if limits.isEmpty { return limits }
        let mask = SecretMask(secrets: secrets, sessions: Array(limitSessions.values), spent: spent)
        return limits.masked { mask.mask($0) }
    }

    /// Hands the log's waiting rows over.
    func flush() { log?.flush() }
}

/// A recorder of the transcript: collects what comes of the turns of a worker's conversations. Confined to the
/// worker.
final class TranscriptRecorder {
    /// A conversation that is being played.
    private struct Play {
        let script: CompiledScript
        /// The results of the turns that are over, as JSON, and where each of them ends.
        var results = ByteBuffer()
        var ends: [Int] = []
        /// The turns that are not over, in their order, each with its number from 1 and the step of its
        /// say or call: one, unless they overlap.
        var open: [(number: Int, step: StepID, result: TurnResult)] = []

        init(script: CompiledScript) { self.script = script }

        mutating func endTurns() {
            for turn in open {
                turn.result.append(to: &results)
                ends.append(results.count)
            }
            open.removeAll(keepingCapacity: true)
        }
    }

    /// Whether conversations are played more than once, so that an id alone does not name one.
    private let repeats: Bool
    /// Whether a turn may begin before the one before it is over.
    private let overlaps: Bool
    /// By iteration.
    private var plays: [Int: Play] = [:]
    private var reply = ByteBuffer()

    init(repeats: Bool, overlaps: Bool) {
        self.repeats = repeats
        self.overlaps = overlaps
    }

    /// A conversation begins.
    func begin(_ script: CompiledScript, iteration: Int) {
        plays[iteration] = Play(script: script)
    }

    /// A turn, from 1, begins, whose say or call is reported under `step`.
    func begin(turn: Int, _ step: StepID, iteration: Int) {
        if !overlaps { plays[iteration]?.endTurns() }
        plays[iteration]?.open.append((turn, step, TurnResult()))
    }

    /// Adds an exchange, with what was found in its response, but for what `mask` takes out.
    func add(
        _ exchange: borrowing Exchange, _ parsed: borrowing ParsedReply,
        hiding mask: @autoclosure () -> SecretMask
    ) {
        guard let open = plays[exchange.iteration]?.open,
            let place = open.lastIndex(where: { $0.number == exchange.turn })
        else { return }
        let isOwn = exchange.step == open[place].step
        plays[exchange.iteration]?.open[place].result.add(exchange, isOwn: isOwn)
        guard exchange.outcome.bringsReply, parsed.deliversReply else { return }
        reply.clear()
        reply.append(jsonEscaped: mask().mask(parsed.text.bytes).span)
        plays[exchange.iteration]?.open[place].result.reply = reply
    }

    /// Forgets a conversation that is over and appends its line of the transcript; nothing for one
    /// that never began.
    ///
    /// - Returns: whether it came as a request of a batch.
    func end(iteration: Int, to line: inout ByteBuffer) -> Bool {
        guard var play = plays.removeValue(forKey: iteration) else { return false }
        play.endTurns()
        var conversation = play.script.conversation
        if repeats { conversation.id += "#\(iteration)" }
        conversation.hasOwnID = true
        conversation.append(to: &line) { turn, buffer in
            guard turn < play.ends.count else { return }
            let start = turn == 0 ? 0 : play.ends[turn - 1]
            buffer.append(play.results.bytes.span.extracting(start..<play.ends[turn]))
        }
        return play.script.isBatch
    }
}

extension Outcome {
    /// Whether a reply may have come: also one that is not as the script wants it.
    fileprivate var bringsReply: Bool {
        switch self {
        case .ok, .failed(.expectation), .failed(.script): true
        case .failed: false
        }
    }
}

/// A traced exchange: with everything that went over the wire, for people who look for what is wrong.
package struct TracedExchange: Sendable {
    /// The attempt that was made; nil when a turn failed before anything was to be sent.
    package var attempt: TracedAttempt?
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
    /// The events of a response that streamed.
    package var events: [TracedEvent] = []
    /// The bot's reply, where the response brought it, as it was understood.
    package var reply: String?
    /// What the script found in it.
    package var findings: [ReplyFinding] = []
}

/// A finding of a script in a reply, besides faults.
package enum ReplyFinding: Sendable, Equatable {
    /// It is what was expected.
    case met
    /// A variable's new value.
    case captured(String, String)
}

/// An exchange that begins.
package struct TracedAttempt: Sendable, Equatable {
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
package enum TraceEvent: Sendable {
    /// A request is about to leave.
    case sending(TracedAttempt, request: [UInt8])
    case ended(TracedExchange)
}

/// A tracer of the exchanges of one simulated user, for `probe`. A run has none: it would take the
/// time and the memory that the run is to measure. Confined to its worker.
final class ExchangeTracer {
    /// What the user's connection leaves its bytes in.
    let trace = WireTrace()
    private let tell: @Sendable (TraceEvent) -> Void
    private var attempt: TracedAttempt?
    /// What the script found in the latest reply.
    var findings: [ReplyFinding] = []
    private var events: [TracedEvent] = []

    init(_ tell: @escaping @Sendable (TraceEvent) -> Void) {
        self.tell = tell
        trace.whenSending = { [unowned self] in
            if let attempt { self.tell(.sending(attempt, request: trace.request)) }
        }
    }

    /// An attempt is about to be made.
    func begin(_ step: String, turn: Int, attempt: Int, at began: Nanoseconds) {
        self.attempt = TracedAttempt(turn: turn, step: step, number: attempt, began: began)
    }

    /// A response's events have come, by the loop's clock, on which `epoch` is the zero of records.
    func take(_ events: [TracedEvent], since epoch: Nanoseconds) {
        self.events = events
        for index in events.indices { self.events[index].arrived = events[index].arrived - epoch }
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
            traced.events = events
            if reply.deliversReply { traced.reply = reply.text.text }
        }
        traced.findings = findings
        attempt = nil
        findings = []
        events = []
        tell(.ended(traced))
    }
}
