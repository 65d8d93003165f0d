import Base

/// A pattern as an automaton with one state at a time. It finds where a match ends, or, of a reversed
/// program, where it begins.
///
/// A state is what is still open between two scalars: the instructions to go on from, the preferred
/// ones first, and what the assertions need to know of the scalar that was read last. States are made
/// when they are first reached and forgotten when they are too many (Thompson's on-the-fly
/// construction, as in RE2).
struct PatternAutomaton {
    /// What the states take in at most before they are forgotten: instructions, and cells.
    private static let mostKept = 1 << 18

    /// Where one state leads by one column: what comes next, and what is to be known of it.
    private struct Cell {
        static let unknown = Cell(raw: -1)
        private let raw: Int32

        /// - Parameters:
        ///   - isMatch: whether a match ends before the scalar.
        ///   - isQuiet: whether nothing is under way in the next state.
        init(next: Int, isMatch: Bool, isQuiet: Bool) {
            raw = Int32(truncatingIfNeeded: next << 2 | (isQuiet ? 2 : 0) | (isMatch ? 1 : 0))
        }

        private init(raw: Int32) { self.raw = raw }

        var isUnknown: Bool { raw < 0 }
        var isMatch: Bool { raw & 1 != 0 }
        var isQuiet: Bool { raw & 2 != 0 }
        var next: Int { Int(raw >> 2) }
    }

    private let program: PatternProgram
    /// What the columns stand for.
    private var alphabet: PatternAlphabet
    private var cells: [Cell] = []
    /// Cells of one state.
    private var stride: Int
    /// The instructions of every state, one state's behind the other's, and where each one's begin.
    private var instructions: [Int32] = []
    private var starts: [Int] = [0]
    /// The role of the scalar read last, and whether a match may still begin, by state.
    private var roles: [ScalarRole] = []
    private var seeks: [Bool] = []
    private var numbers: [[Int32]: Int] = [:]
    /// When each instruction was reached last, and put among the next ones last, in rounds.
    private var reached: [Int32]
    private var listed: [Int32]
    private var round: Int32 = 0
    private var open: [Int] = []
    /// How often all states were forgotten.
    private var forgotten = 0

    init(_ program: PatternProgram) {
        self.program = program
        alphabet = program.alphabet
        stride = alphabet.columns.count
        reached = Array(repeating: 0, count: program.instructions.count)
        listed = Array(repeating: 0, count: program.instructions.count)
    }

    /// Where the leftmost match ends, the one Perl would find; nil where there is none.
    ///
    /// - Parameter isEnough: whether any match will do, so that the first place where one ends is
    ///   told.
    mutating func end(
        in bytes: Span<UInt8>, isEnough: Bool, _ budget: inout PatternBudget
    ) throws(Fault) -> Int? {
        var position = 0
        var state = idle(at: 0, in: bytes)
        var isQuiet = true
        var end: Int?
        while true {
            if isQuiet {
                guard seeks[state] else { return end }
                if program.prefix.count > 1 {
                    try budget.spend(8)
                    let rest = bytes.extracting(position..<bytes.count)
                    guard let found = rest.firstRange(of: program.prefix.span) else { return end }
                    try budget.spend(found.lowerBound / 8)
                    position += found.lowerBound
                    if found.lowerBound > 0 { state = idle(at: position, in: bytes) }
                }
            }
            let (column, length) = try column(at: position, in: bytes, &budget)
            let cell = try cell(of: state, column, &budget)
            if cell.isMatch {
                end = position
                if isEnough { return end }
            }
            if length == 0 { return end }
            position += length
            state = cell.next
            isQuiet = cell.isQuiet
        }
    }

    /// Where the longest match of a reversed program that ends at a position begins.
    mutating func start(
        in bytes: Span<UInt8>, before end: Int, _ budget: inout PatternBudget
    ) throws(Fault) -> Int? {
        var role = ScalarRole.edge
        if end < bytes.count {
            role = self.role(of: TextPlace.decode(bytes, at: end), at: end, bytes)
        }
        var state = number(of: [0], role, seeks: false)
        var position = end
        var start: Int?
        while true {
            var column = PatternAlphabet.edge
            let before = TextPlace.decode(bytes, before: position)
            if let before {
                column = try self.column(
                    of: before.scalar, endsText: position == bytes.count, &budget)
            }
            let cell = try cell(of: state, column, &budget)
            if cell.isMatch { start = position }
            guard let before, !cell.isQuiet else { return start }
            position -= before.length
            state = cell.next
        }
    }

    // MARK: Columns

    private mutating func column(
        at position: Int, in bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(Fault) -> (column: Int, length: Int) {
        guard position < bytes.count else { return (PatternAlphabet.edge, 0) }
        let (scalar, length) = TextPlace.decode(bytes, at: position)
        let endsText = position + length == bytes.count
        return (try column(of: scalar, endsText: endsText, &budget), length)
    }

    private mutating func column(
        of scalar: UInt32, endsText: Bool, _ budget: inout PatternBudget
    ) throws(Fault) -> Int {
        if scalar < 128 {
            if scalar == 0x0A, endsText, program.hasAssertions {
                return PatternAlphabet.lastLineFeed
            }
            return Int(alphabet.ascii[Int(scalar)])
        }
        if let column = alphabet.recentColumn(of: scalar) { return Int(column) }
        try budget.spend(alphabet.costOfLookUp)
        return Int(alphabet.column(of: scalar))
    }

    private func role(
        of found: (scalar: UInt32, length: Int), at position: Int, _ bytes: Span<UInt8>
    ) -> ScalarRole {
        guard program.hasAssertions else { return .other }
        return ScalarRole(of: found.scalar, isLast: position + found.length == bytes.count)
    }

    // MARK: The beginning

    /// The state in which nothing is under way and a match may begin.
    private mutating func idle(at position: Int, in bytes: Span<UInt8>) -> Int {
        guard let before = TextPlace.decode(bytes, before: position) else {
            return number(of: [], .edge, seeks: true)
        }
        let role = role(of: before, at: position - before.length, bytes)
        return number(of: [], role, seeks: true)
    }
}

/// The states.
extension PatternAutomaton {
    /// Where a state leads by a column, which is worked out when it is first asked for.
    private mutating func cell(
        of state: Int, _ column: Int, _ budget: inout PatternBudget
    ) throws(Fault) -> Cell {
        try budget.spend(1)
        if column < stride {
            let cell = cells[state * stride + column]
            if !cell.isUnknown { return cell }
        }
        return try makeCell(of: state, column, &budget)
    }

    /// Follows every way over a column's scalars.
    @inline(never)
    private mutating func makeCell(
        of state: Int, _ column: Int, _ budget: inout PatternBudget
    ) throws(Fault) -> Cell {
        round += 1
        let (read, role, mayBegin) = (alphabet.columns[column], roles[state], seeks[state])
        var next: [Int32] = []
        var isMatch = false
        for place in starts[state]..<starts[state + 1] where !isMatch || program.isReversed {
            let found = follow(Int(instructions[place]), role, read, into: &next, &budget)
            isMatch = isMatch || found
        }
        if mayBegin, !isMatch {
            isMatch = follow(0, role, read, into: &next, &budget)
        }
        try budget.spend(10 + next.count)
        let goesOn = mayBegin && !isMatch
        if column >= stride { widen() }
        let before = forgotten
        let number = number(of: next, program.hasAssertions ? read.role : .other, seeks: goesOn)
        let cell = Cell(next: number, isMatch: isMatch, isQuiet: next.isEmpty)
        // Where all states were forgotten to make room, this one was among them.
        if forgotten == before { cells[state * stride + column] = cell }
        return cell
    }

    /// Adds what can be reached from an instruction over a scalar; whether a match was on the way. What
    /// comes after one is worse, and left out, unless all matches count.
    private mutating func follow(
        _ start: Int, _ role: ScalarRole, _ read: PatternAlphabet.Column,
        into next: inout [Int32], _ budget: inout PatternBudget
    ) -> Bool {
        var isMatch = false
        open.append(start)
        while let index = open.popLast() {
            if reached[index] == round { continue }
            reached[index] = round
            budget.note(3)
            switch program.instructions[index] {
            case .jump(let target): open.append(target)
            case .split(let first, let second):
                open.append(second)
                open.append(first)
            case .save: open.append(index + 1)
            case .assert(let assertion):
                let holds =
                    program.isReversed
                    ? assertion.holds(between: read.role, and: role)
                    : assertion.holds(between: role, and: read.role)
                if holds { open.append(index + 1) }
            case .match:
                isMatch = true
                if !program.isReversed { open.removeAll(keepingCapacity: true) }
            case .scalar(let scalar): if read.scalar == scalar { list(index + 1, in: &next) }
            case .set(let number):
                if let scalar = read.scalar, program.sets[number].contains(scalar) {
                    list(index + 1, in: &next)
                }
            }
        }
        return isMatch
    }

    private mutating func list(_ index: Int, in next: inout [Int32]) {
        if listed[index] == round { return }
        listed[index] = round
        next.append(Int32(truncatingIfNeeded: index))
    }

    /// The number of a state, which is made where there is none.
    private mutating func number(of content: [Int32], _ role: ScalarRole, seeks isSeeking: Bool)
        -> Int
    {
        var key = content
        key.append(Int32(role.rawValue) << 1 | (isSeeking ? 1 : 0))
        if let number = numbers[key] { return number }
        if instructions.count + cells.count > Self.mostKept { forgetStates() }
        let number = roles.count
        numbers[key] = number
        instructions += content
        starts.append(instructions.count)
        roles.append(role)
        seeks.append(isSeeking)
        cells.append(contentsOf: repeatElement(Cell.unknown, count: stride))
        return number
    }

    private mutating func forgetStates() {
        forgotten += 1
        cells.removeAll(keepingCapacity: true)
        instructions.removeAll(keepingCapacity: true)
        starts = [0]
        roles.removeAll(keepingCapacity: true)
        seeks.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
    }

    /// Makes room for columns that were not known when the table was begun.
    private mutating func widen() {
        let (old, wide) = (cells, alphabet.columns.count + 8)
        cells = []
        for state in roles.indices {
            cells += old[state * stride..<(state + 1) * stride]
            cells.append(contentsOf: repeatElement(Cell.unknown, count: wide - stride))
        }
        stride = wide
    }
}
