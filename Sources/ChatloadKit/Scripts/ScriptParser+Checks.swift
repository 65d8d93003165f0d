import Base

/// Reading `expect` and `capture`.
extension ElementParser {
    /// The most texts of one demand, and the most captures of one turn.
    private static let mostTexts = 32

    /// `expect`: what is demanded of the reply.
    mutating func expectation(into detail: inout TurnDetail) throws(Fault) {
        try beginObject("expect")
        let start = scanner.position - 1
        var expectation = Expectation()
        var seen = 0 as UInt32
        while let key: ExpectationKey = try nextKey(&seen) {
            switch key {
            case .contains: expectation.contains = try texts("contains")
            case .notContains: expectation.excludes = try texts("not_contains")
            case .equals: expectation.equals = try template("equals")
            case .matches:
                for (text, pattern) in try patterns() {
                    expectation.matches.append(pattern)
                    expectation.matchTexts.append(text)
                }
            case .within: expectation.within = try time("within")
            case .status: expectation.status = try statuses()
            case .json: expectation.json = try values(into: &detail)
            }
        }
        if expectation == Expectation() {
            throw Fault("\"expect\" demands nothing", offset: start, hint: Self.demands)
        }
        detail.expectation = expectation
        detail.expectSource = raw(start..<scanner.position)
    }

    private static let demands = #"write what the reply must be like, as in {"contains":"refund"}"#

    /// `capture`: what is taken from the reply, by the names it gets.
    mutating func captures(into detail: inout TurnDetail) throws(Fault) {
        try beginObject("capture")
        let start = scanner.position - 1
        while case .key(let text) = try next() {
            let name = text.string(in: bytes.span)
            let offset = text.range.lowerBound - 1
            if detail.captures.contains(where: { $0.name == name }) {
                throw Fault("the capture \"\(name.shortened)\" is there twice", offset: offset)
            }
            if let objection = scope.objection(toCapture: name) {
                throw Fault(objection, offset: offset, hint: "give the capture another name")
            }
            let (source, place) = try string(name.shortened)
            let target = try captureSource(source, at: place, into: &detail)
            // Its place is found when the turn has ended: only later turns can use it.
            detail.captures.append(Capture(name: name, source: target, text: source, place: 0))
        }
        guard (1...Self.mostTexts).contains(detail.captures.count) else {
            throw Fault(
                "\"capture\" must have from 1 to \(Self.mostTexts) names", offset: start,
                hint: #"write {"ticket":"ticket (\\d+)"} or {"id":"$.data.id"}"#)
        }
        detail.captureSource = raw(start..<scanner.position)
    }

    private func captureSource(
        _ source: String, at place: JSONText, into detail: inout TurnDetail
    ) throws(Fault) -> Capture.Source {
        guard source.hasPrefix("$.") || source.hasPrefix("$[") else {
            return .pattern(try pattern(source, at: place))
        }
        return .path(try add(path: source, at: place.range.lowerBound - 1, to: &detail))
    }

    /// The place of a path among the turn's.
    private func add(
        path text: String, at offset: Int, to detail: inout TurnDetail
    ) throws(Fault) -> Int {
        guard let path = JSONPath(text) else {
            throw Fault(
                "\"\(text.shortened)\" is no path into JSON", offset: offset,
                hint: "write it like $.data.id or $.messages[0].body")
        }
        if detail.paths.count >= JSONFields.mostPaths {
            throw Fault(
                "a turn looks at no more than \(JSONFields.mostPaths) paths", offset: offset)
        }
        detail.paths.append(path)
        return detail.paths.count - 1
    }

    /// `json`: places in the response's body with the values they must have.
    private mutating func values(into detail: inout TurnDetail) throws(Fault) -> [ExpectedValue] {
        try beginObject("json", "an object of paths and values")
        var values: [ExpectedValue] = []
        while case .key(let text) = try next() {
            let path = try add(
                path: text.string(in: bytes.span), at: text.range.lowerBound - 1, to: &detail)
            values.append(ExpectedValue(path: path, literal: try literal()))
        }
        return values
    }

    private mutating func literal() throws(Fault) -> ExpectedValue.Literal {
        let token = try next()
        switch token {
        case .string(let text): return .string(try template(text))
        case .number(let range):
            guard let number = JSONNumber.double(range, in: bytes.span) else {
                throw Fault("this number is too great", offset: range.lowerBound)
            }
            return .number(number, JSONNumber.text(range, in: bytes.span))
        case .bool(let flag): return .bool(flag)
        case .null: return .null
        default: throw wrong(token, "json", "a string, a number, true, false or null for a path")
        }
    }
}

/// The values that demands of `expect` take.
extension ElementParser {
    /// One text or an array of them.
    mutating func texts(_ key: String) throws(Fault) -> [Template] {
        var texts: [Template] = []
        try forEach(key, "a string or an array of strings") {
            (parser, token) throws(Fault) in
            guard case .string(let text) = token else {
                throw parser.wrong(token, key, "a string or an array of strings")
            }
            texts.append(try parser.template(text))
        }
        return texts
    }

    /// `matches`: one regular expression or an array of them, each with its text.
    mutating func patterns() throws(Fault) -> [(text: String, pattern: Pattern)] {
        var patterns: [(text: String, pattern: Pattern)] = []
        try forEach("matches", "a regular expression") {
            (parser, token) throws(Fault) in
            guard case .string(let place) = token else {
                throw parser.wrong(token, "matches", "a regular expression")
            }
            let text = place.string(in: parser.bytes.span)
            patterns.append((text, try parser.pattern(text, at: place)))
        }
        return patterns
    }

    /// `status`: a number, `"2xx"`, or an array of both.
    mutating func statuses() throws(Fault) -> StatusSet {
        var statuses = StatusSet()
        let expected = #"a status such as 404 or "2xx", or an array of them"#
        try forEach("status", expected) {
            (parser, token) throws(Fault) in
            switch token {
            case .number(let range):
                guard let code = JSONNumber.integer(range, in: parser.bytes.span),
                    (100...599).contains(code)
                else {
                    throw Fault("a status is from 100 to 599", offset: range.lowerBound)
                }
                statuses.codes.append(code)
            case .string(let text):
                let word = text.string(in: parser.bytes.span)
                guard let digit = word.utf8.first, (0x31...0x35).contains(digit),
                    word.lowercased().dropFirst() == "xx"
                else {
                    throw Fault(
                        "\"\(word.shortened)\" is no status", offset: text.range.lowerBound - 1,
                        hint: #"write 404 or "2xx""#)
                }
                statuses.classes.append(Int(digit - 0x30))
            default: throw parser.wrong(token, "status", expected)
            }
        }
        return statuses
    }

    /// Hands a value to `body`, or the elements of an array, of which there must be 1 to 32.
    private mutating func forEach(
        _ key: String, _ expected: String,
        _ body: (inout ElementParser, JSONToken) throws(Fault) -> Void
    ) throws(Fault) {
        let first = try next()
        guard first == .beginArray else { return try body(&self, first) }
        let start = scanner.position - 1
        var count = 0
        while true {
            let token = try next()
            if token == .endArray { break }
            try body(&self, token)
            count += 1
        }
        guard (1...32).contains(count) else {
            throw Fault("\"\(key)\" must have from 1 to 32 values", offset: start)
        }
    }

    /// A text with variables, or without.
    mutating func template(_ key: String) throws(Fault) -> Template {
        let token = try next()
        guard case .string(let text) = token else { throw wrong(token, key, "a string") }
        return try template(text)
    }

    /// The string at a place as a template, whether it has variables or not.
    func template(_ place: JSONText) throws(Fault) -> Template {
        let text = place.string(in: bytes.span)
        return try variables(of: text, at: place) ?? Template(plain: text)
    }

    /// A text taken apart; nil when there is nothing to replace in it.
    func variables(of text: String, at place: JSONText) throws(Fault) -> Template? {
        guard text.holdsVariables else { return nil }
        do {
            return try Template(text, in: scope)
        } catch {
            throw Fault(error.message, offset: offset(of: error, at: place), hint: error.hint)
        }
    }

    /// Where a faulty variable stands in the line. Behind an escape the bytes of the text and of the
    /// line no longer run in step: there it is looked for as it is written.
    private func offset(of fault: Fault, at place: JSONText) -> Int {
        guard place.hasEscapes else { return place.range.lowerBound + (fault.offset ?? 0) }
        let found = bytes.span.extracting(place.range).firstRange(
            of: (fault.excerpt ?? "").utf8.span)
        return place.range.lowerBound + (found?.lowerBound ?? -1)
    }

    /// A regular expression.
    func pattern(_ text: String, at place: JSONText) throws(Fault) -> Pattern {
        let offset = place.range.lowerBound - 1
        if text.holdsVariables {
            throw Fault(
                "a regular expression must not have variables", offset: offset,
                hint: "use contains or equals, or write [$]{ for these characters")
        }
        do {
            return try Pattern(text)
        } catch {
            // Behind an escape the scalars of the text and of the line no longer run in step.
            let within =
                place.hasEscapes ? -1 : text.unicodeScalars.prefix(error.offset ?? 0).utf8Count
            throw Fault(
                "\"\(text.shortened)\" is no regular expression: \(error.message)",
                offset: place.range.lowerBound + within, hint: error.hint)
        }
    }

    /// A part of the line as it stands.
    func raw(_ range: Range<Int>) -> String {
        bytes.span.extracting(range.clamped(to: 0..<bytes.count)).text
    }
}

extension Sequence<Unicode.Scalar> {
    /// The bytes of UTF-8 they take up.
    fileprivate var utf8Count: Int { reduce(0) { $0 + UTF8.width($1) } }
}
