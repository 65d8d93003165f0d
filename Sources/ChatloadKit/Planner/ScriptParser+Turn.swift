import Glibc
import Networking

extension ScriptParser {
    /// The turn whose brace was just read; what it has beyond plain texts goes into `detail`.
    mutating func turn(
        into detail: inout TurnDetail, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Turn {
        let brace = scanner.position - 1
        var turn = Turn(.say(""))
        var seen = SeenKeys()
        while let key = try nextKey(of: ScriptKeys.turn, seen: &seen, in: bytes) {
            switch TurnKey(rawValue: key) {
            case .say: turn.action = .say(try say(into: &detail, in: bytes))
            case .call: turn.action = .call(try operation(in: bytes))
            case .attach: turn.attachments = try attachments(into: &detail, in: bytes)
            case .name: turn.name = try name("name", in: bytes)
            case .think: turn.think = try think(in: bytes)
            case .with: (turn.with, detail.with) = try parameters(in: bytes)
            case .expect: try expectation(into: &detail, in: bytes)
            case .capture: try captures(into: &detail, in: bytes)
            case .onFail: turn.stopsOnFailure = try stopsOnFailure(in: bytes)
            case .reply: turn.reply = try string("reply", in: bytes).0
            case .at: turn.at = try time("at", in: bytes)
            case .result: try skipResult(in: bytes)
            case nil: preconditionFailure("BUG: a key of turns without a case")
            }
        }
        try check(turn, with: seen, from: brace)
        return turn
    }

    /// Makes sure that the keys of a turn go together.
    private func check(
        _ turn: Turn, with seen: SeenKeys, from brace: Int
    ) throws(ScriptFault) {
        switch (seen.has(TurnKey.say.rawValue), seen.has(TurnKey.call.rawValue)) {
        case (true, true):
            throw ScriptFault(
                "a turn has either \"say\" or \"call\", not both", at: brace,
                suggestion: "make it two turns")
        case (false, false):
            throw ScriptFault("a turn needs \"say\" or \"call\"", at: brace)
        default: break
        }
        if seen.has(TurnKey.attach.rawValue), case .call(let operation) = turn.action,
            operation != .filesUpload, operation != .messagesSend
        {
            throw ScriptFault(
                "\"attach\" does not go with the call \(operation.rawValue)", at: brace,
                suggestion: "attach goes with \"say\" and with the call files.upload")
        }
    }

    private mutating func say(
        into detail: inout TurnDetail, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> String {
        let (text, place) = try string("say", in: bytes)
        detail.say = try variables(of: text, at: place, in: bytes)
        return text
    }

    private mutating func operation(in bytes: Span<UInt8>) throws(ScriptFault) -> Operation {
        let (word, place) = try string("call", in: bytes)
        let offset = place.range.lowerBound - 1
        guard let operation = Operation(rawValue: word) else {
            let words = Operation.allCases.map(\.rawValue).filter { $0 != Operation.say.rawValue }
            let nearest = nearestName(to: word.shortened, among: words).map {
                "did you mean \"\($0)\"?"
            }
            throw ScriptFault(
                "unknown operation \"\(word.shortened)\"", at: offset,
                suggestion: nearest ?? "known operations: \(words.joined(separator: ", "))")
        }
        if operation == .say {
            throw ScriptFault(
                "\"say\" is not for \"call\"", at: offset,
                suggestion: #"write "say":"…" instead"#)
        }
        return operation
    }

    private mutating func attachments(
        into detail: inout TurnDetail, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> [String] {
        let first = try next(in: bytes)
        guard first == .beginArray else { throw wrong(first, "attach", "an array of paths") }
        let offset = scanner.position - 1
        var paths: [String] = []
        while true {
            let token = try next(in: bytes)
            if token == .endArray { break }
            guard case .string(let text) = token else {
                throw wrong(token, "attach", "an array of paths")
            }
            let path = text.string(in: bytes)
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw ScriptFault("\"attach\" names no file", at: start(of: token))
            }
            let template = try variables(of: path, at: text, in: bytes)
            if template?.usesReplies(columns: scope.columns.count) == true {
                throw ScriptFault(
                    "an attachment cannot be named by what a reply has brought",
                    at: start(of: token),
                    suggestion: "else the service would choose which file it is sent")
            }
            detail.attachments[paths.count] = template
            paths.append(path)
        }
        if paths.isEmpty { throw ScriptFault("\"attach\" must not be empty", at: offset) }
        return paths
    }

    private mutating func think(in bytes: Span<UInt8>) throws(ScriptFault) -> ThinkTime {
        let token = try next(in: bytes)
        switch token {
        case .number(let range): return .fixed(try seconds(range, of: "think", in: bytes))
        case .string(let text):
            if let span = plainDuration(text, in: bytes) { return .fixed(span) }
            do {
                return try ThinkTime(parsing: text.string(in: bytes))
            } catch {
                throw ScriptFault(
                    "\"think\": \(error.message.shortened)", at: start(of: token),
                    suggestion: ThinkTimeComplaint.forms)
            }
        default: throw wrong(token, "think", "a duration or a distribution")
        }
    }
}

extension JSONText {
    /// Whether a dollar sign stands anywhere in the text as written.
    func holdsDollar(in bytes: Span<UInt8>) -> Bool {
        bytes.extracting(range).withUnsafeBufferPointer { raw in
            raw.baseAddress.map { memchr($0, Int32(UInt8(ascii: "$")), raw.count) != nil } ?? false
        }
    }
}
