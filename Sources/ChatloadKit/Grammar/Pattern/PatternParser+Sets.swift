import Base

/// What stands in brackets.
extension PatternParser {
    mutating func set() throws(Fault) -> ScalarSet {
        let start = position
        position += 1
        let isNegated = takes("^")
        var ranges: [ClosedRange<UInt32>] = []
        var kinds: [ScalarSet.Kind] = []
        var isFirst = true
        // A bracket that closes nothing yet is an ordinary character.
        while isFirst || peek != "]" {
            guard peek != nil else {
                throw complaint(
                    "this [ is never closed", at: start, hint: #"for the character write \["#)
            }
            try readItem(into: &ranges, &kinds)
            isFirst = false
        }
        position += 1
        return ScalarSet(ranges, kinds: kinds, isNegated: isNegated, ignoresCase: ignoresCase)
    }

    /// Reads a character, a range of them, or a kind.
    private mutating func readItem(
        into ranges: inout [ClosedRange<UInt32>], _ kinds: inout [ScalarSet.Kind]
    ) throws(Fault) {
        let start = position
        let first = try scalar(orKindInto: &kinds)
        guard peek == "-", let next = at(1), next != "]" else {
            if let first { ranges.append(first...first) }
            return
        }
        position += 1
        guard let low = first, let high = try scalar(orKindInto: &kinds) else {
            throw complaint(
                "a range goes from one character to another", at: start,
                hint: "put the - last if it is meant as a character")
        }
        guard low <= high else {
            throw complaint("this range has its larger character first", at: start)
        }
        ranges.append(low...high)
    }

    /// The character that comes next; nil where it is a kind, which is added to the others.
    private mutating func scalar(
        orKindInto kinds: inout [ScalarSet.Kind]
    ) throws(Fault) -> UInt32? {
        guard let next = peek else { throw complaint("the pattern ends within brackets") }
        if next == "[", at(1) == ":" {
            throw complaint(
                "named classes are not supported", hint: #"use \w, \d, \s or ranges"#)
        }
        guard next == "\\" else {
            position += 1
            return next.value
        }
        if let kind = takeKind() {
            kinds.append(kind)
            return nil
        }
        if let next = at(1), "bBAzZ".unicodeScalars.contains(next) {
            throw complaint("\\\(Character(next)) names a place and no character")
        }
        return try escapedScalar()
    }
}

/// What follows a backslash.
extension PatternParser {
    private static let assertions: [Unicode.Scalar: PatternAssertion] = [
        "A": .textStart, "Z": .textEnd, "z": .veryEnd, "b": .wordBorder, "B": .noWordBorder,
    ]
    private static let kinds: [Unicode.Scalar: ScalarSet.Kind] = [
        "d": .digit, "D": .noDigit, "w": .word, "W": .noWord, "s": .space, "S": .noSpace,
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
        if let kind = takeKind() { return .set(ScalarSet(kinds: [kind])) }
        return literal(try escapedScalar())
    }

    /// `\d` and its like, if that is what comes next.
    private mutating func takeKind() -> ScalarSet.Kind? {
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
