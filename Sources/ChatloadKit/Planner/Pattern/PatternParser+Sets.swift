/// What stands in brackets.
extension PatternParser {
    /// What one place in brackets holds.
    private enum Item {
        case scalar(UInt32)
        case kind(ScalarSet.Kind, isNegated: Bool)
    }

    mutating func set() throws(PatternComplaint) -> ScalarSet {
        let start = position
        position += 1
        var content = ScalarSet.Content()
        content.isNegated = takes("^")
        var isFirst = true
        // A bracket that closes nothing yet is an ordinary character.
        while isFirst || peek != "]" {
            guard peek != nil else {
                throw complaint(
                    "this [ is never closed", at: start, suggestion: #"for the character write \["#)
            }
            try readItem(into: &content)
            isFirst = false
        }
        position += 1
        return ScalarSet(content, ignoresCase: ignoresCase)
    }

    /// Reads a character, a range of them, or a kind.
    private mutating func readItem(
        into content: inout ScalarSet.Content
    ) throws(PatternComplaint) {
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
                suggestion: "put the - last if it is meant as a character")
        }
        guard low <= high else {
            throw complaint("this range has its larger character first", at: start)
        }
        content.ranges.append(low...high)
    }

    private mutating func item() throws(PatternComplaint) -> Item {
        guard let next = peek else { throw complaint("the pattern ends within brackets") }
        if next == "[", at(1) == ":" {
            throw complaint(
                "named classes are not supported", suggestion: #"use \w, \d, \s or ranges"#)
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
