import Base

/// Reading one line of a script file: bytes in, one `Conversation` or one fault out.
///
/// It is strict, because a load test of something else than was meant is worse than none: unknown
/// and repeated keys, wrong types and values out of range are faults.
extension ElementParser {
    /// The greatest `weight`; keeps sums of weights far from overflow.
    static let greatestWeight = 1_000_000
    /// The longest `id`, `user` and `name`, in bytes of UTF-8; they become columns of reports.
    static let longestName = 200

    /// The conversation that a line holds; `number` is the line's, from 1, and `columns` are those of
    /// the run's data.
    static func conversation(
        in bytes: Span<UInt8>, line number: Int, columns: [String] = []
    ) throws(Fault) -> Conversation {
        var parser = ElementParser(bytes, takesNaN: false, columns: columns)
        let first = try parser.next()
        guard first == .beginObject else {
            throw Fault(
                "a conversation must be an object, not \(first.kind)", offset: 0,
                hint: #"write {"turns":[{"say":"Hello"}]}"#)
        }
        let conversation = try parser.members(line: number)
        _ = try parser.next()
        return conversation
    }

    private mutating func members(line number: Int) throws(Fault) -> Conversation {
        var conversation = Conversation(id: "", line: number)
        var seen = 0 as UInt32
        while let key: ConversationKey = try nextKey(&seen) {
            switch key {
            case .id: conversation.id = try name("id")
            case .user: conversation.user = try name("user")
            case .weight: conversation.weight = try weight()
            case .at: conversation.at = try time("at")
            case .with:
                // Whatever precedes it in the line: it is filled in when the conversation begins.
                let turnScope = scope
                scope = VariableScope(columns: scope.columns)
                defer { scope = turnScope }
                (conversation.with, conversation.withTemplates) = try parameters()
            case .system: conversation.system = try string("system").0
            case .onFail: conversation.stopsOnFailure = try stopsOnFailure()
            case .result: try skipResult()
            case .turns: try turns(of: &conversation)
            }
        }
        if conversation.turns.isEmpty {
            throw Fault("a conversation needs \"turns\"", hint: #"write "turns":[{"say":"Hello"}]"#)
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

    private mutating func turns(of conversation: inout Conversation) throws(Fault) {
        try beginArray("turns", "an array of turns")
        let start = scanner.position - 1
        conversation.turns.reserveCapacity(4)
        while try nextObject("turns", "an array of objects") {
            scope.beginTurn()
            var detail = TurnDetail()
            conversation.turns.append(try turn(into: &detail))
            if !detail.isEmpty { add(detail, to: &conversation) }
        }
        if conversation.turns.isEmpty {
            throw Fault("\"turns\" must not be empty", offset: start)
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

    private mutating func weight() throws(Fault) -> Int {
        let token = try next()
        guard case .number(let range) = token else {
            throw wrong(token, "weight", "a whole number from 1 to 1000000")
        }
        guard let weight = JSONNumber.integer(range, in: bytes.span),
            (1...Self.greatestWeight).contains(weight)
        else {
            throw Fault(
                "\"weight\" must be a whole number from 1 to 1000000", offset: range.lowerBound)
        }
        return weight
    }
}

extension ElementParser {
    /// The turn whose brace was just read; what it has beyond plain texts goes into `detail`.
    mutating func turn(into detail: inout TurnDetail) throws(Fault) -> Turn {
        let brace = scanner.position - 1
        var turn = Turn(.say(""))
        var actions = 0
        var seen = 0 as UInt32
        while let key: TurnKey = try nextKey(&seen) {
            switch key {
            case .say:
                turn.action = .say(try say(into: &detail))
                actions += 1
            case .call:
                turn.action = .call(try operation())
                actions += 1
            case .attach: turn.attachments = try attachments(into: &detail)
            case .name: turn.name = try name("name")
            case .think: turn.think = try think()
            case .with: (turn.with, detail.with) = try parameters()
            case .expect: try expectation(into: &detail)
            case .capture: try captures(into: &detail)
            case .onFail: turn.stopsOnFailure = try stopsOnFailure()
            case .reply: turn.reply = try string("reply").0
            case .at: turn.at = try time("at")
            case .result: try skipResult()
            }
        }
        try check(turn, actions: actions, from: brace)
        return turn
    }

    /// Makes sure that the keys of a turn go together.
    private func check(_ turn: Turn, actions: Int, from brace: Int) throws(Fault) {
        if actions == 0 { throw Fault("a turn needs \"say\" or \"call\"", offset: brace) }
        if actions > 1 {
            throw Fault(
                "a turn has either \"say\" or \"call\", not both", offset: brace,
                hint: "make it two turns")
        }
        if !turn.attachments.isEmpty, case .call(let operation) = turn.action,
            !Services.takesAttachments(operation)
        {
            throw Fault(
                "\"attach\" does not go with the call \(operation)", offset: brace,
                hint: "attach goes with \"say\" and with the call files.upload")
        }
    }

    private mutating func say(into detail: inout TurnDetail) throws(Fault) -> String {
        let (text, place) = try string("say")
        detail.say = try variables(of: text, at: place)
        return text
    }

    private mutating func operation() throws(Fault) -> String {
        let (word, place) = try string("call")
        let offset = place.range.lowerBound - 1
        // What the requests of a description are called, only the service knows: it objects.
        guard Services.stepNames.contains(word) || ServiceFileReader.isName(word) else {
            let words = Services.stepNames.filter { $0 != "say" }
            let nearest = nearestName(to: word.shortened, among: words).map {
                "did you mean \"\($0)\"?"
            }
            throw Fault(
                "unknown operation \"\(word.shortened)\"", offset: offset,
                hint: nearest ?? "known operations: \(words.joined(separator: ", "))")
        }
        if word == "say" {
            throw Fault(
                "\"say\" is not for \"call\"", offset: offset,
                hint: #"write "say":"…" instead"#)
        }
        return word
    }

    private mutating func attachments(into detail: inout TurnDetail) throws(Fault) -> [String] {
        try beginArray("attach", "an array of paths")
        let offset = scanner.position - 1
        var paths: [String] = []
        while true {
            let token = try next()
            if token == .endArray { break }
            guard case .string(let text) = token else {
                throw wrong(token, "attach", "an array of paths")
            }
            let path = text.string(in: bytes.span)
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw Fault("\"attach\" names no file", offset: start(of: token))
            }
            let template = try variables(of: path, at: text)
            if template?.usesReplies(columns: scope.columns.count) == true {
                throw Fault(
                    "an attachment cannot be named by what a reply has brought",
                    offset: start(of: token),
                    hint: "else the service would choose which file it is sent")
            }
            detail.attachments[paths.count] = template
            paths.append(path)
        }
        if paths.isEmpty { throw Fault("\"attach\" must not be empty", offset: offset) }
        return paths
    }

    private mutating func think() throws(Fault) -> ThinkTime {
        let token = try next()
        switch token {
        case .number(let range): return .fixed(try seconds(range, of: "think"))
        case .string(let text):
            if let span = plainDuration(text) { return .fixed(span) }
            do {
                return try ThinkTime(parsing: text.string(in: bytes.span))
            } catch {
                throw Fault(
                    "\"think\": \(error.message.shortened)", offset: start(of: token),
                    hint: ThinkTime.forms)
            }
        default: throw wrong(token, "think", "a duration or a distribution")
        }
    }
}

extension ElementParser {
    /// The next key of the open object; nil at the object's end. `seen` has a bit for each that was
    /// there before.
    mutating func nextKey<Key: ObjectKey>(_ seen: inout UInt32) throws(Fault) -> Key? {
        guard case .key(let text) = try next() else { return nil }
        let word = text.string(in: bytes.span)
        guard let place = Key.allCases.firstIndex(where: { $0.rawValue == word }) else {
            throw Key.fault(for: word, at: text.range.lowerBound - 1)
        }
        let bit = UInt32(1) << UInt32(place)
        if seen & bit != 0 { throw repeated(text) }
        seen |= bit
        return Key.allCases[place]
    }

    /// A string, and where it stands.
    mutating func string(_ key: String) throws(Fault) -> (String, JSONText) {
        let token = try next()
        guard case .string(let text) = token else { throw wrong(token, key, "a string") }
        return (text.string(in: bytes.span), text)
    }

    /// A string that becomes a cell of a report: not empty, of bounded length, without control
    /// characters.
    mutating func name(_ key: String) throws(Fault) -> String {
        let (text, place) = try string(key)
        if let fault = Self.fault(inName: text) {
            throw fault.about("\"\(key)\"").at(.offset(place.range.lowerBound - 1))
        }
        return text
    }

    /// What is wrong with a text as a cell of a report.
    static func fault(inName text: String) -> Fault? {
        if text.isEmpty { return Fault("must not be empty") }
        if text.utf8.count > longestName {
            return Fault("is longer than \(longestName) bytes")
        }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return Fault("must not have control characters")
        }
        guard text.holdsVariables else { return nil }
        return Fault(
            "must not have variables", hint: "reports would have a row for each of their values")
    }

    /// `with`: an object of scalars, kept as the texts they are written as; those with variables also
    /// taken apart.
    mutating func parameters() throws(Fault) -> (
        texts: [String: String], templates: [String: Template]
    ) {
        try beginObject("with")
        var parameters: [String: String] = [:]
        var templates: [String: Template] = [:]
        while case .key(let text) = try next() {
            let key = text.string(in: bytes.span)
            let token = try next()
            let value: String
            switch token {
            case .string(let text):
                value = text.string(in: bytes.span)
                templates[key] = try variables(of: value, at: text)
            case .number(let range): value = JSONNumber.text(range, in: bytes.span)
            case .bool(let flag): value = flag ? "true" : "false"
            default: throw wrong(token, key.shortened, "a string, a number, true or false")
            }
            guard parameters.updateValue(value, forKey: key) == nil else { throw repeated(text) }
        }
        return (parameters, templates)
    }

    /// A time counted from something's start.
    mutating func time(_ key: String) throws(Fault) -> Nanoseconds {
        let token = try next()
        switch token {
        case .number(let range): return try seconds(range, of: key)
        case .string(let text):
            if let span = plainDuration(text) { return span }
            if let span = Units.parseDuration(text.string(in: bytes.span)) { return span }
            throw Fault(
                "\"\(key)\" is no duration", offset: start(of: token),
                hint: #"write "1.5s", "2m" or a number of seconds"#)
        default: throw wrong(token, key, "a duration")
        }
    }

    /// `on_fail`: whether a failure ends the conversation.
    mutating func stopsOnFailure() throws(Fault) -> Bool {
        let (word, place) = try string("on_fail")
        switch word {
        case "stop": return true
        case "continue": return false
        default:
            throw Fault(
                "\"on_fail\" must be \"continue\" or \"stop\"", offset: place.range.lowerBound - 1)
        }
    }

    /// `result`: what a replay wrote down of a conversation or a turn; an object of any kind.
    mutating func skipResult() throws(Fault) {
        try beginObject("result")
        try skipRest(of: .beginObject)
    }

    /// A number as a time that does not run backwards.
    func seconds(_ range: Range<Int>, of key: String) throws(Fault) -> Nanoseconds {
        guard let seconds = JSONNumber.double(range, in: bytes.span), seconds >= 0, seconds < 9e9
        else {
            throw Fault("\"\(key)\" must be a time from 0 on", offset: range.lowerBound)
        }
        return Nanoseconds(seconds: seconds)
    }

    /// `250ms` and `2s`, which workloads are full of, read off the bytes; nil for every other form,
    /// which `Units` reads ten times slower.
    func plainDuration(_ text: JSONText) -> Nanoseconds? {
        let end = text.range.upperBound
        var index = text.range.lowerBound
        var value: Int64 = 0
        while index < min(end, text.range.lowerBound + 9) {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value * 10 + Int64(digit)
            index += 1
        }
        guard index > text.range.lowerBound else { return nil }
        switch end - index {
        case 1 where bytes[index] == UInt8(ascii: "s"): return .seconds(value)
        case 2 where bytes[index] == UInt8(ascii: "m") && bytes[index + 1] == UInt8(ascii: "s"):
            return .milliseconds(value)
        default: return nil
        }
    }

    private func repeated(_ key: JSONText) -> Fault {
        Fault(
            "the key \"\(key.string(in: bytes.span).shortened)\" is there twice",
            offset: key.range.lowerBound - 1)
    }
}
