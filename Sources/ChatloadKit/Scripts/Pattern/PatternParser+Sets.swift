import Base

/// What stands in brackets.
extension PatternParser {
    /// What one place in brackets holds.
    private enum Item {
        case scalar(UInt32)
        case kind(ScalarSet.Kind, isNegated: Bool)
    }

    mutating func set() throws(Fault) -> ScalarSet {
        let start = position
        position += 1
        var content = ScalarSet.Content()
        content.isNegated = takes("^")
        var isFirst = true
        // A bracket that closes nothing yet is an ordinary character.
        while isFirst || peek != "]" {
            guard peek != nil else {
                throw complaint(
                    "this [ is never closed", at: start, hint: #"for the character write \["#)
            }
            try readItem(into: &content)
            isFirst = false
        }
        position += 1
        return ScalarSet(content, ignoresCase: ignoresCase)
    }

    /// Reads a character, a range of them, or a kind.
    private mutating func readItem(into content: inout ScalarSet.Content) throws(Fault) {
        let start = position
        let first = try item()
        guard peek == "-", let next = at(1), next != "]" else {
            switch first {
            case .scalar(let scalar): content.ranges.append(scalar...scalar)
            case .kind(let kind, let isNegated): content.kinds.append((kind, isNegated))
            }
            return
        }
        position += 1
        guard case .scalar(let low) = first, case .scalar(let high) = try item() else {
            throw complaint(
                "a range goes from one character to another", at: start,
                hint: "put the - last if it is meant as a character")
        }
        guard low <= high else {
            throw complaint("this range has its larger character first", at: start)
        }
        content.ranges.append(low...high)
    }

    private mutating func item() throws(Fault) -> Item {
        guard let next = peek else { throw complaint("the pattern ends within brackets") }
        if next == "[", at(1) == ":" {
            throw complaint(
                "named classes are not supported", hint: #"use \w, \d, \s or ranges"#)
        }
        guard next == "\\" else {
            position += 1
            return .scalar(next.value)
        }
        if let (kind, isNegated) = takeKind() { return .kind(kind, isNegated: isNegated) }
        if let next = at(1), "bBAzZ".unicodeScalars.contains(next) {
            throw complaint("\\\(Character(next)) names a place and no character")
        }
        return .scalar(try escapedScalar())
    }
}

/// What follows a backslash.
extension PatternParser {
    private static let assertions: [Unicode.Scalar: PatternAssertion] = [
        "A": .textStart, "Z": .textEnd, "z": .veryEnd, "b": .wordBorder, "B": .noWordBorder,
    ]
    private static let kinds: [Unicode.Scalar: (kind: ScalarSet.Kind, isNegated: Bool)] = [
        "d": (.digit, false), "D": (.digit, true), "w": (.word, false), "W": (.word, true),
        "s": (.space, false), "S": (.space, true),
    ]
    private static let controls: [Unicode.Scalar: UInt32] = [
        "t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D, "e": 0x1B,
    ]

    /// What a backslash outside a set stands for.
    mutating func escape() throws(Fault) -> PatternNode {
        if let next = at(1), let assertion = Self.assertions[next] {
            position += 2
            return .assertion(assertion)
        }
        if let (kind, isNegated) = takeKind() {
            return .set(ScalarSet(kind, isNegated: isNegated))
        }
        return literal(try escapedScalar())
    }

    /// `\d` and its like, if that is what comes next.
    mutating func takeKind() -> (kind: ScalarSet.Kind, isNegated: Bool)? {
        guard let next = at(1), let kind = Self.kinds[next] else { return nil }
        position += 2
        return kind
    }

    /// The character that a backslash and what follows it stand for.
    mutating func escapedScalar() throws(Fault) -> UInt32 {
        let start = position
        guard let next = at(1) else {
            throw complaint(
                "the pattern ends in a backslash", hint: #"for the character write \\"#)
        }
        position += 2
        if let control = Self.controls[next] { return control }
        if next == "x" || next == "u" { return try hexadecimal(next, since: start) }
        let isPlain = next.isASCII && !ScalarSet.Kind.word.contains(next.value)
        guard isPlain || next == "_" else { throw unknown(next, at: start) }
        return next.value
    }

    private func unknown(_ next: Unicode.Scalar, at start: Int) -> Fault {
        let name = "\\\(Character(next))"
        if next == "k" || "0"..."9" ~= next {
            let isNull = next == "0"
            return complaint(
                isNull
                    ? "\\0 is not supported"
                    : "back-references are not supported, because they cannot be matched in linear"
                        + " time",
                at: start, hint: isNull ? "write \\x00" : "capture both parts and compare")
        }
        if next == "p" || next == "P" {
            return complaint(
                "\(name) is not supported", at: start,
                hint: #"use \w, \d, \s or a set like [A-Za-zÀ-ÿ]"#)
        }
        return complaint(
            "\(name) means nothing here", at: start,
            hint: next.isASCII ? nil : "write the character without the backslash")
    }

    /// `\xHH`, `\uHHHH`, or either with braces, after its letter.
    private mutating func hexadecimal(
        _ letter: Unicode.Scalar, since start: Int
    ) throws(Fault) -> UInt32 {
        let isBraced = takes("{")
        let most = isBraced ? 8 : letter == "x" ? 2 : 4
        var digits = ""
        while digits.count < most, let next = peek, next.properties.isASCIIHexDigit {
            digits.unicodeScalars.append(next)
            position += 1
        }
        let isWhole = isBraced ? takes("}") && !digits.isEmpty : digits.count == most
        guard isWhole, let value = UInt32(digits, radix: 16), value <= 0x10FFFF else {
            throw complaint(
                "this names no character", at: start,
                hint: #"write it like \x41, \u00e4 or \u{1F600}"#)
        }
        guard Unicode.Scalar(value) != nil else {
            throw complaint(
                "this is half of a surrogate pair", at: start,
                hint: #"write the character as a whole, like \u{1F600}"#)
        }
        return value
    }
}
