import Networking

/// The values that demands of `expect` take.
extension ScriptParser {
    /// One text or an array of them.
    mutating func texts(
        _ key: String, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> [Template] {
        var texts: [Template] = []
        try forEach(key, "a string or an array of strings", in: bytes) {
            (parser, token, bytes) throws(ScriptFault) in
            guard case .string(let text) = token else {
                throw parser.wrong(token, key, "a string or an array of strings")
            }
            texts.append(try parser.template(text, in: bytes))
        }
        return texts
    }

    /// `matches`: one regular expression or an array of them, each with its text.
    mutating func patterns(
        in bytes: Span<UInt8>
    ) throws(ScriptFault) -> [(text: String, pattern: Pattern)] {
        var patterns: [(text: String, pattern: Pattern)] = []
        try forEach("matches", "a regular expression", in: bytes) {
            (parser, token, bytes) throws(ScriptFault) in
            guard case .string(let place) = token else {
                throw parser.wrong(token, "matches", "a regular expression")
            }
            let text = place.string(in: bytes)
            patterns.append((text, try parser.pattern(text, at: place, in: bytes)))
        }
        return patterns
    }

    /// `status`: a number, `"2xx"`, or an array of both.
    mutating func statuses(in bytes: Span<UInt8>) throws(ScriptFault) -> StatusSet {
        var statuses = StatusSet()
        let expected = #"a status such as 404 or "2xx", or an array of them"#
        try forEach("status", expected, in: bytes) {
            (parser, token, bytes) throws(ScriptFault) in
            switch token {
            case .number(let range):
                guard let code = JSONNumber.integer(range, in: bytes), (100...599).contains(code)
                else {
                    throw ScriptFault("a status is from 100 to 599", at: range.lowerBound)
                }
                statuses.codes.append(code)
            case .string(let text):
                let word = text.string(in: bytes)
                guard let digit = word.utf8.first, (0x31...0x35).contains(digit),
                    word.lowercased().dropFirst() == "xx"
                else {
                    throw ScriptFault(
                        "\"\(word.shortened)\" is no status", at: text.range.lowerBound - 1,
                        suggestion: #"write 404 or "2xx""#)
                }
                statuses.classes.append(Int(digit - 0x30))
            default: throw parser.wrong(token, "status", expected)
            }
        }
        return statuses
    }

    /// Hands a value to `body`, or the elements of an array, of which there must be 1 to 32.
    private mutating func forEach(
        _ key: String, _ expected: String, in bytes: Span<UInt8>,
        _ body: (inout ScriptParser, JSONToken, Span<UInt8>) throws(ScriptFault) -> Void
    ) throws(ScriptFault) {
        let first = try next(in: bytes)
        guard first == .beginArray else { return try body(&self, first, bytes) }
        let start = scanner.position - 1
        var count = 0
        while true {
            let token = try next(in: bytes)
            if token == .endArray { break }
            try body(&self, token, bytes)
            count += 1
        }
        guard (1...32).contains(count) else {
            throw ScriptFault("\"\(key)\" must have from 1 to 32 values", at: start)
        }
    }

    /// A text with variables, or without.
    mutating func template(
        _ key: String, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Template {
        let token = try next(in: bytes)
        guard case .string(let text) = token else { throw wrong(token, key, "a string") }
        return try template(text, in: bytes)
    }

    /// The string at a place as a template, whether it has variables or not.
    func template(_ place: JSONText, in bytes: Span<UInt8>) throws(ScriptFault) -> Template {
        let text = place.string(in: bytes)
        return try variables(of: text, at: place, in: bytes) ?? Template(plain: text)
    }

    /// A text taken apart; nil when there is nothing to replace in it.
    func variables(
        of text: String, at place: JSONText, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Template? {
        let mayUse = place.hasEscapes || place.holdsDollar(in: bytes)
        guard mayUse, Variables.occur(in: text) else { return nil }
        do {
            return try Template(text, in: scope)
        } catch {
            throw ScriptFault(
                error.message, at: offset(of: error, at: place, in: bytes),
                suggestion: error.suggestion)
        }
    }

    /// Where a faulty variable stands in the line. Behind an escape the bytes of the text and of the
    /// line no longer run in step: there it is looked for as it is written.
    private func offset(
        of fault: VariableFault, at place: JSONText, in bytes: Span<UInt8>
    ) -> Int {
        guard place.hasEscapes else { return place.range.lowerBound + fault.offset }
        let found = bytes.extracting(place.range).firstRange(of: fault.excerpt.utf8.span)
        return place.range.lowerBound + (found?.lowerBound ?? -1)
    }

    /// A regular expression.
    func pattern(
        _ text: String, at place: JSONText, in bytes: Span<UInt8>
    ) throws(ScriptFault) -> Pattern {
        let offset = place.range.lowerBound - 1
        if Variables.occur(in: text) {
            throw ScriptFault(
                "a regular expression must not have variables", at: offset,
                suggestion: "use contains or equals, or write [$]{ for these characters")
        }
        do {
            return try Pattern(text)
        } catch {
            // Behind an escape the scalars of the text and of the line no longer run in step.
            let within =
                place.hasEscapes ? -1 : text.unicodeScalars.prefix(error.offset).utf8Count
            throw ScriptFault(
                "\"\(text.shortened)\" is no regular expression: \(error.message)",
                at: place.range.lowerBound + within, suggestion: error.suggestion)
        }
    }

    /// A part of the line as it stands.
    func raw(_ range: Range<Int>, in bytes: Span<UInt8>) -> String {
        bytes.extracting(range.clamped(to: 0..<bytes.count)).text
    }
}

extension Sequence<Unicode.Scalar> {
    /// The bytes of UTF-8 they take up.
    fileprivate var utf8Count: Int { reduce(0) { $0 + UTF8.width($1) } }
}
