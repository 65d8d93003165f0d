import Networking

/// The keys by which formats are told apart, as far as they stand at the top of an element.
struct KeySketch: OptionSet {
    let rawValue: UInt32

    private static let names: [StaticString] = [
        "turns", "messages", "custom_id", "body", "timestamp", "conversations", "conversation",
        "conversation_hash", "prompt", "message_tree_id", "thread", "message_id", "parent_id",
        "hash_ids", "input_length", "text_input", "log", "role", "content",
    ]

    private static func bit(_ name: String) -> KeySketch {
        let place = names.firstIndex { "\($0)" == name }
        guard let place else { preconditionFailure("BUG: no key \(name)") }
        return KeySketch(rawValue: 1 << UInt32(place))
    }

    private static let turns = bit("turns")
    private static let messages = bit("messages")
    private static let request: KeySketch = [bit("custom_id"), bit("body")]
    private static let trace: KeySketch = [bit("timestamp"), bit("body")]
    private static let conversations = bit("conversations")
    private static let conversation = bit("conversation")
    private static let wildChat: KeySketch = [bit("timestamp"), bit("conversation_hash")]
    private static let tree: KeySketch = [bit("prompt"), bit("message_tree_id")]
    private static let thread = bit("thread")
    private static let oasst: KeySketch = [bit("message_id"), bit("role")]
    private static let mooncake: KeySketch = [
        bit("hash_ids"), bit("input_length"), bit("text_input"),
    ]
    private static let log = bit("log")
    private static let message: KeySketch = [bit("role"), bit("content")]

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The keys of the object that begins at `start`, and whether it was read to its end. `log` ends
    /// the reading, since all of a capture is in it.
    init(of bytes: Span<UInt8>, from start: Int, isWhole: inout Bool) {
        self.init(rawValue: 0)
        isWhole = false
        do throws(JSONError) {
            var scanner = JSONScanner(position: start, takesNaN: true)
            guard try scanner.next(in: bytes) == .beginObject else { return }
            while case .key(let key) = try scanner.next(in: bytes) {
                if let place = Self.names.firstIndex(where: { key.equals($0, in: bytes) }) {
                    insert(KeySketch(rawValue: 1 << UInt32(place)))
                }
                if contains(Self.log) { return }
                try scanner.skipValue(in: bytes)
            }
            isWhole = true
        } catch {
            return
        }
    }

    /// Whether the object is a message rather than a conversation.
    var isMessage: Bool { isSuperset(of: Self.message) && !isSuperset(of: Self.oasst) }

    /// The format that has such keys; nil when none has.
    var format: WorkloadFormat? {
        if contains(Self.turns) { return .chatload }
        if isSuperset(of: Self.request) { return .batch }
        if isSuperset(of: Self.trace) { return .evalscope }
        if isSuperset(of: Self.tree) { return .oasstTrees }
        if contains(Self.thread) { return .oasstThreads }
        if isSuperset(of: Self.oasst) { return .oasstMessages }
        if contains(Self.log) { return .har }
        if contains(Self.conversations) { return .sharegpt }
        if contains(Self.conversation) {
            return isDisjoint(with: Self.wildChat) ? .lmsys : .wildchat
        }
        if !isDisjoint(with: Self.mooncake) { return .mooncake }
        return contains(Self.messages) ? .messages : nil
    }
}
