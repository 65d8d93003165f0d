import Networking

/// Where a worker's exchanges and conversations go: into its figures and, if the run keeps them,
/// into the log and the transcript. Confined to the worker.
final class Recorder {
    private(set) var aggregator: Aggregator
    private var log: WorkerLog?
    private let keeper: ReplyKeeper?
    /// Who looks on; nil in a run.
    let witness: Witness?
    private var line = ByteBuffer()
    /// What the service finds in the response at hand; every line of the worker uses it in turn.
    var reception = Reception()
    /// What the service says of its limits.
    var limits = ServiceLimits()
    /// Whose response told the latest of them, by credential.
    var limitSessions: [Int: SessionSecrets] = [:]

    init(
        steps: StepTable, credentials: [String], objectives: Objectives, log: WorkerLog?,
        phases: LoadPhases? = nil, until end: Nanoseconds = .never,
        keeper: ReplyKeeper? = nil, witness: Witness? = nil
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
    func begin(_ script: PlayableScript, ticket: Int) { keeper?.begin(script, ticket: ticket) }

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

    /// Lets the log keep what has been counted second by second, if there is one.
    func shed() { log?.keep(aggregator.takeHistory()) }

    /// Hands the log's waiting rows over.
    func flush() { log?.flush() }
}
