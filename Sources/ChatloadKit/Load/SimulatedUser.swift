import Base
import Networking

/// A simulated user: what it keeps from one conversation to the next. Confined to its worker.
final class SimulatedUser {
    let number: Int
    let client: UserClient
    /// In the open model, when the user's last conversation ended.
    var freeSince = Nanoseconds.zero
    /// The position of the session's credential.
    var credential = 0
    /// The session with the service, and the conversation that is played in it.
    var session: ServiceSession
    /// Clients beside the user's own, for turns that overlap, and the positions of the free ones.
    private(set) var companions: [UserClient] = []
    private var free: [Int] = []
    /// The conversation that is played, where its turns may overlap.
    var overlap: Overlap?

    init(number: Int, client: UserClient, session: ServiceSession) {
        self.number = number
        self.client = client
        self.session = session
    }

    /// The position of a client for one turn of the conversation: the one that was freed last, or a
    /// new one, ready for that turn.
    func takeCompanion() -> Int {
        if free.isEmpty {
            free.append(companions.count)
            companions.append(UserClient(user: number, worker: client.worker, due: client.due))
        }
        let position = free.removeLast()
        companions[position].copy(from: client)
        return position
    }

    /// Gives back the client at a position.
    func giveBack(companion position: Int) { free.append(position) }

    /// Does something with every client of the user.
    func forEachClient(_ body: (UserClient) -> Void) {
        body(client)
        for companion in companions { body(companion) }
    }

    /// Closes the user's connections.
    func close() { forEachClient { $0.close() } }
}

/// An overlap: a conversation whose turns need not wait for one another, and what has come of them.
/// Confined to its worker.
final class Overlap {
    let script: CompiledScript
    /// The turns under way.
    let turns = WaitGroup()
    /// Turns that the end of the run kept from being taken.
    var cancelled = 0
    /// Whether a turn has failed that must not.
    var isStopped = false
    /// When the last reply came.
    var end: Nanoseconds

    init(_ script: CompiledScript, start: Nanoseconds) {
        self.script = script
        end = start
    }
}

extension UserClient {
    /// Makes this client ready for one turn of the conversation that is played on another one.
    fileprivate func copy(from own: UserClient) {
        conversation = own.conversation
        conversation.exchanges = 0
        conversation.failures = 0
        cookies = own.cookies
        own.cookieSecrets = own.cookieSecrets ?? SessionSecrets(spent: worker.spent)
        cookieSecrets = own.cookieSecrets
        due = own.due
        recorded = own.recorded
        if let shared = own.throttle { throttle?.copy(from: shared) }
    }

    /// Adds what a turn on another client has come to.
    func merge(_ companion: UserClient) {
        conversation.exchanges += companion.conversation.exchanges
        conversation.failures += companion.conversation.failures
        cookies = companion.cookies
        guard let shared = companion.throttle else { return }
        shared.endTurn()
        throttle?.merge(shared)
    }
}

/// State of a conversation that is being played: the values of its script's variables, and how its
/// turn has turned out so far. Only scripts that have something to fill in or to check need one.
/// Confined to its worker.
final class ConversationState {
    private let script: CompiledScript
    private var values: VariableValues
    /// Why nothing can be played.
    private var problem: ExchangeFailure?
    /// What the turn checks and captures; nil when that is nothing.
    private var check: TurnDetail?
    /// Whether the reply has been looked at and nothing has been said of it yet.
    private var owesVerdict = false
    /// What is wrong with the reply of the turn.
    private var finding: ExchangeFailure?
    /// Whether the turn has failed the way its script expects.
    private(set) var isContent = false

    /// The state of a conversation that begins, with the values of the data's columns.
    init(
        _ script: CompiledScript, identity: String, iteration: Int,
        row: Result<[String], ExchangeFailure>?
    ) {
        self.script = script
        values = VariableValues(
            of: script.conversation, identity: identity, iteration: iteration, row: row)
    }

    /// Fills in what turns are told about the conversation.
    func fill(_ context: inout ConversationContext) {
        do throws(ExchangeFailure) {
            try script.conversation.fill(&context.with, with: values)
        } catch {
            problem = error
        }
    }

    /// Fills in the turn at an index of the script.
    ///
    /// - Throws: a `script` failure that names a variable without a value.
    @inline(never)
    func prepare(_ turns: inout [Turn], at index: Int) throws(ExchangeFailure) {
        let detail = script.conversation.detail(ofTurn: index)
        check = detail?.checksReply == true ? detail : nil
        owesVerdict = false
        finding = nil
        isContent = false
        if let problem { throw problem }
        values.begin(turn: index + 1)
        if detail?.hasTemplates == true {
            turns[index] = try script.conversation.turn(at: index, with: values)
        }
    }

    /// Looks at a response before its bytes are gone, if it is the one that the turn is about: the
    /// one that brings the reply to what was said, or answers what was called.
    @inline(never)
    func look(
        at body: Span<UInt8>, _ status: Int, _ reply: borrowing ParsedReply, isOwn: Bool,
        isSaid: Bool, hiding mask: @autoclosure () -> SecretMask
    ) {
        if reply.deliversReply, script.usesReply { values.take(reply: reply.text.text) }
        guard let check, reply.deliversReply || isOwn && !isSaid else { return }
        let replyCheck = ReplyCheck(detail: check, mask: mask(), status: status)
        owesVerdict = true
        finding =
            reply.deliversReply
            ? replyCheck.failure(of: reply.text.bytes.span, in: body, values: &values)
            : replyCheck.failure(of: body, in: body, values: &values)
    }

    /// Whether the turn's own response has a status that is no success and that the script expects:
    /// then its body is looked at as the reply.
    @inline(never)
    func expects(
        _ failure: ExchangeFailure, _ status: Int, _ body: Span<UInt8>,
        hiding mask: @autoclosure () -> SecretMask
    ) -> Bool {
        guard let check, let wanted = check.expectation?.status, wanted.contains(status),
            failure.errorClass == ErrorClass(status: status)
        else { return false }
        isContent = true
        owesVerdict = true
        finding = ReplyCheck(detail: check, mask: mask(), status: status)
            .failure(of: body, in: body, values: &values)
        return true
    }

    /// What the reply that was looked at has been found to hold.
    var findings: [ReplyFinding] {
        guard owesVerdict, let check else { return [] }
        let expected: [ReplyFinding] = check.expectation == nil || finding != nil ? [] : [.met]
        return expected
            + check.captures.compactMap { capture in
                values.value(at: capture.place).map { .captured(capture.name, $0) }
            }
    }

    /// What is wrong with the exchange that has just ended, if it was the one that was looked at.
    func verdict(onReplyAfter time: Nanoseconds, hiding mask: @autoclosure () -> SecretMask)
        -> ExchangeFailure?
    {
        guard owesVerdict, let check else { return nil }
        owesVerdict = false
        return finding
            ?? ReplyCheck(detail: check, mask: mask(), status: nil).failure(ofReplyAfter: time)
    }
}

/// A compiled script: ready to be played, with the numbers of its turns' steps looked up.
///
/// A class, so that the many users that play it at once hold a reference each and no copy.
final class CompiledScript {
    /// How many tokens the prompt of a turn was made to have, and its reply is asked to have; nil where
    /// nobody said.
    struct Asked {
        var prompt: Int?
        var reply: Int?
        /// The size of the texts of the prompt, as UTF-8.
        var promptBytes = 0
    }

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
    /// For each turn how many tokens its prompt was made to have and its reply is asked to have.
    let asked: [Asked]

    init(
        _ conversation: Conversation, steps: [(step: ServiceStep, id: StepID)],
        _ settings: ServiceSettings, offsets: [Nanoseconds?], isBatch: Bool,
        attachments: AttachmentFolder
    ) {
        self.conversation = conversation
        self.steps = steps
        self.offsets = offsets
        self.isBatch = isBatch
        self.attachments = attachments
        parameters = conversation.parameters(systemIn: settings.service.systemParameter)
        asked = settings.asked(by: conversation)
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

extension ServiceSettings {
    /// What each turn of a conversation asks for, by what it sets or else the run; empty where that is
    /// nothing.
    func asked(by conversation: Conversation) -> [CompiledScript.Asked] {
        let length = service.parameter(for: .length)
        let names = length?.names ?? []
        func value(in parameters: [String: String]) -> Int? {
            names.lazy.compactMap { parameters[$0] }.first.flatMap { Int($0) }
        }
        // What a service has to be told in any case is nobody's wish.
        let own = length.flatMap { self[$0.name] == $0.defaultValue ? nil : self[$0.name] }
        let common = value(in: conversation.with) ?? own.flatMap { Int($0) }
        let isMade = conversation.turns.first?.madeTokens != nil
        if common == nil, !isMade, conversation.turns.allSatisfy(\.with.isEmpty) { return [] }
        return conversation.turns.map { turn in
            var asked = CompiledScript.Asked()
            (asked.prompt, asked.reply) = (turn.madeTokens, value(in: turn.with) ?? common)
            if turn.madeTokens != nil {
                asked.promptBytes = turn.text.utf8.count + (conversation.system?.utf8.count ?? 0)
            }
            return asked
        }
    }
}

/// A cache of the scripts a worker has played lately, parsed. Each worker has its own, so that no two cores
/// count references to the same texts.
struct ScriptCache {
    /// Scripts kept at most; when it is full it is cleared, which costs a parse per script.
    private static let capacity = 4_096

    private let workload: Workload
    private let settings: ServiceSettings
    private let pace: ReplayPace?
    private let keeps: Bool
    private var scripts: [Int: CompiledScript] = [:]
    private let replyLengths: ReplyLengths?
    /// The beginning that made prompts share.
    private var prefix: String?
    /// Which fit of the calibration all of it was made by.
    private var generation = -1

    /// A cache for what `plan` plays. It keeps what was played, unless nothing is played twice.
    init(_ plan: borrowing Plan) {
        workload = plan.workload
        settings = plan.service.setup.settings
        replyLengths = plan.replyLengths
        pace = plan.clock?.pace
        keeps = !plan.order.isReplay
    }

    /// The script at `index` of the workload, or the one that is made for the conversation of this
    /// number in the run.
    ///
    /// - Throws: when the line has changed on disk since it was validated.
    mutating func script(
        at index: Int, iteration: Int, recorder: Recorder
    ) throws(Fault) -> CompiledScript {
        if let calibration = workload.calibration, calibration.generation != generation {
            generation = calibration.generation
            scripts.removeAll(keepingCapacity: true)
            prefix = workload.made?.prefix()
        }
        if replyLengths == nil, let known = scripts[index] { return known }
        if let made = workload.made {
            let conversation = made.conversation(iteration: iteration, behind: prefix)
            return compiled(conversation, iteration, at: index, recorder)
        }
        let conversation = try workload.conversation(at: index)
        let script = compiled(conversation, iteration, at: index, recorder)
        guard keeps, replyLengths == nil else { return script }
        if scripts.count >= Self.capacity { scripts.removeAll(keepingCapacity: true) }
        scripts[index] = script
        return script
    }

    private func compiled(
        _ conversation: Conversation, _ iteration: Int, at index: Int, _ recorder: Recorder
    ) -> CompiledScript {
        let conversation =
            replyLengths?.drawn(for: conversation, iteration: iteration) ?? conversation
        let steps = conversation.turns.map { turn in
            let step = step(of: turn)
            return (step, turn.name.map(recorder.step(named:)) ?? StepID(index: step.index))
        }
        return CompiledScript(
            conversation, steps: steps, settings,
            offsets: pace?.offsets(of: conversation.turns) ?? [],
            isBatch: workload.format(of: index) == .batch,
            attachments: workload.attachments(of: index))
    }

    /// The step whose exchange stands for a turn.
    private func step(of turn: Turn) -> ServiceStep {
        guard case .call(let operation) = turn.action else { return .say }
        return settings.service.step(named: operation) ?? .say
    }
}
