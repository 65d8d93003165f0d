import Base

/// Checks conversations one after the other and adds up what they hold.
struct WorkloadValidator {
    /// Identities are remembered as hashes; beyond this many, repeated ones go unnoticed.
    private static let mostIDs = 1 << 20
    /// The most files that are remembered.
    private static let mostAttachments = 10_000

    let service: any ChatService
    let tokens: TokenEstimate
    /// The values of the data's columns that texts are checked with.
    let row: [String]
    /// How recorded times are played; nil where they are not.
    let pace: ReplayPace?
    var review = ValidationReport()
    private var ids: Set<UInt64> = []
    private var stepNames: Set<String> = []
    private var expectedSteps: Set<String> = []
    /// What is wrong with files that turns send along, so that the system is asked once for each.
    private var attachments: [String: String?] = [:]
    var prompts = PromptCheck()
    /// The exchanges it takes to say something.
    let saying: ClosedRange<Int>
    private var parameters = ParameterCheck()
    /// The conversations read so far, rejected ones included.
    var read = 0
    /// Whether a start, and a later turn, was found to lack its recorded time.
    var lacksStart = false
    var lacksTurn = false

    init(service: any ChatService, tokens: TokenEstimate, row: [String], pace: ReplayPace?) {
        self.service = service
        self.tokens = tokens
        saying = service.exchangeCount(of: Turn(.say("")))
        self.row = row
        self.pace = pace
    }

    /// The review with what was only needed in the end.
    func finished() -> ValidationReport {
        var review = review
        review.census.stepNames = stepNames.sorted()
        review.census.expectedSteps = expectedSteps.sorted()
        return review
    }

    /// Takes the next conversation, a source's one at an index, into account, and what it leaves out.
    mutating func read(
        _ conversation: Conversation, of source: Workload.Source, at index: Int,
        omitting omissions: Omissions
    ) {
        check(conversation, of: source, at: index)
        if pace?.turns == .strict, conversation.usesReplies {
            complain(
                "a text with what was captured or ${reply}: strictly timed turns do not wait for"
                    + " replies", conversation, source,
                "--turns recorded takes each turn when the reply before it is there")
        }
        let untimed = conversation.turns.dropFirst().contains { $0.at == nil }
        checkTimes(start: conversation.at, lacksTurn: untimed, of: conversation.line, in: source)
        if !review.rejected.contains(read) {
            count(conversation)
            review.omissions.add(omissions)
            if !service.description.takesLength {
                review.omissions.add(.replyLimit, conversation.lengthCount)
            }
        }
        read += 1
    }

    /// Leaves the next conversation out, for this reason.
    mutating func reject(_ complaint: Fault) {
        review.add(complaint, about: read)
        read += 1
    }

    private mutating func check(
        _ conversation: Conversation, of source: Workload.Source, at place: Int
    ) {
        var knowsParameters = true
        if !conversation.with.isEmpty,
            let objection = parameters.objection(to: conversation, of: service, row: row)
        {
            complain(objection, conversation, source)
            knowsParameters = false
        }
        for (index, turn) in conversation.turns.enumerated() {
            if let objection = service.description.objection(to: turn) {
                complain("turn \(index + 1): \(objection)", conversation, source)
            }
            if knowsParameters, !turn.with.isEmpty,
                let objection = parameters.objection(
                    to: conversation, turn: index, of: service, row: row)
            {
                complain("turn \(index + 1): \(objection)", conversation, source)
            }
            if !turn.attachments.isEmpty {
                checkAttachments(of: conversation, index, source, at: place)
            }
            if let name = turn.name, !stepNames.contains(name) {
                remember(name, conversation, source)
            }
        }
        if source.format.hasUniqueIDs, conversation.hasOwnID { checkID(of: conversation, source) }
    }

    private mutating func checkAttachments(
        of conversation: Conversation, _ turn: Int, _ source: Workload.Source, at index: Int
    ) {
        let open = conversation.detail(ofTurn: turn)?.attachments
        for (place, path) in conversation.turns[turn].attachments.enumerated()
        where open?[place] == nil {
            let known = attachments[path] ?? Attachment.objection(to: path)
            if attachments.count < Self.mostAttachments { attachments[path] = .some(known) }
            guard let objection = known ?? source.attachments.objection(to: path) else { continue }
            let complaint = source.complaint(
                "turn \(turn + 1): the attachment \"\(path.shortened)\" \(objection)",
                about: conversation.line,
                "paths are relative to the folder chatload is started in and must lead to files in"
                    + " the workload's folder, or in that of --attach-from")
            let column = source.column(ofAttachment: path, inConversation: index)
            review.add(
                complaint.at(.file(source.file.path, line: complaint.line, column: column)),
                about: read)
        }
    }

    private mutating func checkID(of conversation: Conversation, _ source: Workload.Source) {
        if ids.count < Self.mostIDs,
            !ids.insert(conversation.id.fingerprint).inserted
        {
            complain(
                "the id \"\(conversation.id.shortened)\" is used more than once", conversation,
                source,
                "give every conversation its own")
        }
    }

    private mutating func remember(
        _ name: String, _ conversation: Conversation, _ source: Workload.Source
    ) {
        if stepNames.count < WorkloadStats.mostStepNames {
            stepNames.insert(name)
        } else {
            complain(
                "more than \(WorkloadStats.mostStepNames) different names of turns", conversation,
                source, "each is a row of the report; give turns of one kind one name")
        }
    }

    private mutating func complain(
        _ message: String, _ conversation: Conversation, _ source: Workload.Source,
        _ hint: String? = nil
    ) {
        review.add(source.complaint(message, about: conversation.line, hint), about: read)
    }

    private mutating func count(_ conversation: Conversation) {
        var tally = WorkloadTally()
        tally.conversations = 1
        tally.turns = conversation.turns.count
        for turn in conversation.turns {
            switch turn.action {
            case .say(let text):
                tally.says += 1
                tally.promptTokens += tokens.tokens(in: text)
            case .call: tally.calls += 1
            }
            let exchanges = service.exchangeCount(of: turn)
            tally.fewestExchanges += exchanges.lowerBound
            tally.mostExchanges += exchanges.upperBound
            tally.attachments += turn.attachments.count
            if let think = turn.think { tally.think = tally.think + think.mean }
        }
        for (turn, detail) in zip(conversation.turns, conversation.details) {
            tally.captures += detail?.captures.count ?? 0
            guard detail?.expectation != nil else { continue }
            tally.expectations += 1
            if stepNames.count < WorkloadStats.mostStepNames { expectedSteps.insert(turn.step) }
        }
        if conversation.system != nil { tally.systemPrompts = 1 }
        if conversation.user != nil { review.census.pinsUsers = true }
        count(tally, weight: conversation.weight)
        let untimed = conversation.turns.dropFirst().count { $0.at == nil }
        countTimes(start: conversation.at, untimedTurns: untimed)
    }

    /// Counts a conversation that is played so often in a round.
    mutating func count(_ tally: WorkloadTally, weight: Int) {
        review.census.once.add(tally)
        review.census.round.add(tally, times: weight)
        review.weights.append(weight)
    }
}

extension String {
    /// FNV-1a over the UTF-8. Two of a million different texts agree with a chance of 1 in 30
    /// million.
    var fingerprint: UInt64 {
        var hash = FNV1a()
        hash.add(self)
        return hash.value
    }
}

/// What a replay at recorded times asks of a workload.
extension WorkloadValidator {
    /// Complains about a conversation without a start, and in a strict replay about one with a turn
    /// without its time. It is the same with most others then, so it is said of the first only.
    mutating func checkTimes(
        start: Nanoseconds?, lacksTurn: Bool, of number: Int, in source: Workload.Source
    ) {
        guard let pace else { return }
        if start == nil {
            let complaint = source.complaint(
                "no at: a replay at recorded times needs every conversation's",
                about: number, "leave out --speed to replay as fast as allowed")
            review.add(lacksStart ? nil : complaint, about: read)
            lacksStart = true
        }
        if pace.turns == .strict, lacksTurn {
            let complaint = source.complaint(
                "a turn without an at: strictly timed turns need one each",
                about: number, "--turns recorded lets it follow the reply before")
            review.add(self.lacksTurn ? nil : complaint, about: read)
            self.lacksTurn = true
        }
    }

    /// Counts what has no recorded time, and keeps the starts where they are played.
    mutating func countTimes(start: Nanoseconds?, untimedTurns: Int) {
        if start == nil { review.census.untimedStarts += 1 }
        review.census.untimedTurns += untimedTurns
        if pace != nil { review.starts.append(start ?? .zero) }
    }
}

extension WorkloadValidator {
    /// Takes a conversation of a trace of sizes into account without making its prompts: a single
    /// row of such a trace may stand for more text than a thousand rows have.
    mutating func read(_ outline: SizedOutline, number: Int, of source: Workload.Source) {
        let start = outline.start.map { $0 - source.reader.epoch }
        let objection = prompts.objection(
            to: outline.longest.tokens, service, source.reader.prompts,
            isTold: review.complaints.count < Fault.mostAtOnce)
        if let objection {
            let message = "turn \(outline.longest.turn): \(objection)"
            review.add(source.complaint(message, about: number), about: read)
        }
        checkTimes(start: start, lacksTurn: outline.untimed > 0, of: number, in: source)
        if !review.rejected.contains(read) {
            count(outline)
            countTimes(start: start, untimedTurns: outline.untimed)
        }
        read += 1
    }

    private mutating func count(_ outline: SizedOutline) {
        var tally = WorkloadTally()
        tally.conversations = 1
        tally.turns = outline.turns
        tally.says = outline.turns
        tally.fewestExchanges = outline.turns * saying.lowerBound
        tally.mostExchanges = outline.turns * saying.upperBound
        tally.promptTokens = tokens == .reported ? 0 : outline.tokens
        tally.think = outline.think
        review.omissions.add(.failedRequest, outline.failed)
        count(tally, weight: 1)
    }
}

extension Conversation {
    /// Turns that say how many tokens the reply to them may have.
    fileprivate var lengthCount: Int {
        turns.count { $0.with[ServiceParameter.lengthName] != nil }
    }
}
