import Networking

/// Checks conversations one after the other and adds up what they hold.
struct Reviewer<Service: ChatService> {
    /// Identities are remembered as hashes; beyond this many, repeated ones go unnoticed.
    private let mostIDs = 1 << 20

    let service: Service
    let tokens: TokenEstimate
    /// The values of the data's columns that texts are checked with.
    let row: [String]
    /// How recorded times are played; nil where they are not.
    let pace: ReplayPace?
    var review = WorkloadReview()
    private var ids: Set<UInt64> = []
    private var stepNames: Set<String> = []
    private var attachments = AttachmentCheck()
    private var parameters = ParameterCheck()
    /// The conversations read so far, rejected ones included.
    private(set) var read = 0
    /// Whether a start, and a later turn, was found to lack its recorded time.
    var lacksStart = false
    var lacksTurn = false

    init(service: Service, tokens: TokenEstimate, row: [String], pace: ReplayPace?) {
        self.service = service
        self.tokens = tokens
        self.row = row
        self.pace = pace
    }

    /// The review with what was only needed in the end.
    func finished() -> WorkloadReview {
        var review = review
        review.census.stepNames = stepNames.sorted()
        review.rejected.seal()
        return review
    }

    /// Takes the next conversation of a source into account.
    mutating func read(_ conversation: Conversation, of source: Workload.Source) {
        check(conversation, of: source)
        checkTimes(of: conversation, source)
        if !review.rejected.contains(read) {
            count(conversation)
            review.weights.append(conversation.weight)
        }
        read += 1
    }

    /// Leaves the next conversation out, for this reason.
    mutating func reject(_ complaint: ScriptComplaint) {
        review.add(complaint, about: read)
        read += 1
    }

    private mutating func check(_ conversation: Conversation, of source: Workload.Source) {
        for (index, turn) in conversation.turns.enumerated() {
            if let objection = service.objection(to: turn) {
                complain("turn \(index + 1): \(objection)", conversation, source)
            }
            if !conversation.with.isEmpty || !turn.with.isEmpty,
                let objection = parameters.objection(
                    to: conversation, turn: index, of: service, row: row)
            {
                complain("turn \(index + 1): \(objection)", conversation, source)
            }
            if !turn.attachments.isEmpty { checkAttachments(of: conversation, index, source) }
            if let name = turn.name, !stepNames.contains(name) {
                remember(name, conversation, source)
            }
        }
        if source.format.hasUniqueIDs, conversation.hasOwnID { checkID(of: conversation, source) }
    }

    private mutating func checkAttachments(
        of conversation: Conversation, _ turn: Int, _ source: Workload.Source
    ) {
        let open = conversation.detail(ofTurn: turn)?.attachments
        for (place, path) in conversation.turns[turn].attachments.enumerated()
        where open?[place] == nil {
            guard let objection = attachments.objection(to: path) else { continue }
            complain(
                "turn \(turn + 1): the attachment \"\(path.shortened)\" \(objection)",
                conversation, source, "paths are relative to the folder chatload is started in")
        }
    }

    private mutating func checkID(of conversation: Conversation, _ source: Workload.Source) {
        if ids.count < mostIDs,
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
        if stepNames.count < WorkloadCensus.mostStepNames {
            stepNames.insert(name)
        } else {
            complain(
                "more than \(WorkloadCensus.mostStepNames) different names of turns", conversation,
                source, "each is a row of the report; give turns of one kind one name")
        }
    }

    private mutating func complain(
        _ message: String, _ conversation: Conversation, _ source: Workload.Source,
        _ suggestion: String? = nil
    ) {
        review.add(
            source.complaint(message, about: conversation.line, suggestion), about: read)
    }

    private mutating func count(_ conversation: Conversation) {
        var tally = WorkloadTally()
        tally.conversations = 1
        tally.turns = conversation.turns.count
        for turn in conversation.turns {
            switch turn.action {
            case .say(let text):
                let characters = text.scalarCount
                tally.says += 1
                tally.promptTokens += tokens.tokens(in: text)
                review.census.longestText = max(review.census.longestText, characters)
            case .call: tally.calls += 1
            }
            let exchanges = service.exchangeCount(of: turn)
            tally.fewestExchanges += exchanges.lowerBound
            tally.mostExchanges += exchanges.upperBound
            tally.attachments += turn.attachments.count
            if let think = turn.think { tally.think = tally.think + think.mean }
        }
        for detail in conversation.details {
            tally.captures += detail?.captures.count ?? 0
            if detail?.expectation != nil { tally.expectations += 1 }
        }
        if conversation.system != nil { tally.systemPrompts = 1 }
        review.census.once.add(tally)
        review.census.round.add(tally, times: conversation.weight)
        if conversation.user != nil { review.census.pinsUsers = true }
        countTimes(of: conversation)
    }
}

extension String {
    /// FNV-1a over the UTF-8. Two of a million different texts agree with a chance of 1 in 30
    /// million.
    fileprivate var fingerprint: UInt64 {
        var hash = FNV1a()
        hash.add(self)
        return hash.value
    }
}
