package import Base

/// What reading a whole workload brought to light.
package struct ValidationReport: Sendable {
    /// What was counted, without the conversations that are complained about.
    package var census = WorkloadStats()
    /// How often each conversation is to be played, without those that are complained about.
    package var weights = ScriptWeights()
    /// When each conversation started, where recorded times were asked for; without those that are
    /// complained about.
    package var starts: [Nanoseconds] = []
    /// The first complaints, at most `Fault.mostAtOnce`, in the order of files and lines.
    package var complaints: [Fault] = []
    /// How many there are in all.
    package var complaintCount = 0
    /// The conversations that are complained about.
    package var rejected = ConversationSet()
    /// What the files hold and the conversations do not.
    package var omissions = Omissions()
    /// That a file was changed while it was read; then nothing else in here counts.
    package var change: Fault?

    /// Adds a complaint about the conversation of a number; nil where it has been made of another.
    mutating func add(_ complaint: Fault?, about index: Int) {
        rejected.insert(index)
        complaintCount += 1
        if let complaint, complaints.count < Fault.mostAtOnce { complaints.append(complaint) }
    }
}

extension Workload {
    /// Reads every conversation of every file, checks it against what `service` can do and counts.
    ///
    /// Takes bounded memory however large the files are: pages that have been read are given back.
    /// With a pace it is for a replay at recorded times, which must all be there. `row` are the values
    /// of the data's columns to check with; `progress` gets the share that has been read, from 0 to 1.
    package func review(
        with service: any ChatService, tokens: TokenEstimate = .usual, row: [String] = [],
        pace: ReplayPace? = nil, progress: (Double) -> Void = { _ in }
    ) -> ValidationReport {
        var reviewer = WorkloadValidator(service: service, tokens: tokens, row: row, pace: pace)
        if pace != nil { reviewer.review.starts.reserveCapacity(count) }
        reviewer.review.census.bytes = byteCount
        var bytesBefore = 0
        for source in sources {
            reviewer.read(source) { progress(Double(bytesBefore + $0) / Double(max(byteCount, 1))) }
            bytesBefore += source.file.count
        }
        progress(1)
        return reviewer.finished()
    }
}

extension WorkloadValidator {
    /// Reads all conversations of a source; `progress` gets the bytes read.
    fileprivate mutating func read(_ source: Workload.Source, progress: (Int) -> Void) {
        source.file.expect(sequentialReading: true)
        defer { source.file.expect(sequentialReading: false) }
        review.omissions.add(source.omissions)
        var walk = SourceWalk(source)
        while let index = walk.next(progress) {
            do throws(Fault) {
                if let (outline, number) = try source.outline(at: index, from: &walk.cursor) {
                    read(outline, number: number, of: source)
                    continue
                }
                var omissions = Omissions()
                let conversation = try source.conversation(
                    at: index, from: &walk.cursor, omitting: &omissions)
                read(conversation, of: source, at: index, omitting: omissions)
            } catch {
                reject(error)
            }
        }
        if let change = source.file.change { review.change = review.change ?? change }
    }
}

/// A walk through all conversations of a source that gives back the pages behind it.
struct SourceWalk {
    private let source: Workload.Source
    /// Where the conversation before was found.
    var cursor: ElementCursor
    private var index = 0
    private var remembered = 0

    init(_ source: Workload.Source) {
        self.source = source
        cursor = source.cursor()
    }

    /// The number of the next conversation; nil at the end. `progress` gets the bytes read.
    mutating func next(_ progress: (Int) -> Void) -> Int? {
        forget(progress)
        if index == source.count {
            source.file.forget(0..<source.file.count)
            return nil
        }
        defer { index += 1 }
        return index
    }

    private mutating func forget(_ progress: (Int) -> Void) {
        switch source.arrangement {
        case .single, .branches:
            let end = min(cursor.offset, source.file.count)
            guard end - remembered >= ElementIndex.stretch else { return }
            source.file.forget(remembered..<end)
            remembered = end
            progress(end)
        case .groups, .paths:
            // Their elements are anywhere.
            guard index & 4_095 == 4_095 else { return }
            source.file.forget(0..<source.file.count)
            progress(source.file.count / source.count * index)
        }
    }
}

/// What a number of conversations amounts to.
package struct WorkloadTally: Sendable, Equatable {
    /// The number of conversations.
    package var conversations = 0
    /// Their turns, of which `says` say something and `calls` call an operation.
    package var turns = 0
    package var says = 0
    package var calls = 0
    /// The fewest and the most exchanges they take, without those a session needs only once.
    package var fewestExchanges = 0
    package var mostExchanges = 0
    /// Tokens of everything said, at four characters a token, each text rounded up.
    package var promptTokens = 0
    /// Files sent along.
    package var attachments = 0
    /// Values captured, and turns that demand something of their replies.
    package var captures = 0
    package var expectations = 0
    /// Conversations with a system prompt.
    package var systemPrompts = 0
    /// The expected think time of all turns together.
    package var think = Nanoseconds.zero

    /// Adds another tally `times` times, up to the greatest numbers there are.
    mutating func add(_ other: WorkloadTally, times: Int = 1) {
        conversations = conversations.plus(other.conversations, times: times)
        turns = turns.plus(other.turns, times: times)
        says = says.plus(other.says, times: times)
        calls = calls.plus(other.calls, times: times)
        fewestExchanges = fewestExchanges.plus(other.fewestExchanges, times: times)
        mostExchanges = mostExchanges.plus(other.mostExchanges, times: times)
        promptTokens = promptTokens.plus(other.promptTokens, times: times)
        attachments = attachments.plus(other.attachments, times: times)
        captures = captures.plus(other.captures, times: times)
        expectations = expectations.plus(other.expectations, times: times)
        systemPrompts = systemPrompts.plus(other.systemPrompts, times: times)
        think = think + other.think * Int64(times)
    }
}

/// What a workload holds, found in one reading.
package struct WorkloadStats: Sendable, Equatable {
    /// Different step names that are kept at most; every one is a row in every report.
    package static let mostStepNames = 200

    /// Every conversation once, as `replay` plays them.
    package var once = WorkloadTally()
    /// Every conversation as often as its weight says: what one round of a run plays.
    package var round = WorkloadTally()
    /// The names of turns that have one, sorted; at most `mostStepNames`.
    package var stepNames: [String] = []
    /// The names under which turns are reported whose reply something is expected of, sorted.
    package var expectedSteps: [String] = []
    /// Conversations that do not say when they start.
    package var untimedStarts = 0
    /// Turns after a conversation's first that do not say when they were taken.
    package var untimedTurns = 0
    /// Whether some conversation pins its user.
    package var pinsUsers = false
    /// The bytes of all files, unpacked.
    package var bytes = 0
}

extension Int {
    /// The sum with `times` times another number that is not negative, or the greatest number.
    fileprivate func plus(_ other: Int, times: Int) -> Int {
        let (product, tooGreat) = other.multipliedReportingOverflow(by: times)
        let (sum, overflow) = addingReportingOverflow(product)
        return tooGreat || overflow ? .max : sum
    }
}

/// Whether a service takes the parameters of scripts; asks it once for each set of them.
struct ParameterCheck {
    /// Answers that are remembered at most.
    private static let mostAnswers = 4_096

    /// By the parameters of a conversation and of a turn.
    private var answers: [[[String: String]]: String?] = [:]

    /// What is wrong with the parameters of a conversation, or of a turn of it; nil when nothing is.
    /// Values that only the run will show are left out.
    mutating func objection(
        to conversation: Conversation, turn index: Int? = nil, of service: any ChatService,
        row: [String]
    ) -> String? {
        var parameters = [conversation.with, index.map { conversation.turns[$0].with } ?? [:]]
        let templates = index.flatMap(conversation.detail(ofTurn:))?.with ?? [:]
        if !conversation.withTemplates.isEmpty || !templates.isEmpty {
            var values = VariableValues(
                of: conversation, identity: conversation.user ?? "user-1", iteration: 1,
                row: .success(row))
            if let index { values.begin(turn: index + 1) }
            var open = Set<String>()
            Self.fill(&parameters[0], conversation.withTemplates, by: values, &open)
            Self.fill(&parameters[1], templates, by: values, &open)
            if let objection = service.description.objection(toNames: open) { return objection }
        }
        if let known = answers[parameters] { return known }
        let answer = service.objection(toParameters: parameters[0], parameters[1])
        if answers.count >= Self.mostAnswers { answers.removeAll(keepingCapacity: true) }
        answers[parameters] = .some(answer)
        return answer
    }

    /// Replaces variables; parameters without a value yet are taken out, and named in `open`.
    private static func fill(
        _ parameters: inout [String: String], _ templates: [String: Template],
        by values: VariableValues, _ open: inout Set<String>
    ) {
        for (name, template) in templates {
            do throws(ExchangeFailure) {
                parameters[name] = try values.text(of: template)
            } catch {
                parameters[name] = nil
                open.insert(name)
            }
        }
    }
}
