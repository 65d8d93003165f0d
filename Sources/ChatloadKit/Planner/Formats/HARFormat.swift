import Networking

/// HAR 1.2 (github.com/ahmadnassri/har-spec): what a browser or a proxy captured. The entries of one
/// user of a service become one conversation, in the order of their times, with what was replied and
/// how long the user took.
enum HARFormat {
    /// Adds an entry to its conversation; `clock` is when the entry before it was answered.
    static func read(
        _ bytes: Span<UInt8>, into dialogue: inout Dialogue, clock: inout Nanoseconds?
    ) throws(ScriptFault) {
        let entry = try HAREntry(reading: bytes)
        let request = try HARRequest(entry)
        if !entry.hasSucceeded { dialogue.omissions.add(.failedRequest) }
        if entry.isUnreadable { dialogue.omissions.add(.unreadableReply) }
        let start = entry.start ?? .zero
        let think = clock.flatMap { dialogue.turns.isEmpty ? nil : max(start - $0, .zero) }
        clock = start + entry.took
        switch request {
        case .say(let text, let user, let with, let system, let replies):
            dialogue.user = dialogue.user ?? user.flatMap(Dialogue.name)
            if dialogue.turns.isEmpty, let system { dialogue.addSystem(system) }
            var turn = Turn(.say(text), think: think.map(ThinkTime.fixed), with: with)
            if entry.hasSucceeded {
                turn.reply =
                    HARRequest.texts(at: replies, in: entry.content)?.lazy
                    .compactMap(\.self).first
            }
            dialogue.add(turn, at: start)
        case .call(let operation, let user, let with):
            dialogue.user = dialogue.user ?? user.flatMap(Dialogue.name)
            dialogue.add(
                Turn(.call(operation), think: think.map(ThinkTime.fixed), with: with), at: start)
        case .poll: addPolled(entry, to: &dialogue)
        case .chat(let whole):
            dialogue.add(
                newPartOf: whole, at: start, think: think, reply: CapturedReply.text(of: entry))
        }
    }

    /// The bot's message, if the poll brought one.
    private static func addPolled(_ entry: HAREntry, to dialogue: inout Dialogue) {
        guard let turn = dialogue.turns.last, case .say = turn.action, turn.reply == nil,
            entry.hasSucceeded,
            let reply = HARRequest.texts(at: polled, in: entry.content)?[0]
        else { return }
        dialogue.addReply(reply)
    }

    private static let polled = JSONFields(literal: "messages.*.body")

    /// To whose conversation an entry belongs, and whether it begins a new one; nil when it belongs
    /// to none.
    static func membership(
        of bytes: Span<UInt8>
    ) -> (key: UInt64, begins: Bool, time: Nanoseconds)? {
        do throws(ScriptFault) {
            let entry = try HAREntry(reading: bytes)
            var hash = FNV1a()
            hash.add(entry.url.origin)
            var begins = false
            switch try HARRequest(entry) {
            case .say(_, let user, _, _, _): hash.add("\u{0}" + (user ?? ""))
            case .call, .poll: hash.add("\u{0}")
            case .chat(let whole):
                begins = whole.turns.count == 1
                if case .say(let text)? = whole.turns.first?.action { hash.add("\u{1}" + text) }
            }
            return (hash.value, begins, entry.start ?? .zero)
        } catch {
            return nil
        }
    }
}

extension Dialogue {
    /// Adds what is new in the whole of a conversation that a client sends each time: the turns
    /// beyond those that are known, or its last one again, where it was asked again.
    fileprivate mutating func add(
        newPartOf whole: Dialogue, at time: Nanoseconds, think: Nanoseconds?, reply: String?
    ) {
        let known = turns.count
        if known == 0 {
            if let system = whole.system { addSystem(system) }
            omissions.add(whole.omissions)
        }
        let fresh = whole.turns.count > known ? whole.turns[known...] : whole.turns.suffix(1)
        for turn in fresh { add(turn, at: time) }
        turns[known].think = think.map(ThinkTime.fixed)
        if let last = turns.indices.last, let reply { turns[last].reply = reply }
    }
}
