import Base

/// How the messages of a file answer each other, so that each conversation can be put together from
/// its last message backwards.
///
/// Four bytes for each message and four for each conversation; while the file is opened, some thirty
/// more for each message.
struct MessageLinks: Sendable {
    /// The longest way from a first message to a last one; ends what runs in a circle, too.
    static let longestPath = 1_000

    private static let first = UInt32.max
    private static let unknown = UInt32.max - 1

    /// For each message the one it answers.
    private var parents: [UInt32] = []
    /// The messages that end a conversation.
    private var ends: [UInt32] = []

    /// The number of conversations.
    var count: Int { ends.count }

    /// The messages of a conversation, in their order; nil when the first of them is not there.
    func path(of conversation: Int) -> [Int]? {
        var path: [Int] = []
        var next = ends[conversation]
        while next != Self.first {
            guard next != Self.unknown, path.count < Self.longestPath else { return nil }
            path.append(Int(next))
            next = parents[Int(next)]
        }
        return path.reversed()
    }

    /// The last message of a conversation.
    func end(of conversation: Int) -> Int { Int(ends[conversation]) }

    /// Collects what a file's messages say of each other.
    struct Builder {
        private var ids: [(hash: UInt64, ordinal: UInt32)] = []
        private var parentIDs: [UInt64?] = []
        private var deleted: [Bool] = []

        /// Takes the next message: a line that is none counts as a conversation of its own, which is
        /// refused when it is read.
        mutating func add(_ bytes: Span<UInt8>) {
            let ordinal = UInt32(clamping: parentIDs.count)
            do throws(Fault) {
                var parser = ForeignParser()
                try parser.beginObject("a message", in: bytes)
                let node = try parser.oasstMessage(in: bytes)
                if let id = node.id {
                    ids.append((FNV1a.hash(ofWords: bytes.extracting(id.range)), ordinal))
                }
                parentIDs.append(
                    node.parentID.map { FNV1a.hash(ofWords: bytes.extracting($0.range)) })
                deleted.append(node.isDeleted)
            } catch {
                parentIDs.append(nil)
                deleted.append(false)
            }
        }

        /// The links, and how many messages are deleted or below one that is.
        consuming func links() -> (MessageLinks, deleted: Int) {
            var links = MessageLinks()
            ids.sort { $0 < $1 }
            links.parents = parentIDs.map { hash in
                guard let hash else { return MessageLinks.first }
                return ordinal(of: hash) ?? MessageLinks.unknown
            }
            parentIDs = []
            ids = []
            let gone = links.parents.indices.map { links.isGone($0, deleted) }
            var hasReply = Array(repeating: false, count: gone.count)
            for (index, parent) in links.parents.enumerated()
            where !gone[index] && parent < MessageLinks.unknown {
                hasReply[Int(parent)] = true
            }
            for index in gone.indices where !gone[index] && !hasReply[index] {
                links.ends.append(UInt32(clamping: index))
            }
            return (links, gone.count(where: \.self))
        }

        private func ordinal(of hash: UInt64) -> UInt32? {
            let index = ids.partitioningIndex { $0.hash >= hash }
            return index < ids.count && ids[index].hash == hash ? ids[index].ordinal : nil
        }
    }

    /// Whether a message or one above it is deleted.
    private func isGone(_ message: Int, _ deleted: [Bool]) -> Bool {
        var next = UInt32(clamping: message)
        for _ in 0..<Self.longestPath where next < Self.unknown {
            if deleted[Int(next)] { return true }
            next = parents[Int(next)]
        }
        return false
    }
}

/// One message of a transcript, whatever its format.
struct TranscriptMessage {
    enum Role { case user, assistant, system, tool }

    var role: Role
    var text: String
    /// When it was written, since 1970.
    var time: Nanoseconds?
    /// Its parts that are no text.
    var otherParts = 0
}

/// Puts a conversation together out of the messages of a transcript, in their order.
///
/// What the user says becomes a turn; what the service says becomes the recorded reply of the turn
/// before; what the system says becomes the system prompt.
struct Dialogue {
    /// Its name in the transcript, if that can be a name in reports.
    var id: String?
    var user: String?
    var with: [String: String] = [:]
    var omissions = Omissions()
    /// Turns are added with `add`; what was replied to them may be filled in later.
    var turns: [Turn] = []
    private(set) var system: String?
    /// For each turn when it was taken, since 1970.
    private var times: [Nanoseconds?] = []

    /// Takes the next message into account.
    mutating func add(_ message: TranscriptMessage) {
        omissions.add(.otherPart, message.otherParts)
        if message.role == .tool { return omissions.add(.toolMessage) }
        guard !message.text.isEmpty else {
            if message.otherParts == 0 { omissions.add(.emptyMessage) }
            return
        }
        switch message.role {
        case .user: add(Turn(.say(message.text)), at: message.time)
        case .assistant: addReply(message.text, at: message.time)
        case .system: addSystem(message.text)
        case .tool: break
        }
    }

    /// Adds a turn.
    mutating func add(_ turn: Turn, at time: Nanoseconds? = nil) {
        turns.append(turn)
        times.append(time)
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

    /// The conversation, its start counted from `epoch`.
    ///
    /// - Throws: that nobody says anything.
    func conversation(
        number: Int, of order: ElementOrder, epoch: Nanoseconds
    ) throws(Fault) -> Conversation {
        guard !turns.isEmpty else {
            throw Fault("the user says nothing in this conversation")
        }
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
        if case .lines = self { element.line } else { element.ordinal + 1 }
    }

    /// The name of a conversation that has none of its own.
    func name(of number: Int) -> String {
        if case .lines = self { "line-\(number)" } else { "element-\(number)" }
    }
}

extension Dialogue {
    /// A text as a name for reports, within the bounds that hold for scripts; nil when it is outside
    /// of them.
    static func name(_ text: String) -> String? {
        ScriptParser.fault(inName: text) == nil ? text : nil
    }
}

/// The text in the response to a chat request, whole or streamed.
enum CapturedReply {
    /// Where whole responses have it: Chat Completions, Completions, Responses, Anthropic, Ollama.
    private static let whole = JSONFields(
        literal: "choices.0.message.content", "choices.0.text", "output.*.content.*.text",
        "content.*.text", "message.content")
    /// Where the events of streamed ones have it.
    private static let streamed = JSONFields(
        literal: "choices.0.delta.content", "choices.0.text", "delta", "delta.text",
        "message.content")
    private static let kind = JSONFields(literal: "type")
    /// Of the events that have a type, those that carry the answer; others carry thoughts and calls.
    private static let answers = ["response.output_text.delta", "content_block_delta"]

    /// The reply; nil when there is none, or none that is understood.
    static func text(of entry: HAREntry) -> String? {
        guard entry.hasSucceeded else { return nil }
        if let texts = all(whole, in: entry.content.bytes.span), !texts.isEmpty { return texts }
        var reply = ""
        for line in entry.content.text.split(whereSeparator: \.isNewline) {
            let event = line.hasPrefix("data:") ? line.dropFirst("data:".count) : line
            let bytes = Array(event.utf8)
            let type = all(kind, in: bytes.span) ?? ""
            if type.isEmpty || answers.contains(type) {
                reply += all(streamed, in: bytes.span) ?? ""
            }
        }
        return reply.isEmpty ? nil : reply
    }

    /// The strings at all of the paths, one after the other; nil when it is no JSON.
    private static func all(_ fields: JSONFields, in bytes: Span<UInt8>) -> String? {
        var found = ""
        do throws(JSONError) {
            try fields.read(bytes) { _, token, _ in
                if case .string(let text) = token { found += text.string(in: bytes) }
            }
        } catch {
            return nil
        }
        return found
    }
}
