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

    mutating func parse() throws(PatternComplaint) -> PatternNode {
        try readFlags()
        let tree = try choice()
        if peek == ")" {
            throw complaint("this ) closes nothing", suggestion: #"for the character write \)"#)
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

    func complaint(
        _ message: String, at offset: Int? = nil, suggestion: String? = nil
    ) -> PatternComplaint {
        PatternComplaint(message: message, offset: offset ?? position, suggestion: suggestion)
    }

    // MARK: Structure

    mutating func choice() throws(PatternComplaint) -> PatternNode {
        var branches = [try sequence()]
        while takes("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternComplaint) -> PatternNode {
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
                    "possessive repetition is not supported", suggestion: "leave the last + out")
            }
            if try isCount() {
                throw complaint(
                    "this repeats a repetition", at: end,
                    suggestion: "put what it repeats into (?:…)")
            }
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private func nothingToRepeat(since start: Int) -> PatternComplaint {
        let sign = String(Character(scalars[start]))
        return complaint(
            "there is nothing before \(sign) to repeat", at: start,
            suggestion: "for the character write \\\(sign)")
    }

    private mutating func atom() throws(PatternComplaint) -> PatternNode {
        let next = scalars[position]
        switch next {
        case "(": return try group()
        case "[": return .set(try set())
        case "\\": return try escape()
        case ".":
            position += 1
            return .set(ScalarSet(allBut: dotTakesAll ? [] : [0x0A...0x0A]))
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
