package import Base

/// A regular expression whose search takes time in proportion to the text's length times its own at
/// worst, and as a rule to the text's length alone, whatever either holds: scripts come from others,
/// and an engine that backtracks can be made to run for hours by a pattern of ten characters.
///
/// The syntax is Perl's without look-around and back-references, which cannot be had at that price.
/// It is matched against UTF-8, scalar by scalar; a byte that is no part of a scalar counts as one
/// of its own (U+FFFD). `\d`, `\w` and `\s` are Unicode's. `$` is the end of the text or the place
/// before a line feed that ends it.
package struct Pattern: Sendable, Equatable {
    /// The pattern as it was written.
    package let text: String
    private let program: PatternProgram
    private let reversed: PatternProgram
    /// What stands in every text it matches; empty when nothing does.
    private let required: [UInt8]

    /// The pattern that `text` describes.
    ///
    /// - Throws: what is wrong with it, and where.
    package init(_ text: String) throws(Fault) {
        var parser = PatternParser(text)
        let tree = try parser.parse()
        try self.init(text, tree, groups: parser.groupCount)
    }

    /// The pattern of a text that has been parsed.
    init(_ text: String, _ tree: PatternNode, groups: Int) throws(Fault) {
        self.text = text
        program = try PatternProgram(tree, groups: groups)
        reversed = try PatternProgram(reversing: tree, of: program)
        required = tree.requiredBytes
    }

    /// How many groups capture, named ones included.
    package var groupCount: Int { program.groupCount }

    /// The leftmost match, the one Perl would find: element 0 is its range in bytes, the others are
    /// the groups', nil where a group took no part. Nil when nothing matches.
    ///
    /// An automaton finds where the match ends, another one where it begins; only what lies between
    /// is looked at for groups.
    ///
    /// - Throws: when it would take more than the budget has.
    package func firstMatch(
        in bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(Fault) -> [Range<Int>?]? {
        guard try mayMatch(bytes, &budget) else { return nil }
        var ends = PatternAutomaton(program)
        guard let end = try ends.end(in: bytes, isEnough: false, &budget) else { return nil }
        var starts = PatternAutomaton(reversed)
        guard let start = try starts.start(in: bytes, before: end, &budget) else { return nil }
        if groupCount == 0 { return [start..<end] }
        var search = PatternSearch(program)
        return try search.match(of: start..<end, in: bytes, &budget)
    }

    /// Whether anything matches.
    ///
    /// - Throws: when it would take more than the budget has.
    package func matches(
        _ bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(Fault) -> Bool {
        guard try mayMatch(bytes, &budget) else { return false }
        var ends = PatternAutomaton(program)
        return try ends.end(in: bytes, isEnough: true, &budget) != nil
    }

    private func mayMatch(
        _ bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(Fault) -> Bool {
        if required.isEmpty { return true }
        let found = bytes.firstRange(of: required.span)
        try budget.spend((found?.lowerBound ?? bytes.count) / 8)
        return found != nil
    }

    package static func == (left: Pattern, right: Pattern) -> Bool { left.text == right.text }
}

/// How much work searches may still take before they are given up, in steps of some five to ten nanoseconds.
///
/// Counted and not timed, so that the same reply has the same outcome on every machine.
package struct PatternBudget: Sendable, Equatable {
    /// What all patterns of one reply may take together: some 20 ms of a slow core, so that nobody
    /// else's exchange waits long for it.
    package static let forReply = PatternBudget(2_500_000)

    /// What is left.
    package private(set) var left: Int

    /// A budget of so many steps.
    package init(_ steps: Int) { left = steps }

    /// Takes steps off that have been taken already.
    mutating func note(_ steps: Int) { left -= steps }

    /// Takes steps off.
    ///
    /// - Throws: when there are not so many.
    @inline(__always)
    mutating func spend(_ steps: Int) throws(Fault) {
        left -= steps
        if left < 0 { throw Self.exceeded() }
    }

    @inline(never)
    private static func exceeded() -> Fault {
        Fault("this takes too long to look for", hint: "use smaller counts")
    }
}

/// A pattern as instructions for a machine that follows all ways to a match at once.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        /// Takes in this scalar.
        case scalar(UInt32)
        /// Takes in one of the set with this number.
        case set(Int)
        /// Goes on in both places, the first one preferred.
        case split(Int, Int)
        case jump(Int)
        /// Notes the position: 2n where group n begins, 2n + 1 where it ends; group 0 is all.
        case save(Int)
        case assert(PatternAssertion)
        case match
    }

    /// What counted repetitions expand to beyond this is refused: a search takes a step for each
    /// instruction at each scalar, if it comes to the worst.
    static let mostInstructions = 10_000

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ScalarSet] = []
    let groupCount: Int
    /// Whether it matches texts from their end to their beginning.
    let isReversed: Bool
    private(set) var hasAssertions = false
    /// The bytes that every match begins with.
    private(set) var prefix: [UInt8] = []
    /// What it tells apart.
    private(set) var alphabet = PatternAlphabet(sets: [], literals: [], tellsRoles: false)
    /// What has been written, nothing included: repeating nothing takes time as well.
    private var written = 0

    /// The instructions for a tree.
    ///
    /// - Throws: a complaint about the whole pattern when it is too large.
    init(_ tree: PatternNode, groups: Int) throws(Fault) {
        groupCount = groups
        isReversed = false
        try write(.group(tree, number: 0))
        try add(.match)
        alphabet = PatternAlphabet(sets: sets, literals: literals, tellsRoles: hasAssertions)
        prefix = fixedBeginning
    }

    /// The instructions for the same tree from a text's end to its beginning, which tell the same
    /// scalars apart.
    init(reversing tree: PatternNode, of program: PatternProgram) throws(Fault) {
        groupCount = 0
        isReversed = true
        try write(tree.reversed)
        try add(.match)
        alphabet = program.alphabet
    }

    // MARK: Writing

    private mutating func add(_ instruction: Instruction) throws(Fault) {
        try count()
        instructions.append(instruction)
    }

    private mutating func count() throws(Fault) {
        written += 1
        guard written <= Self.mostInstructions else {
            throw Fault(
                "the pattern is too large once its counts are written out", offset: 0,
                hint: "use smaller counts, or * and + instead")
        }
    }

    private mutating func write(_ node: PatternNode) throws(Fault) {
        switch node {
        case .empty: try count()
        case .scalar(let scalar): try add(.scalar(scalar))
        case .set(let set):
            try add(.set(number(of: set)))
        case .assertion(let assertion):
            hasAssertions = true
            try add(.assert(assertion))
        case .group(let content, let number):
            try add(.save(2 * number))
            try write(content)
            try add(.save(2 * number + 1))
        case .sequence(let nodes): for node in nodes { try write(node) }
        case .choice(let nodes): try write(choice: nodes[...])
        case .repeated(let node, let count):
            try self.count()
            try write(node, count)
        }
    }

    private mutating func write(choice nodes: ArraySlice<PatternNode>) throws(Fault) {
        var jumps: [Int] = []
        for node in nodes.dropLast() {
            let split = try reserve()
            try write(node)
            jumps.append(try reserve())
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = nodes.last { try write(last) }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func write(_ node: PatternNode, _ count: PatternCount) throws(Fault) {
        let isEndless = count.most == nil
        // The last of the copies that must be there is the one that an endless repetition repeats.
        for _ in 0..<max(count.least - (isEndless ? 1 : 0), 0) { try write(node) }
        if isEndless, count.least > 0 { return try write(oneOrMore: node, isLazy: count.isLazy) }
        if isEndless { return try write(anyNumberOf: node, isLazy: count.isLazy) }
        var splits: [Int] = []
        for _ in count.least..<(count.most ?? count.least) {
            splits.append(try reserve())
            try write(node)
        }
        for split in splits { set(split, to: split + 1, or: instructions.count, count.isLazy) }
    }

    private mutating func write(oneOrMore node: PatternNode, isLazy: Bool) throws(Fault) {
        let start = instructions.count
        try write(node)
        let split = try reserve()
        set(split, to: start, or: split + 1, isLazy)
    }

    private mutating func write(anyNumberOf node: PatternNode, isLazy: Bool) throws(Fault) {
        let split = try reserve()
        if node.isNullable {
            // One that takes nothing in must lead on, and not back to where it has been already.
            try write(oneOrMore: node, isLazy: isLazy)
        } else {
            try write(node)
            try add(.jump(split))
        }
        set(split, to: split + 1, or: instructions.count, isLazy)
    }

    /// Room for an instruction that depends on what follows it.
    private mutating func reserve() throws(Fault) -> Int {
        try add(.match)
        return instructions.count - 1
    }

    private mutating func set(_ split: Int, to again: Int, or further: Int, _ isLazy: Bool) {
        instructions[split] = isLazy ? .split(further, again) : .split(again, further)
    }

    private mutating func number(of set: ScalarSet) -> Int {
        if let number = sets.firstIndex(of: set) { return number }
        sets.append(set)
        return sets.count - 1
    }

    // MARK: What it holds

    private var literals: Set<UInt32> {
        var literals: Set<UInt32> = []
        for case .scalar(let scalar) in instructions { literals.insert(scalar) }
        return literals
    }

    private var fixedBeginning: [UInt8] {
        var bytes: [UInt8] = []
        for instruction in instructions {
            switch instruction {
            case .save, .assert: continue
            case .scalar(let scalar):
                guard let utf8 = PatternNode.utf8(of: scalar) else { return bytes }
                bytes += utf8
            case .set, .split, .jump, .match: return bytes
            }
        }
        return bytes
    }
}
