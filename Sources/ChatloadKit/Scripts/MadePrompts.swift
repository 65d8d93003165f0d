package import Base

/// Length settings: conversations that are made by their lengths, in tokens, instead of read from a
/// file.
package struct LengthSettings: Sendable, Equatable {
    /// The tokens of what a user says in a turn; nil where nothing is made.
    package var prompt: CountModel?
    /// The tokens that all conversations begin with alike.
    package var sharedPrefix: Int?
    /// The turns of a conversation; nil for one.
    package var turns: CountModel?
    /// The tokens of a reply where they are not the same for all, made or not.
    package var reply: CountModel?

    package init() {}

    /// Makes sure that there is something to make what was asked for of.
    func check(files: [String]) throws(Fault) {
        if prompt == nil {
            guard
                let name = sharedPrefix != nil
                    ? "--shared-prefix" : turns.map({ _ in "--prompt-turns" })
            else { return }
            throw Fault(
                "is about prompts that are made, and none are", at: .flag(name),
                hint: "write --prompt-tokens 512, or leave it out")
        }
        guard let file = files.first else { return }
        throw Fault(
            "makes prompts instead of a workload", at: .flag("--prompt-tokens"),
            hint: "leave out either it or \(Printable.line(file, limit: 60))")
    }
}

/// Made prompts: the conversations of a load by length. Each is unlike all others, so that no cache
/// has its answer, behind a beginning that all share, which a cache can have.
///
/// A pure function of seed, settings and the conversation's number in the run, but for what the
/// service's own counting corrects.
package struct MadePrompts: Sendable {
    /// What reports call every made conversation.
    static let name = "made"
    /// What takes the place of a file's name.
    static let source = "--prompt-tokens"
    /// A conversation has no more turns, whatever is drawn.
    package static let mostTurns = 1_000

    private static let lengthStream: UInt64 = 0x6C65_6E67_7468
    private static let turnStream: UInt64 = 0x6D61_6465
    private static let prefixStream: UInt64 = 0x7072_6566_6978

    private let prompt: CountModel
    private let turns: CountModel
    private let sharedPrefix: Int
    private let maker: PromptMaker
    /// Whether the service takes the shared beginning as a system prompt; otherwise it stands in front
    /// of what is said first.
    private let takesSystem: Bool

    /// nil where nothing is to be made.
    init?(_ settings: LengthSettings, _ prompts: PromptSettings, for service: ServiceDescription) {
        guard let prompt = settings.prompt else { return nil }
        self.prompt = prompt
        turns = settings.turns ?? .fixed(1)
        sharedPrefix = settings.sharedPrefix ?? 0
        maker = PromptMaker(prompts)
        takesSystem = service.systemParameter != nil
    }

    /// How the service counts what is made.
    var calibration: PromptCalibration? { maker.settings.calibration }

    /// The beginning that all share, as it is made now; nil without one.
    func prefix() -> String? {
        if sharedPrefix == 0 { return nil }
        return maker.prompt(tokens: sharedPrefix, stream: Self.prefixStream, row: 0, isWhole: false)
    }

    /// The conversation of a number in the run, from 1, behind the shared beginning.
    func conversation(iteration: Int, behind prefix: String?) -> Conversation {
        var random = SeededRandom(
            seed: maker.settings.seed, stream: Self.lengthStream,
            index: UInt64(clamping: iteration))
        var conversation = Conversation(id: Self.name, line: iteration)
        conversation.hasOwnID = true
        if takesSystem { conversation.system = prefix }
        let count = min(max(turns.draw(using: &random), 1), Self.mostTurns)
        for place in 0..<count {
            let tokens = max(prompt.draw(using: &random), 1)
            var text = maker.prompt(
                tokens: tokens, stream: Self.turnStream &+ UInt64(clamping: place),
                row: iteration, isWhole: place == 0)
            if place == 0, !takesSystem, let prefix { text = prefix + " " + text }
            var turn = Turn(.say(text))
            // Of later ones nobody knows how long the replies before them are.
            if place == 0 { turn.madeTokens = tokens + sharedPrefix }
            conversation.turns.append(turn)
        }
        return conversation
    }

    /// What is made, for people and for the plan's digest.
    package var words: String {
        var words = "\(prompt.inWords) tokens each"
        if sharedPrefix > 0 {
            words += " behind \(Figures.count(sharedPrefix)) that all share"
            words += takesSystem ? ", as the system prompt" : ""
        }
        return words + "; \(turns.inWords) " + (turns == .fixed(1) ? "turn" : "turns")
            + " a conversation"
    }
}

extension CountModel {
    /// The distribution for people: a number that is always the same as that.
    package var inWords: String {
        if case .fixed(let count) = self { Figures.count(count) } else { description }
    }
}

extension Workload {
    /// The workload of prompts that are made: what can be known of it before it is played is known of
    /// its first conversation.
    ///
    /// - Throws: that it cannot be kept.
    static func making(_ prompts: MadePrompts) throws(Fault) -> Workload {
        let first = prompts.conversation(iteration: 1, behind: prompts.prefix())
        var line = ByteBuffer()
        line.append { line in
            line.append("id", first.id)
            if let system = first.system { line.append("system", system.quotingVariables) }
            line.append(key: "turns")
            line.append(array: first.turns) { turns, turn in
                turns.append { $0.append("say", turn.text.quotingVariables) }
            }
        }
        line.append("\n")
        var workload = try of(line, called: MadePrompts.source)
        (workload.made, workload.calibration) = (prompts, prompts.calibration)
        return workload
    }
}

/// Reply lengths: the most tokens of the replies, drawn for each turn that does not set them itself.
package struct ReplyLengths: Sendable {
    private static let stream: UInt64 = 0x7265_706C_79

    private let model: CountModel
    private let seed: UInt64
    /// The parameter that takes them.
    private let parameter: ServiceParameter

    /// nil where nothing is to be drawn, or the service cannot be told.
    package init?(_ model: CountModel?, seed: UInt64, for service: ServiceDescription) {
        guard let model, let parameter = service.parameter(for: .length) else { return nil }
        (self.model, self.seed, self.parameter) = (model, seed, parameter)
    }

    /// A conversation, played under a number in the run, with its lengths.
    package func drawn(for conversation: Conversation, iteration: Int) -> Conversation {
        let names = parameter.names
        if names.contains(where: { conversation.with[$0] != nil }) { return conversation }
        var conversation = conversation
        var random = SeededRandom(
            seed: seed, stream: Self.stream, index: UInt64(clamping: iteration))
        for index in conversation.turns.indices {
            let length = max(model.draw(using: &random), 1)
            let turn = conversation.turns[index]
            guard case .say = turn.action, names.allSatisfy({ turn.with[$0] == nil }) else {
                continue
            }
            conversation.turns[index].with[parameter.name] = "\(length)"
        }
        return conversation
    }

    /// For people and for the plan's digest.
    package var words: String { "\(model) tokens, drawn for each turn" }
}
