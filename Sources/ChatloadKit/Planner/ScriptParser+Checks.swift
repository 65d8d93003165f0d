import Networking

/// Reading `expect` and `capture`.
extension ScriptParser {
    /// The most paths into a response's body that one turn may look at.
    private static let mostPaths = 32
    /// The most texts of one demand, and the most captures of one turn.
    private static let mostTexts = 32

    /// `expect`: what is demanded of the reply.
    mutating func expectation(
        into detail: inout TurnDetail, in bytes: Span<UInt8>
    ) throws(ScriptFault) {
        let first = try next(in: bytes)
        guard first == .beginObject else { throw wrong(first, "expect", "an object") }
        let start = scanner.position - 1
        var expectation = Expectation()
        var seen = SeenKeys()
        while let key = try nextKey(of: ScriptKeys.expectation, seen: &seen, in: bytes) {
            switch ExpectationKey(rawValue: key) {
            case .contains: expectation.contains = try texts("contains", in: bytes)
            case .notContains: expectation.excludes = try texts("not_contains", in: bytes)
            case .equals: expectation.equals = try template("equals", in: bytes)
            case .matches:
                for (text, pattern) in try patterns(in: bytes) {
                    expectation.matches.append(pattern)
                    expectation.matchTexts.append(text)
                }
            case .within: expectation.within = try time("within", in: bytes)
            case .status: expectation.status = try statuses(in: bytes)
            case .json: expectation.json = try values(into: &detail, in: bytes)
            case nil: preconditionFailure("BUG: a key of expectations without a case")
            }
        }
        if expectation == Expectation() {
            throw ScriptFault("\"expect\" demands nothing", at: start, suggestion: Self.demands)
        }
        detail.expectation = expectation
        detail.expectSource = raw(start..<scanner.position, in: bytes)
    }

    private static let demands = #"write what the reply must be like, as in {"contains":"refund"}"#

    /// `capture`: what is taken from the reply, by the names it gets.
    mutating func captures(
        into detail: inout TurnDetail, in bytes: Span<UInt8>
    ) throws(ScriptFault) {
        let first = try next(in: bytes)
        guard first == .beginObject else { throw wrong(first, "capture", "an object") }
        let start = scanner.position - 1
        while case .key(let text) = try next(in: bytes) {
            let name = text.string(in: bytes)
            let offset = text.range.lowerBound - 1
            if detail.captures.contains(where: { $0.name == name }) {
                throw ScriptFault("the capture \"\(name.shortened)\" is there twice", at: offset)
            }
            if let objection = scope.objection(toCapture: name) {
                throw ScriptFault(
                    objection, at: offset, suggestion: "give the capture another name")
            }
            let (source, place) = try string(name.shortened, in: bytes)
            let target = try captureSource(source, at: place, into: &detail, in: bytes)
            // Its place is found when the turn has ended: only later turns can use it.
            detail.captures.append(Capture(name: name, source: target, text: source, place: 0))
        }
        guard (1...Self.mostTexts).contains(detail.captures.count) else {
            throw ScriptFault(
                "\"capture\" must have from 1 to \(Self.mostTexts) names", at: start,
                suggestion: #"write {"ticket":"ticket (\\d+)"} or {"id":"$.data.id"}"#)
        }
        detail.captureSource = raw(start..<scanner.position, in: bytes)
    }

    private func captureSource(
        _ source: String, at place: JSONText, into detail: inout TurnDetail, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Capture.Source {
        guard source.hasPrefix("$.") || source.hasPrefix("$[") else {
            return .pattern(try pattern(source, at: place, in: bytes))
        }
        return .path(
            try add(path: source, at: place.range.lowerBound - 1, to: &detail))
    }

    /// The place of a path among the turn's.
    private func add(
        path text: String, at offset: Int, to detail: inout TurnDetail
    ) throws(ScriptFault) -> Int {
        guard let path = JSONPath(text) else {
            throw ScriptFault(
                "\"\(text.shortened)\" is no path into JSON", at: offset,
                suggestion: "write it like $.data.id or $.messages[0].body")
        }
        if detail.paths.count >= Self.mostPaths {
            throw ScriptFault("a turn looks at no more than \(Self.mostPaths) paths", at: offset)
        }
        detail.paths.append(path)
        return detail.paths.count - 1
    }

    /// `json`: places in the response's body with the values they must have.
    private mutating func values(
        into detail: inout TurnDetail, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> [ExpectedValue] {
        let first = try next(in: bytes)
        guard first == .beginObject else {
            throw wrong(first, "json", "an object of paths and values")
        }
        var values: [ExpectedValue] = []
        while case .key(let text) = try next(in: bytes) {
            let path = try add(
                path: text.string(in: bytes), at: text.range.lowerBound - 1, to: &detail)
            values.append(ExpectedValue(path: path, literal: try literal(in: bytes)))
        }
        return values
    }

    private mutating func literal(
        in bytes: Span<UInt8>
    ) throws(ScriptFault) -> ExpectedValue.Literal {
        let token = try next(in: bytes)
        switch token {
        case .string(let text): return .string(try template(text, in: bytes))
        case .number(let range):
            guard let number = JSONNumber.double(range, in: bytes) else {
                throw ScriptFault("this number is too great", at: range.lowerBound)
            }
            return .number(number, JSONNumber.text(range, in: bytes))
        case .bool(let flag): return .bool(flag)
        case .null: return .null
        default: throw wrong(token, "json", "a string, a number, true, false or null for a path")
        }
    }
}
