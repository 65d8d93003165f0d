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
    /// The variables there are where the parser has got to.
    var scope: VariableScope

    /// The conversation that a line holds; `number` is the line's, from 1, and `columns` are those of
    /// the run's data.
    static func conversation(
        in bytes: Span<UInt8>, line number: Int, columns: [String] = []
    ) throws(ScriptFault) -> Conversation {
        var parser = ScriptParser(scope: VariableScope(columns: columns))
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
            case .with:
                // Whatever precedes it in the line: it is filled in when the conversation begins.
                let turnScope = scope
                scope = VariableScope(columns: scope.columns)
                defer { scope = turnScope }
                (conversation.with, conversation.withTemplates) = try parameters(in: bytes)
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
        if !conversation.withTemplates.isEmpty { conversation.usesVariables = true }
        if !conversation.isPlain {
            conversation.variableNames = scope.names
            conversation.columnsEnd += scope.columns.count
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
            scope.beginTurn()
            var detail = TurnDetail()
            conversation.turns.append(try turn(into: &detail, in: bytes))
            if !detail.isEmpty { add(detail, to: &conversation) }
        }
        if conversation.turns.isEmpty {
            throw ScriptFault("\"turns\" must not be empty", at: start)
        }
    }

    /// Keeps what a turn has beyond its texts, at the turn's place.
    private mutating func add(_ detail: TurnDetail, to conversation: inout Conversation) {
        var detail = detail
        for index in detail.captures.indices {
            detail.captures[index].place = scope.capture(detail.captures[index].name)
        }
        let gap = conversation.turns.count - 1 - conversation.details.count
        conversation.details += Array(repeating: nil, count: gap)
        conversation.details.append(detail)
        if detail.hasTemplates { conversation.usesVariables = true }
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
