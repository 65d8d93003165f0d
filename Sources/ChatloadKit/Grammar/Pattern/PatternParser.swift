import Base

/// Reads a pattern's text into a tree. Total: any text leads to a tree or a complaint.
struct PatternParser {
    let scalars: [Unicode.Scalar]
    var position = 0
    var groupCount = 0
    var names: Set<String> = []
    var depth = 0
    var ignoresCase = false
    var dotTakesAll = false
    var hasLines = false
    /// Both cases of the characters that came so far: to find them takes a while.
    private var cases: [UInt32: ScalarSet] = [:]

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(Fault) -> PatternNode {
        try readFlags()
        let tree = try choice()
        if peek == ")" {
            throw complaint("this ) closes nothing", hint: #"for the character write \)"#)
        }
        return tree
    }

    var peek: Unicode.Scalar? { at(0) }

    /// The scalar that stands `ahead` of the next one.
    func at(_ ahead: Int) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    /// Whether this text comes next; it is taken if so.
    mutating func takes(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    func complaint(_ message: String, at offset: Int? = nil, hint: String? = nil) -> Fault {
        Fault(message, offset: offset ?? position, hint: hint)
    }

    // MARK: Structure

    mutating func choice() throws(Fault) -> PatternNode {
        var branches = [try sequence()]
        while takes("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(Fault) -> PatternNode {
        var nodes: [PatternNode] = []
        while let next = peek, next != "|", next != ")" {
            let start = position
            if try isCount() { throw nothingToRepeat(since: start) }
            let node = try atom()
            guard let count = try self.count() else {
                nodes.append(node)
                continue
            }
            nodes.append(.repeated(node, count))
            let end = position
            if peek == "+" {
                throw complaint(
                    "possessive repetition is not supported", hint: "leave the last + out")
            }
            if try isCount() {
                throw complaint(
                    "this repeats a repetition", at: end,
                    hint: "put what it repeats into (?:…)")
            }
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private func nothingToRepeat(since start: Int) -> Fault {
        let sign = String(Character(scalars[start]))
        return complaint(
            "there is nothing before \(sign) to repeat", at: start,
            hint: "for the character write \\\(sign)")
    }

    private mutating func atom() throws(Fault) -> PatternNode {
        let next = scalars[position]
        switch next {
        case "(": return try group()
        case "[": return .set(try set())
        case "\\": return try escape()
        case ".":
            position += 1
            return .set(ScalarSet(dotTakesAll ? [] : [0x0A...0x0A], isNegated: true))
        case "^":
            position += 1
            return .assertion(hasLines ? .lineStart : .textStart)
        case "$":
            position += 1
            return .assertion(hasLines ? .lineEnd : .textEnd)
        default:
            position += 1
            return literal(next.value)
        }
    }

    mutating func literal(_ scalar: UInt32) -> PatternNode {
        guard ignoresCase else { return .scalar(scalar) }
        let set = cases[scalar] ?? ScalarSet(anyCaseOf: scalar)
        cases[scalar] = set
        return .set(set)
    }
}

/// What stands in parentheses.
extension PatternParser {
    /// Groups within groups beyond this are nobody's intention.
    private static let deepest = 100
    private static let mostGroups = 50

    mutating func group() throws(Fault) -> PatternNode {
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
                "this ( is never closed", at: start, hint: #"for the character write \("#)
        }
        return number.map { .group(content, number: $0) } ?? content
    }

    /// What a group is, after its parenthesis: its number, or nil when it does not capture.
    private mutating func groupNumber(since start: Int) throws(Fault) -> Int? {
        if takes("?:") { return nil }
        if peek == "?" {
            guard !isLookAround, takes("?<") || takes("?P<") else { throw refusal(since: start) }
            try readName()
        }
        groupCount += 1
        guard groupCount <= Self.mostGroups else {
            throw complaint(
                "there are more than \(Self.mostGroups) groups", at: start,
                hint: "write (?:…) where nothing is to be captured")
        }
        return groupCount
    }

    private mutating func readName() throws(Fault) {
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
                hint: "write it like (?<ticket>…)")
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

    private func refusal(since start: Int) -> Fault {
        if isLookAround {
            return complaint(
                "look-around is not supported, because it cannot be matched in linear time",
                at: start, hint: "match the surroundings too and capture the part you need")
        }
        if let next = at(1), "imsx-".unicodeScalars.contains(next) {
            return complaint(
                "flags are understood at the pattern's start only, and they are i, s and m",
                at: start, hint: "begin the pattern with (?i), (?s), (?m) or (?im)")
        }
        return complaint(
            "this kind of group is not supported", at: start,
            hint: "write (…), (?:…) or (?<name>…)")
    }

    mutating func readFlags() throws(Fault) {
        guard peek == "(", at(1) == "?" else { return }
        let rest = scalars.dropFirst(2).prefix { "ims".unicodeScalars.contains($0) }
        guard !rest.isEmpty, at(2 + rest.count) == ")" else { return }
        ignoresCase = rest.contains("i")
        dotTakesAll = rest.contains("s")
        hasLines = rest.contains("m")
        position = rest.count + 3
    }
}

/// How often something is repeated.
extension PatternParser {
    /// The most that a count may say; what it is applied to counts too, see `PatternProgram`.
    private static let mostRepeats = 1_000

    /// Whether a count comes next.
    func isCount() throws(Fault) -> Bool {
        var ahead = self
        return try ahead.count() != nil
    }

    /// The count that comes next, if one does: `*`, `+`, `?` or braces. Braces that hold no numbers
    /// are ordinary characters, since replies are full of them.
    mutating func count() throws(Fault) -> PatternCount? {
        var count: PatternCount
        if takes("*") {
            count = (0, nil, false)
        } else if takes("+") {
            count = (1, nil, false)
        } else if takes("?") {
            count = (0, 1, false)
        } else if let braces = try braces() {
            count = braces
        } else {
            return nil
        }
        count.isLazy = takes("?")
        return count
    }

    private mutating func braces() throws(Fault) -> PatternCount? {
        let start = position
        guard takes("{") else { return nil }
        let least = digits()
        let hasComma = takes(",")
        let most = hasComma ? digits() : least
        guard takes("}"), let low = least ?? most else {
            position = start
            return nil
        }
        guard least != nil else {
            throw complaint(
                "this count does not say how many there must be", at: start,
                hint: "write {0,\(low)}")
        }
        guard max(low, most ?? 0) <= Self.mostRepeats else {
            throw complaint("this repeats more than \(Self.mostRepeats) times", at: start)
        }
        guard low <= most ?? low else {
            throw complaint(
                "this count has its larger number first", at: start,
                hint: "write {\(most ?? 0),\(low)}")
        }
        return (low, most, false)
    }

    /// The number that comes next, at most a million; nil when there is none.
    private mutating func digits() -> Int? {
        var value: Int?
        while let next = peek, let digit = Int(String(Character(next))), next.isASCII {
            value = min((value ?? 0) * 10 + digit, 1_000_000)
            position += 1
        }
        return value
    }
}
