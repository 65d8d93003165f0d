import Base
import Networking

/// A compiled script: ready to be played, with the numbers of its turns' steps looked up.
///
/// A class, so that the many users that play it at once hold a reference each and no copy.
final class CompiledScript {
    let conversation: Conversation
    let steps: [(step: ServiceStep, id: StepID)]
    /// The conversation's parameters, its system prompt among them where the service takes one.
    let parameters: [String: String]
    /// In a replay at recorded times when each turn is to be taken, from the conversation's start;
    /// nil for one that follows the reply before it.
    let offsets: [Nanoseconds?]
    /// Whether it came as a request of a batch.
    let isBatch: Bool
    /// Where the files are that it may send along.
    let attachments: AttachmentFolder
    /// Whether its texts use the bot's last reply, and the columns of the data.
    let usesReply: Bool
    let usesData: Bool

    init(
        _ conversation: Conversation, steps: [(step: ServiceStep, id: StepID)],
        systemParameter: String?, offsets: [Nanoseconds?], isBatch: Bool,
        attachments: AttachmentFolder
    ) {
        self.conversation = conversation
        self.steps = steps
        self.offsets = offsets
        self.isBatch = isBatch
        self.attachments = attachments
        parameters = conversation.parameters(systemIn: systemParameter)
        let reply = VariableValues.replyPlace
        usesReply = conversation.uses(reply..<reply + 1)
        usesData = conversation.uses(VariableValues.columnsPlace..<conversation.columnsEnd)
    }

    /// How many turns the conversation has after so many of them, if it ends where one `failed` that
    /// must not.
    func turnCount(after played: Int, failed: Bool) -> Int {
        let turns = conversation.turns
        guard failed, turns.indices.contains(played - 1) else { return turns.count }
        return conversation.stops(afterFailureOf: turns[played - 1]) ? played : turns.count
    }
}

/// A cache of the scripts a worker has played lately, parsed. Each worker has its own, so that no two cores
/// count references to the same texts.
struct ScriptCache {
    /// Scripts kept at most; when it is full it is cleared, which costs a parse per script.
    private static let capacity = 4_096

    private let workload: Workload
    private let service: ServiceDescription
    private let pace: ReplayPace?
    private let keeps: Bool
    private var scripts: [Int: CompiledScript] = [:]

    /// A cache for what `plan` plays. It keeps what was played, unless nothing is played twice.
    init(_ plan: borrowing Plan) {
        workload = plan.workload
        service = plan.service.description
        pace = plan.clock?.pace
        keeps = !plan.order.isReplay
    }

    /// The script at `index` of the workload.
    ///
    /// - Throws: when the line has changed on disk since it was validated.
    mutating func script(at index: Int, recorder: Recorder) throws(Fault) -> CompiledScript {
        if let known = scripts[index] { return known }
        let conversation = try workload.conversation(at: index)
        let steps = conversation.turns.map { turn in
            let step = step(of: turn)
            return (step, turn.name.map(recorder.step(named:)) ?? StepID(index: step.index))
        }
        let script = CompiledScript(
            conversation, steps: steps, systemParameter: service.systemParameter,
            offsets: pace?.offsets(of: conversation.turns) ?? [],
            isBatch: workload.format(of: index) == .batch,
            attachments: workload.attachments(of: index))
        guard keeps else { return script }
        if scripts.count >= Self.capacity { scripts.removeAll(keepingCapacity: true) }
        scripts[index] = script
        return script
    }

    /// The step whose exchange stands for a turn.
    private func step(of turn: Turn) -> ServiceStep {
        guard case .call(let operation) = turn.action else { return .say }
        return service.step(named: operation) ?? .say
    }
}
