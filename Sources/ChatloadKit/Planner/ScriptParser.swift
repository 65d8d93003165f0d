import Networking

/// Reads one line of a script file: bytes in, one `Conversation` or one fault out.
///
/// It is strict, because a load test of something else than was meant is worse than none: unknown
/// and repeated keys, wrong types and values out of range are faults.
struct ScriptParser {
    /// The greatest `weight`; keeps sums of weights far from overflow.
    static let greatestWeight = 1_000_000
    /// The longest `id`, `user` and `name`, in bytes of UTF-8; they become columns of reports.
    static let longestName = 200

    var scanner = JSONScanner()

    /// The conversation that a line holds; `number` is the line's, from 1.
    static func conversation(
        in bytes: Span<UInt8>, line number: Int
    ) throws(ScriptFault) -> Conversation {
        var parser = ScriptParser()
        let first = try parser.next(in: bytes)
        guard first == .beginObject else {
            throw ScriptFault(
                "a conversation must be an object, not \(first.kind)", at: 0,
                suggestion: #"write {"turns":[{"say":"Hello"}]}"#)
        }
        let conversation = try parser.members(line: number, in: bytes)
        _ = try parser.next(in: bytes)
        return conversation
    }

    private mutating func members(
        line number: Int, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Conversation {
        var conversation = Conversation(id: "", line: number)
        var seen = SeenKeys()
        while let key = try nextKey(of: ScriptKeys.conversation, seen: &seen, in: bytes) {
            switch ConversationKey(rawValue: key) {
            case .id: conversation.id = try name("id", in: bytes)
            case .user: conversation.user = try name("user", in: bytes)
            case .weight: conversation.weight = try weight(in: bytes)
            case .at: conversation.at = try time("at", in: bytes)
            case .with: conversation.with = try parameters(in: bytes)
            case .system: conversation.system = try string("system", in: bytes).0
            case .onFail: conversation.stopsOnFailure = try stopsOnFailure(in: bytes)
            case .result: try skipResult(in: bytes)
            case .turns: try turns(of: &conversation, in: bytes)
            case nil: preconditionFailure("BUG: a key of conversations without a case")
            }
        }
        if conversation.turns.isEmpty {
            throw ScriptFault(
                "a conversation needs \"turns\"", at: nil,
                suggestion: #"write "turns":[{"say":"Hello"}]"#)
        }
        conversation.hasOwnID = !conversation.id.isEmpty
        if !conversation.hasOwnID { conversation.id = "line-\(number)" }
        return conversation
    }

    private mutating func turns(
        of conversation: inout Conversation, in bytes: Span<UInt8>
    ) throws(ScriptFault) {
        let first = try next(in: bytes)
        guard first == .beginArray else { throw wrong(first, "turns", "an array of turns") }
        let start = scanner.position - 1
        conversation.turns.reserveCapacity(4)
        while true {
            let token = try next(in: bytes)
            if token == .endArray { break }
            guard token == .beginObject else { throw wrong(token, "turns", "an array of objects") }
            let (turn, usesVariables) = try turn(in: bytes)
            conversation.turns.append(turn)
            if usesVariables { conversation.usesVariables = true }
        }
        if conversation.turns.isEmpty {
            throw ScriptFault("\"turns\" must not be empty", at: start)
        }
    }

    private mutating func weight(in bytes: Span<UInt8>) throws(ScriptFault) -> Int {
        let token = try next(in: bytes)
        guard case .number(let range) = token else {
            throw wrong(token, "weight", "a whole number from 1 to 1000000")
        }
        guard let weight = JSONNumber.integer(range, in: bytes),
            (1...Self.greatestWeight).contains(weight)
        else {
            throw ScriptFault(
                "\"weight\" must be a whole number from 1 to 1000000", at: range.lowerBound)
        }
        return weight
    }
}
