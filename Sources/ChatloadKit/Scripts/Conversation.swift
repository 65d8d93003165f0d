package import Base
import Glibc

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

extension ThinkTime {
    /// The forms that are understood.
    package static let forms =
        #"write "2s", a number of seconds, "uniform:1s,3s", "lognormal:2s,0.5", "exponential:2s" "#
        + #"or "reading:250wpm""#

    /// Reads `2s`, `1.5` (seconds), `uniform:LOW,HIGH`, `lognormal:MEDIAN,SIGMA` (the standard
    /// deviation of the logarithm), `exponential:MEAN` or `reading:SPEED` in words a minute.
    ///
    /// - Throws: what is wrong, when it is none of these.
    package init(parsing text: String) throws(Fault) {
        guard let colon = text.firstIndex(of: ":") else {
            self = .fixed(try Self.duration(text[...]))
            return
        }
        let values = text[text.index(after: colon)...]
            .split(separator: ",", omittingEmptySubsequences: false)
        switch (text[..<colon], values.count) {
        case ("uniform", 2):
            let (low, high) = (try Self.duration(values[0]), try Self.duration(values[1]))
            guard low <= high else { throw Fault("uniform wants the shorter time first") }
            self = .uniform(low, high)
        case ("lognormal", 2):
            guard let sigma = Units.parseNumber(String(values[1])), sigma <= 10 else {
                throw Fault("lognormal wants a spread from 0 to 10")
            }
            self = .logNormal(median: try Self.duration(values[0]), sigma: sigma)
        case ("exponential", 1):
            self = .exponential(try Self.duration(values[0]))
        case ("reading", 1): self = .reading(wordsPerMinute: try Self.speed(values[0]))
        case ("uniform", _), ("lognormal", _):
            throw Fault("\(text[..<colon]) takes two values")
        case ("exponential", _), ("reading", _):
            throw Fault("\(text[..<colon]) takes one value")
        default:
            throw Fault("\"\(text[..<colon])\" is no distribution")
        }
    }

    /// The expected value, for estimates of how long a run takes. Nobody knows the replies yet, so
    /// reading counts as if they had forty words.
    package var mean: Nanoseconds {
        switch self {
        case .fixed(let span), .exponential(let span): span
        case .uniform(let low, let high):
            Nanoseconds(seconds: low.seconds / 2 + high.seconds / 2)
        case .logNormal(let median, let sigma):
            Nanoseconds(seconds: median.seconds * exp(sigma * sigma / 2))
        case .reading(let speed): Self.reading(200, at: speed)
        }
    }

    /// The text that `init(parsing:)` reads as this.
    package var specification: String {
        switch self {
        case .fixed(let span): Units.exact(span)
        case .uniform(let low, let high): "uniform:\(Units.exact(low)),\(Units.exact(high))"
        case .logNormal(let median, let sigma):
            "lognormal:\(Units.exact(median)),\(Self.plain(sigma))"
        case .exponential(let mean): "exponential:\(Units.exact(mean))"
        case .reading(let speed): "reading:\(speed)wpm"
        }
    }

    /// A number from 0 on in digits alone: small ones print with an exponent, which nobody types.
    private static func plain(_ number: Double) -> String {
        let parts = "\(number)".split(separator: "e-")
        guard parts.count == 2, let zeros = Int(parts[1]) else { return "\(number)" }
        return "0." + String(repeating: "0", count: zeros - 1) + parts[0].filter { $0 != "." }
    }

    /// The time it takes to read a text, a word being five characters, as typists count.
    static func reading(_ characters: Int, at wordsPerMinute: Double) -> Nanoseconds {
        Nanoseconds(seconds: Double(characters) / 5 / wordsPerMinute * 60)
    }

    private static func speed(_ text: Substring) throws(Fault) -> Double {
        let number = text.hasSuffix("wpm") ? text.dropLast(3) : text
        guard let speed = Units.parseNumber(String(number)), speed >= 1, speed <= 100_000 else {
            throw Fault("reading wants a speed from 1 to 100000 words a minute")
        }
        return speed
    }

    private static func duration(_ text: Substring) throws(Fault) -> Nanoseconds {
        guard let span = Units.parseDuration(String(text)) else {
            throw Fault("\"\(text)\" is no duration")
        }
        return span
    }
}

/// When the later turns of a replayed conversation are taken.
package enum TurnTiming: String, CaseIterable, Sendable {
    /// At their recorded times, but not before the reply to the turn before.
    case recorded
    /// After the reply to the turn before and the recorded think time.
    case think
    /// At their recorded times, whether or not the reply to the turn before is there.
    case strict
}

/// How recorded times become played ones.
package struct ReplayPace: Sendable, Equatable {
    /// Recorded seconds that pass in a second; above zero.
    package var speed: Double
    /// The longest time from one start to the next, and from one turn of a conversation to the next,
    /// on the played clock; nil for as long as recorded.
    package var maxGap: Nanoseconds?
    package var turns = TurnTiming.recorded

    /// A recorded time on the played clock.
    package func played(_ recorded: Nanoseconds) -> Nanoseconds {
        speed == 1 ? recorded : Nanoseconds(seconds: recorded.seconds / speed)
    }

    /// A recorded think time on the played clock.
    func played(think: Nanoseconds) -> Nanoseconds { min(played(think), maxGap ?? .never) }

    /// When each turn is to be taken, counted from its conversation's played start; nil for a turn
    /// that follows the reply before it. Never falling, whatever is recorded.
    func offsets(of turns: [Turn]) -> [Nanoseconds?] {
        guard self.turns != .think else { return turns.map { _ in nil } }
        var warp = GapCut(longest: maxGap)
        return turns.map { turn in turn.at.map { warp.cut(played($0)) } }
    }
}

/// Cuts the gaps between times that come one after the other.
///
/// What is taken away is added up and each time moved by the whole sum, so that nothing is rounded
/// twice.
struct GapCut {
    private let longest: Nanoseconds
    private var latest = Nanoseconds.zero
    private var taken = Nanoseconds.zero

    /// Gaps of at most `longest`; nil leaves them as they are.
    init(longest: Nanoseconds?) { self.longest = longest ?? .never }

    /// The next time with all cuts so far; one that is before the latest counts as that.
    mutating func cut(_ time: Nanoseconds) -> Nanoseconds {
        let time = max(time, latest)
        taken = taken + max(time - latest - longest, .zero)
        latest = time
        return time - taken
    }
}
