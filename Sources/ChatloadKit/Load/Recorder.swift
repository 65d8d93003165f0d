import Base
import Networking

/// Where a worker's exchanges and conversations go: into its figures and, if the run keeps them,
/// into the log and the transcript. Confined to the worker.
final class Recorder {
    private(set) var aggregator: Aggregator
    private var log: WorkerLog?
    private let keeper: TranscriptRecorder?
    /// Who looks on; nil in a run.
    let witness: ExchangeTracer?
    private var line = ByteBuffer()
    /// What the service finds in the response at hand; every line of the worker uses it in turn.
    var reception = ParsedReply()
    /// What the service says of its limits.
    var limits = ServiceLimits()
    /// Whose response told the latest of them, by credential.
    var limitSessions: [Int: SessionSecrets] = [:]

    init(
        steps: StepTable, credentials: [String], objectives: Objectives, log: WorkerLog?,
        phases: LoadPhases? = nil, until end: Nanoseconds = .never,
        keeper: TranscriptRecorder? = nil, witness: ExchangeTracer? = nil
    ) {
        aggregator = Aggregator(
            steps: steps, credentials: credentials, objectives: objectives, phases: phases,
            until: end)
        self.log = log
        self.keeper = keeper
        self.witness = witness
    }

    /// The number under which a step's exchanges are to be recorded.
    func step(named name: String) -> StepID { aggregator.steps.id(for: name) }

    /// A conversation begins.
    func begin(_ script: CompiledScript, ticket: Int) { keeper?.begin(script, ticket: ticket) }

    /// A turn, from 1, of a conversation is about to be sent, its say or call under `step`.
    ///
    /// - Returns: whether it may be: not when it could not be written down.
    func begin(turn: Int, _ step: StepID, of conversation: borrowing ConversationRecord) -> Bool {
        guard let keeper else { return true }
        keeper.begin(turn: turn, step, ticket: conversation.ticket)
        return log?.addStart(
            ofTurn: turn, ticket: conversation.ticket, script: conversation.script) ?? true
    }

    /// An exchange has ended, of whose reply `mask` is to take out what nobody may see.
    func record(_ exchange: borrowing Exchange, hiding mask: @autoclosure () -> SecretMask) {
        aggregator.add(exchange)
        keeper?.take(exchange, reception, hiding: mask())
        witness?.take(exchange, step: aggregator.steps[exchange.step], reception)
        if log != nil {
            log?.add(exchange, step: aggregator.steps[exchange.step])
        }
    }

    func record(_ conversation: borrowing ConversationRecord) {
        aggregator.add(conversation)
        guard let keeper else {
            log?.add(conversation)
            return
        }
        line.clear()
        let isBatch = keeper.end(ticket: conversation.ticket, to: &line)
        log?.add(conversation, transcript: line, isBatch: isBatch)
    }

    /// The run was cut short at a time counted from its start.
    func cut(at time: Nanoseconds) { aggregator.cut(at: time) }

    /// Hands the log's waiting rows over.
    func flush() { log?.flush() }
}

/// Collects what comes of the turns of a worker's conversations, for the transcript. Confined to the
/// worker.
final class TranscriptRecorder {
    /// A conversation that is being played.
    private struct Talk {
        let script: CompiledScript
        /// The results of the turns that are over, as JSON, and where each of them ends.
        var results = ByteBuffer()
        var ends: [Int] = []
        /// The turns that are not over, in their order: one, unless they overlap.
        var open: [OpenTurn] = []

        init(script: CompiledScript) { self.script = script }

        mutating func endTurns() {
            for turn in open {
                turn.result.append(to: &results)
                ends.append(results.count)
            }
            open.removeAll(keepingCapacity: true)
        }
    }

    /// A turn, from 1, that is being taken, with the step of its say or call.
    private struct OpenTurn {
        let number: Int
        let step: StepID
        var result = TurnResult()
    }

    /// Whether conversations are played more than once, so that an id alone does not name one.
    private let repeats: Bool
    /// Whether a turn may begin before the one before it is over.
    private let overlaps: Bool
    /// By ticket.
    private var talks: [Int: Talk] = [:]
    private var reply = ByteBuffer()

    /// A keeper of replies.
    init(repeats: Bool, overlaps: Bool) {
        self.repeats = repeats
        self.overlaps = overlaps
    }

    /// A conversation begins.
    func begin(_ script: CompiledScript, ticket: Int) { talks[ticket] = Talk(script: script) }

    /// A turn, from 1, begins, whose say or call is reported under `step`.
    func begin(turn: Int, _ step: StepID, ticket: Int) {
        if !overlaps { talks[ticket]?.endTurns() }
        talks[ticket]?.open.append(OpenTurn(number: turn, step: step))
    }

    /// Takes an exchange into account, with what was found in its response, but for what `mask` takes
    /// out.
    func take(
        _ exchange: borrowing Exchange, _ reception: borrowing ParsedReply,
        hiding mask: @autoclosure () -> SecretMask
    ) {
        guard let open = talks[exchange.ticket]?.open,
            let place = open.lastIndex(where: { $0.number == exchange.turn })
        else { return }
        let isOwn = exchange.step == open[place].step
        talks[exchange.ticket]?.open[place].result.add(exchange, isOwn: isOwn)
        guard exchange.outcome.bringsReply, reception.deliversReply else { return }
        reply.clear()
        reply.append(jsonEscaped: mask().mask(reception.text.bytes).span)
        talks[exchange.ticket]?.open[place].result.reply = reply
    }

    /// Forgets a conversation that is over and appends its line of the transcript; nothing for one
    /// that never began.
    ///
    /// - Returns: whether it came as a request of a batch.
    func end(ticket: Int, to line: inout ByteBuffer) -> Bool {
        guard var talk = talks.removeValue(forKey: ticket) else { return false }
        talk.endTurns()
        var conversation = talk.script.conversation
        if repeats { conversation.id += "#\(ticket)" }
        conversation.hasOwnID = true
        ScriptWriter.append(conversation, to: &line) { turn, buffer in
            guard turn < talk.ends.count else { return }
            let start = turn == 0 ? 0 : talk.ends[turn - 1]
            buffer.append(talk.results.bytes.span.extracting(start..<talk.ends[turn]))
        }
        return talk.script.isBatch
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
