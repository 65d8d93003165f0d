import Base

/// One message of a transcript, whatever its format.
struct TranscriptMessage {
    enum Role { case user, assistant, system, tool }

    var role: Role
    var text: String
    /// When it was written, since 1970.
    var time: Nanoseconds?
    /// How long the user waited before it; nil when nobody says.
    var think: Nanoseconds?
    /// Its parts that are no text.
    var otherParts = 0
}

/// Puts a conversation together out of the messages of a transcript, in their order.
///
/// What the user says becomes a turn; what the service says becomes the recorded reply of the turn
/// before; what the system says becomes the system prompt.
struct Dialogue {
    /// When the element of a capture before was answered.
    var answered: Nanoseconds?
    /// The requests of a trace that tells sizes, which become turns in the end.
    var sized: [SizedTurn] = []
    /// Its name in the transcript, if that can be a name in reports.
    var id: String?
    var user: String?
    var with: [String: String] = [:]
    var omissions = Omissions()
    /// Turns are added with `add`; what was replied to them may be filled in later.
    var turns: [Turn] = []
    private(set) var system: String?
    /// The most tokens of the reply to the next turn.
    var lengthLimit: Int?
    /// For each turn when it was taken, since 1970.
    private var times: [Nanoseconds?] = []

    /// Takes the next message into account.
    mutating func add(_ message: TranscriptMessage) {
        defer { lengthLimit = nil }
        omissions.add(.otherPart, message.otherParts)
        if message.role == .tool { return omissions.add(.toolMessage) }
        guard !message.text.isEmpty else {
            if message.otherParts == 0 { omissions.add(.emptyMessage) }
            return
        }
        switch message.role {
        case .user:
            let think = message.think.map(ThinkTime.fixed)
            add(Turn(.say(message.text), think: think), at: message.time)
        case .assistant: addReply(message.text, at: message.time)
        case .system: addSystem(message.text)
        case .tool: break
        }
    }

    /// Adds a turn.
    mutating func add(_ turn: Turn, at time: Nanoseconds? = nil) {
        turns.append(turn)
        times.append(time)
        guard let lengthLimit else { return }
        turns[turns.count - 1].with[ServiceParameter.lengthName] = "\(lengthLimit)"
        self.lengthLimit = nil
    }

    /// Adds what the service said; several times running are one reply. Where nobody noted when the
    /// user spoke, the time of the reply stands for it: then all turns are late by about the same.
    mutating func addReply(_ text: String, at time: Nanoseconds? = nil) {
        guard let last = turns.indices.last else { return omissions.add(.openingReply) }
        turns[last].reply = turns[last].reply.map { $0 + "\n\n" + text } ?? text
        if times[last] == nil { times[last] = time }
    }

    mutating func addSystem(_ text: String) { system = system.map { $0 + "\n\n" + text } ?? text }

    /// The time of all that has none: a transcript that is dated as a whole.
    mutating func date(_ time: Nanoseconds?) {
        if let time, !times.isEmpty, times.allSatisfy({ $0 == nil }) { times[0] = time }
    }

    /// A text as a name for reports, within the bounds that hold for scripts; nil when it is outside
    /// of them.
    static func name(_ text: String) -> String? {
        ElementParser.fault(inName: text) == nil ? text : nil
    }

    /// The conversation, its start counted from `epoch`.
    ///
    /// - Throws: that nobody says anything.
    func conversation(
        number: Int, of order: ElementOrder, epoch: Nanoseconds
    ) throws(Fault) -> Conversation {
        guard !turns.isEmpty else { throw Fault("the user says nothing in this conversation") }
        var conversation = Conversation(id: id ?? order.name(of: number), line: number)
        conversation.hasOwnID = id != nil
        conversation.user = user
        conversation.with = with
        conversation.system = system
        conversation.turns = turns
        if let start = times.lazy.compactMap(\.self).min() {
            conversation.at = max(start - epoch, .zero)
            for index in turns.indices.dropFirst() {
                conversation.turns[index].at = times[index].map { max($0 - start, .zero) }
            }
        }
        return conversation
    }
}

extension ElementOrder {
    /// The number people know an element by: its line's, or its place, both from 1.
    func number(of element: Element) -> Int {
        passedLines == nil ? element.ordinal + 1 : element.line
    }

    /// The name of a conversation that has none of its own.
    func name(of number: Int) -> String {
        passedLines == nil ? "element-\(number)" : "line-\(number)"
    }
}

/// What a transcript holds and a conversation does not, counted by kind.
package struct Omissions: Sendable, Equatable {
    /// The kinds; their order is that of reports.
    package enum Kind: CaseIterable, Sendable {
        /// The service spoke before the user did.
        case openingReply
        /// What a tool said, or a message that only calls tools.
        case toolMessage
        /// A message without a text.
        case emptyMessage
        /// A part of a message that is not text: an image, a sound, a file.
        case otherPart
        /// A message that its authors deleted, or one below it.
        case deletedMessage
        /// A request that had failed when it was recorded. It is sent all the same.
        case failedRequest
        /// A reply that was recorded in bytes which are no text: broken base64, or an unknown charset.
        case unreadableReply
        /// How many tokens a reply may have, where the service cannot be told.
        case replyLimit

        /// Whether it is left out, and not only counted.
        package var isLeftOut: Bool { self != .failedRequest }

        /// What a number of them is called, the number in front.
        package func words(_ count: Int) -> String {
            let (one, many) =
                switch self {
                case .openingReply: ("reply before the user spoke", "replies before the user spoke")
                case .toolMessage: ("message of a tool", "messages of tools")
                case .emptyMessage: ("empty message", "empty messages")
                case .otherPart: ("part that is no text", "parts that are no text")
                case .deletedMessage: ("deleted message", "deleted messages")
                case .failedRequest:
                    ("request that failed when recorded", "requests that failed when recorded")
                case .unreadableReply:
                    ("reply that is no readable text", "replies that are no readable text")
                case .replyLimit:
                    ("limit of a reply's tokens", "limits of a reply's tokens")
                }
            return "\(Figures.count(count)) \(count == 1 ? one : many)"
        }
    }

    /// By kind; empty while nothing was counted, which is the rule.
    private var counts: [Kind: Int] = [:]

    /// How many of a kind.
    package subscript(kind: Kind) -> Int { counts[kind] ?? 0 }

    /// The kinds that occurred, with their numbers.
    package var found: [(kind: Kind, count: Int)] {
        Kind.allCases.compactMap { kind in self[kind] == 0 ? nil : (kind, self[kind]) }
    }

    /// Counts some more of a kind.
    mutating func add(_ kind: Kind, _ count: Int = 1) {
        if count > 0 { counts[kind, default: 0] += count }
    }

    /// Adds what others counted.
    mutating func add(_ other: Omissions) {
        for (kind, count) in other.found { add(kind, count) }
    }
}
