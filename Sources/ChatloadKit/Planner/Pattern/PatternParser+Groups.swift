/// What stands in parentheses.
extension PatternParser {
    /// Groups within groups beyond this are nobody's intention.
    private static let deepest = 100
    private static let mostGroups = 50

    mutating func group() throws(PatternComplaint) -> PatternNode {
        let start = position
        position += 1
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            throw complaint("groups are nested more than \(Self.deepest) deep", at: start)
        }
        let number = try groupNumber(since: start)
        let content = try choice()
        guard takes(")") else {
            throw complaint(
                "this ( is never closed", at: start, suggestion: #"for the character write \("#)
        }
        return number.map { .group(content, number: $0) } ?? content
    }

    /// What a group is, after its parenthesis: its number, or nil when it does not capture.
    private mutating func groupNumber(since start: Int) throws(PatternComplaint) -> Int? {
        if takes("?:") { return nil }
        if peek == "?" {
            guard !isLookAround, takes("?<") || takes("?P<") else { throw refusal(since: start) }
            try readName()
        }
        groupCount += 1
        guard groupCount <= Self.mostGroups else {
            throw complaint(
                "there are more than \(Self.mostGroups) groups", at: start,
                suggestion: "write (?:…) where nothing is to be captured")
        }
        return groupCount
    }

    private mutating func readName() throws(PatternComplaint) {
        let start = position
        var name = ""
        while let next = peek, next != ">" {
            name.unicodeScalars.append(next)
            position += 1
        }
        let isName =
            name.unicodeScalars.allSatisfy { ScalarSet.Kind.word.contains($0.value) }
            && !name.isEmpty
        guard takes(">"), isName else {
            throw complaint(
                "this group's name is not made of letters and digits", at: start,
                suggestion: "write it like (?<ticket>…)")
        }
        guard names.insert(name).inserted else {
            throw complaint("two groups are called \(name)", at: start)
        }
    }

    private var isLookAround: Bool {
        switch (at(1), at(2)) {
        case ("=", _), ("!", _), ("<", "="), ("<", "!"): true
        default: false
        }
    }

    private func refusal(since start: Int) -> PatternComplaint {
        if isLookAround {
            return complaint(
                "look-around is not supported, because it cannot be matched in linear time",
                at: start, suggestion: "match the surroundings too and capture the part you need")
        }
        if let next = at(1), "imsx-".unicodeScalars.contains(next) {
            return complaint(
                "flags are understood at the pattern's start only, and they are i, s and m",
                at: start, suggestion: "begin the pattern with (?i), (?s), (?m) or (?im)")
        }
        return complaint(
            "this kind of group is not supported", at: start,
            suggestion: "write (…), (?:…) or (?<name>…)")
    }

    mutating func readFlags() throws(PatternComplaint) {
        guard peek == "(", at(1) == "?" else { return }
        let rest = scalars.dropFirst(2).prefix { "ims".unicodeScalars.contains($0) }
        guard !rest.isEmpty, at(2 + rest.count) == ")" else { return }
        ignoresCase = rest.contains("i")
        dotTakesAll = rest.contains("s")
        hasLines = rest.contains("m")
        position = rest.count + 3
    }
}
