import Base

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
