/// The scalars that a pattern tells apart: those that no instruction of it does share a column of
/// its automaton's table.
///
/// Of ASCII the columns are known from the start; others are looked up when they occur.
struct PatternAlphabet: Sendable {
    /// What all scalars of a column are to the pattern.
    struct Column: Sendable {
        /// One of them; nil for the end of the text, of which there is no scalar.
        var scalar: UInt32?
        var role: ScalarRole
    }

    /// The column for the end of the text, on either side.
    static let edge = 0
    /// The column for a line feed that is the last thing, where that makes a difference.
    static let lastLineFeed = 1

    private(set) var columns: [Column] = [
        Column(scalar: nil, role: .edge), Column(scalar: 0x0A, role: .lastLineFeed),
    ]
    /// The columns of the scalars below 128.
    private(set) var ascii: [UInt16] = []
    private let sets: [ScalarSet]
    private let literals: Set<UInt32>
    private let tellsRoles: Bool
    private var known: [[UInt64]: UInt16] = [:]
    /// Scalars beyond ASCII that were looked up lately, and their columns.
    private var recent: [(scalar: UInt32, column: UInt16)] = []
    private static let recentCount = 256

    /// - Parameter tellsRoles: whether the pattern has assertions.
    init(sets: [ScalarSet], literals: Set<UInt32>, tellsRoles: Bool) {
        self.sets = sets
        self.literals = literals
        self.tellsRoles = tellsRoles
        ascii = (UInt32(0)..<128).map { lookUp($0) }
    }

    /// The work of looking up a scalar beyond ASCII, in steps of a `PatternBudget`.
    var costOfLookUp: Int { 10 + 12 * sets.count }

    /// The column of a scalar beyond ASCII that was looked up lately.
    func recentColumn(of scalar: UInt32) -> UInt16? {
        if recent.isEmpty { return nil }
        let entry = recent[Int(scalar) % Self.recentCount]
        return entry.scalar == scalar ? entry.column : nil
    }

    /// The column of a scalar.
    mutating func column(of scalar: UInt32) -> UInt16 {
        if recent.isEmpty { recent = Array(repeating: (0, 0), count: Self.recentCount) }
        let column = lookUp(scalar)
        recent[Int(scalar) % Self.recentCount] = (scalar, column)
        return column
    }

    private mutating func lookUp(_ scalar: UInt32) -> UInt16 {
        let role = tellsRoles ? ScalarRole(of: scalar, isLast: false) : .other
        let literal = literals.contains(scalar) ? UInt64(scalar) + 1 : 0
        var signature = [UInt64(role.rawValue) << 32 | literal]
        for (place, set) in sets.enumerated() {
            if place % 64 == 0 { signature.append(0) }
            if set.contains(scalar) { signature[signature.count - 1] |= 1 << UInt64(place % 64) }
        }
        if let column = known[signature] { return column }
        let column = UInt16(truncatingIfNeeded: columns.count)
        known[signature] = column
        columns.append(Column(scalar: scalar, role: role))
        return column
    }
}
