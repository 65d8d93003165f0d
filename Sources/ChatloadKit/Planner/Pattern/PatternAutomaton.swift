import Networking

/// A pattern as an automaton with one state at a time. It finds where a match ends, or, of a reversed
/// program, where it begins; see `PatternStates`.
struct PatternAutomaton {
    private let program: PatternProgram
    private var states: PatternStates

    init(_ program: PatternProgram) {
        self.program = program
        states = PatternStates(of: program)
    }

    /// Where the leftmost match ends, the one Perl would find; nil where there is none.
    ///
    /// - Parameter isEnough: whether any match will do, so that the first place where one ends is
    ///   told.
    mutating func end(
        in bytes: Span<UInt8>, isEnough: Bool, _ budget: inout PatternBudget
    ) throws(PatternBudget.Exceeded) -> Int? {
        var position = 0
        var state = idle(at: 0, in: bytes)
        var isQuiet = true
        var end: Int?
        while true {
            if isQuiet {
                guard states.mayBegin(in: state) else { return end }
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
            let cell = try states.cell(of: state, column, &budget)
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
    ) throws(PatternBudget.Exceeded) -> Int? {
        var role = ScalarRole.edge
        if end < bytes.count {
            role = self.role(of: TextPlace.decode(bytes, at: end), at: end, bytes)
        }
        var state = states.number(of: [0], role, seeks: false)
        var position = end
        var start: Int?
        while true {
            var column = PatternAlphabet.edge
            let before = TextPlace.decode(bytes, before: position)
            if let before {
                column = try self.column(
                    of: before.scalar, endsText: position == bytes.count, &budget)
            }
            let cell = try states.cell(of: state, column, &budget)
            if cell.isMatch { start = position }
            guard let before, !cell.isQuiet else { return start }
            position -= before.length
            state = cell.next
        }
    }

    // MARK: Columns

    private mutating func column(
        at position: Int, in bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(PatternBudget.Exceeded) -> (column: Int, length: Int) {
        guard position < bytes.count else { return (PatternAlphabet.edge, 0) }
        let (scalar, length) = TextPlace.decode(bytes, at: position)
        let endsText = position + length == bytes.count
        return (try column(of: scalar, endsText: endsText, &budget), length)
    }

    private mutating func column(
        of scalar: UInt32, endsText: Bool, _ budget: inout PatternBudget
    ) throws(PatternBudget.Exceeded) -> Int {
        if scalar < 128 {
            if scalar == 0x0A, endsText, program.hasAssertions {
                return PatternAlphabet.lastLineFeed
            }
            return Int(states.alphabet.ascii[Int(scalar)])
        }
        if let column = states.alphabet.recentColumn(of: scalar) { return Int(column) }
        try budget.spend(states.alphabet.costOfLookUp)
        return Int(states.alphabet.column(of: scalar))
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
            return states.number(of: [], .edge, seeks: true)
        }
        let role = role(of: before, at: position - before.length, bytes)
        return states.number(of: [], role, seeks: true)
    }
}
