package import Base

/// One script line: what one simulated user does, turn after turn.
package struct Conversation: Sendable, Equatable {
    /// `id` of the line, or `line-N`.
    package var id: String
    /// The identity that plays it, when the script says so.
    package var user: String?
    /// How often it is played in the time that a weight of 1 is played once; at least 1.
    package var weight = 1
    /// When a replay starts it, from the replay's start.
    package var at: Nanoseconds?
    /// Parameters of the service for this conversation, over those of the run.
    package var with: [String: String] = [:]
    /// What the service is told about its part, where it takes that: the system prompt.
    package var system: String?
    /// Whether a turn that fails ends the conversation, unless the turn itself says otherwise.
    package var stopsOnFailure = false
    /// What is done, in order; never empty. Texts with variables are as written.
    package var turns: [Turn] = []
    /// The line's number in its file, from 1.
    package var line: Int
    /// Whether `id` stands in the line.
    var hasOwnID = false
    /// Whether texts are templates: `$${` stands for `${`, and some may have something to replace.
    var usesVariables = false
    /// The values of `with` that have variables.
    var withTemplates: [String: Template] = [:]
    /// What turns have beyond their plain texts, in the turns' order; empty when none has anything.
    var details: [TurnDetail?] = []
    /// The names of all variables, by the places of their values; empty when nothing uses any.
    var variableNames: [String] = []
    /// The first place behind those of the data's columns.
    var columnsEnd = VariableValues.columnsPlace

    /// Whether there is nothing to fill in, to check and to capture.
    var isPlain: Bool { details.isEmpty && withTemplates.isEmpty }

    /// Whether the conversation ends when the given turn of it has failed.
    package func stops(afterFailureOf turn: Turn) -> Bool { turn.stopsOnFailure ?? stopsOnFailure }

    /// What the turn at an index has beyond its plain texts.
    func detail(ofTurn index: Int) -> TurnDetail? {
        details.indices.contains(index) ? details[index] : nil
    }

    /// The turn at an index, which there must be, as it is played: variables replaced.
    ///
    /// - Throws: a `script` failure that names a variable without a value.
    func turn(at index: Int, with values: VariableValues) throws(ExchangeFailure) -> Turn {
        var turn = turns[index]
        guard let detail = detail(ofTurn: index) else { return turn }
        if let say = detail.say { turn.action = .say(try values.text(of: say)) }
        for (name, template) in detail.with { turn.with[name] = try values.text(of: template) }
        for (place, template) in detail.attachments where turn.attachments.indices.contains(place) {
            turn.attachments[place] = try values.text(of: template)
        }
        return turn
    }

    /// `with`, and the system prompt in the parameter that takes it unless `with` sets that itself.
    func parameters(systemIn parameter: String?) -> [String: String] {
        guard let system, let parameter, with[parameter] == nil else { return with }
        return with.merging([parameter: system]) { $1 }
    }

    /// Replaces the variables of parameters that come from `with`.
    ///
    /// - Throws: a `script` failure that names a variable without a value.
    func fill(
        _ parameters: inout [String: String], with values: VariableValues
    ) throws(ExchangeFailure) {
        for (name, template) in withTemplates {
            parameters[name] = try values.text(of: template)
        }
    }

    /// Whether some text uses what a reply has brought.
    var usesReplies: Bool {
        let reply = VariableValues.replyPlace
        return uses(reply..<reply + 1) || uses(columnsEnd..<Int.max)
    }

    /// Whether some text uses a value at one of these places.
    func uses(_ places: Range<Int>) -> Bool {
        withTemplates.values.contains { $0.uses(places) }
            || details.contains { $0?.templates.contains { $0.uses(places) } == true }
    }
}

/// What a turn has beyond texts that are said as they stand.
struct TurnDetail: Sendable, Equatable {
    /// What is said, where it has variables.
    var say: Template?
    /// The parameters that have variables.
    var with: [String: Template] = [:]
    /// The attachments' paths that have variables, by their places.
    var attachments: [Int: Template] = [:]
    /// What the reply must be like.
    var expectation: Expectation?
    /// What is taken from the reply.
    var captures: [Capture] = []
    /// The places in the response's body that either of them looks at.
    var paths: [JSONPath] = []
    /// `expect` and `capture` as they stand in the script, as JSON.
    var expectSource: String?
    var captureSource: String?

    /// Whether there is nothing to it.
    var isEmpty: Bool { !hasTemplates && !checksReply }

    /// Whether some text has variables, or `$${`.
    var hasTemplates: Bool { say != nil || !with.isEmpty || !attachments.isEmpty }

    /// Whether the reply is looked at.
    var checksReply: Bool { expectation != nil || !captures.isEmpty }

    /// Every text that may have variables.
    var templates: [Template] {
        [say].compactMap(\.self) + with.values + attachments.values
            + (expectation?.templates ?? [])
    }
}

/// How often each script is played in one round: a round has as many places as all weights together,
/// and every script takes up as many of them as its weight says.
///
/// Costs nothing while every weight is 1, and eight bytes a script otherwise.
package struct ScriptWeights: Sendable, Equatable {
    /// The number of scripts.
    package private(set) var count = 0
    /// The number of places in a round.
    package private(set) var total = 0
    /// Whether every weight is 1.
    private var isEven = true
    /// For each script the places up to and with its own; empty while all weights are 1.
    private var sums: [Int] = []

    /// Adds the next script; a weight below 1 counts as 1.
    mutating func append(_ weight: Int) {
        let weight = max(weight, 1)
        let (sum, overflow) = total.addingReportingOverflow(weight)
        if weight != 1, isEven {
            isEven = false
            sums = Array(1..<count + 1)
        }
        count += 1
        total = overflow ? .max : sum
        if !isEven { sums.append(total) }
    }

    /// The script that has the given place, which must be in 0..<total.
    func script(at place: Int) -> Int {
        isEven ? place : sums.partitioningIndex { $0 > place }
    }
}
