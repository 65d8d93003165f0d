import Networking

/// Checks conversations one after the other and adds up what they hold.
struct Reviewer<Service: ChatService> {
    /// Identities are remembered as hashes; beyond this many, repeated ones go unnoticed.
    private let mostIDs = 1 << 20

    let service: Service
    let tokens: TokenEstimate
    var review = WorkloadReview()
    private var ids: Set<UInt64> = []
    private var stepNames: Set<String> = []
    private var attachments = AttachmentCheck()
    private var prompts = PromptCheck()
    /// The exchanges it takes to say something.
    private let saying: ClosedRange<Int>
    /// The conversations read so far, rejected ones included.
    private var read = 0

    init(service: Service, tokens: TokenEstimate) {
        self.service = service
        self.tokens = tokens
        saying = service.exchangeCount(of: Turn(.say("")))
    }

    /// The review with what was only needed in the end.
    func finished() -> WorkloadReview {
        var review = review
        review.census.stepNames = stepNames.sorted()
        return review
    }

    /// Takes the next conversation of a source into account, and what it leaves out.
    mutating func read(
        _ conversation: Conversation, of source: Workload.Source, omitting omissions: Omissions
    ) {
        check(conversation, of: source)
        if !review.rejected.contains(read) {
            count(conversation)
            review.omissions.add(omissions)
        }
        read += 1
    }

    /// Leaves the next conversation out, for this reason.
    mutating func reject(_ complaint: ScriptComplaint) {
        review.add(complaint, about: read)
        read += 1
    }

    private mutating func check(_ conversation: Conversation, of source: Workload.Source) {
        let context = conversation.context(identity: conversation.user ?? "user-1", ticket: 1)
        for (index, turn) in conversation.turns.enumerated() {
            if let objection = service.objection(to: turn, of: context) {
                complain("turn \(index + 1): \(objection)", conversation, source)
            }
            for path in turn.attachments {
                guard let objection = attachments.objection(to: path) else { continue }
                complain(
                    "turn \(index + 1): the attachment \"\(path.shortened)\" \(objection)",
                    conversation, source, "paths are relative to the folder chatload is started in")
            }
            if let name = turn.name, !stepNames.contains(name) {
                remember(name, conversation, source)
            }
        }
        if source.format.hasUniqueIDs, conversation.hasOwnID, ids.count < mostIDs,
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
        if conversation.user != nil { review.census.pinsUsers = true }
        count(tally, weight: conversation.weight, at: conversation.at)
    }

    private mutating func count(_ tally: WorkloadTally, weight: Int, at: Nanoseconds?) {
        review.census.once.add(tally)
        review.census.round.add(tally, times: weight)
        review.weights.append(weight)
        if let at { review.census.latestStart = max(review.census.latestStart ?? .zero, at) }
    }

    /// Takes a conversation of a trace of sizes into account without making its prompts: a single
    /// row of such a trace may stand for more text than a thousand rows have.
    mutating func read(
        _ outline: SizedOutline, number: Int, of source: Workload.Source
    ) {
        let objection = prompts.objection(
            to: outline.longest.tokens, service, source.reader.prompts,
            isTold: review.complaints.count < WorkloadReview.mostComplaints)
        if let objection {
            let message = "turn \(outline.longest.turn): \(objection)"
            review.add(source.complaint(message, about: number), about: read)
        } else {
            count(outline, since: source.reader.epoch)
        }
        read += 1
    }

    private mutating func count(_ outline: SizedOutline, since epoch: Nanoseconds) {
        var tally = WorkloadTally()
        tally.conversations = 1
        tally.turns = outline.turns
        tally.says = outline.turns
        tally.fewestExchanges = outline.turns * saying.lowerBound
        tally.mostExchanges = outline.turns * saying.upperBound
        tally.promptTokens = tokens == .reported ? 0 : outline.tokens
        tally.think = outline.think
        review.omissions.add(.failedRequest, outline.failed)
        count(tally, weight: 1, at: outline.start.map { $0 - epoch })
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
