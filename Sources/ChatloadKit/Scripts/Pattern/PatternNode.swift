/// What a pattern says, as a tree.
indirect enum PatternNode: Sendable {
    case empty
    case scalar(UInt32)
    case set(ScalarSet)
    case assertion(PatternAssertion)
    /// A group that captures, by its number from 1.
    case group(PatternNode, number: Int)
    case sequence([PatternNode])
    /// The first that leads to a match is taken.
    case choice([PatternNode])
    case repeated(PatternNode, PatternCount)

    /// Whether it can match without taking anything in.
    var isNullable: Bool {
        switch self {
        case .empty, .assertion: true
        case .scalar, .set: false
        case .group(let node, _): node.isNullable
        case .sequence(let nodes): nodes.allSatisfy(\.isNullable)
        case .choice(let nodes): nodes.contains(where: \.isNullable)
        case .repeated(let node, let count): count.least == 0 || node.isNullable
        }
    }

    /// What matches the same texts from their end to their beginning; nothing in it captures.
    var reversed: PatternNode {
        switch self {
        case .empty, .scalar, .set, .assertion: self
        case .group(let node, _): node.reversed
        case .sequence(let nodes): .sequence(nodes.reversed().map(\.reversed))
        case .choice(let nodes): .choice(nodes.map(\.reversed))
        case .repeated(let node, let count): .repeated(node.reversed, count)
        }
    }

    /// The longest run of bytes that stands in everything it matches; empty when nothing does.
    var requiredBytes: [UInt8] {
        var (longest, run) = ([UInt8](), [UInt8]())
        collectRequired(into: &run, &longest)
        return run.count > longest.count ? run : longest
    }

    private func collectRequired(into run: inout [UInt8], _ longest: inout [UInt8]) {
        switch self {
        case .empty, .assertion: return
        case .group(let node, _): return node.collectRequired(into: &run, &longest)
        case .sequence(let nodes):
            for node in nodes { node.collectRequired(into: &run, &longest) }
            return
        case .scalar(let scalar):
            if let bytes = Self.utf8(of: scalar) { return run += bytes }
        case .repeated(let node, let count) where count.least > 0:
            node.collectRequired(into: &run, &longest)
        case .set, .choice, .repeated: break
        }
        // What follows need not be next to what went before.
        if run.count > longest.count { longest = run }
        run = []
    }

    /// A scalar's bytes; nil for the one that also stands for bytes that belong to none.
    static func utf8(of scalar: UInt32) -> [UInt8]? {
        guard scalar != 0xFFFD, let scalar = Unicode.Scalar(scalar) else { return nil }
        return UTF8.encode(scalar).map { Array($0) }
    }
}

/// How often something is repeated: at least, at most (nil without end), and whether as few as possible
/// are taken instead of as many as possible.
typealias PatternCount = (least: Int, most: Int?, isLazy: Bool)

/// A place that something may be bound to.
enum PatternAssertion: Sendable {
    case textStart
    /// The end, or the place before a line feed that is the last thing.
    case textEnd
    case veryEnd
    case lineStart
    case lineEnd
    case wordBorder
    case noWordBorder
}

/// The scalars that a pattern tells apart: those that no instruction of it does share a column of
/// its automaton's table.
///
/// Of ASCII the columns are known from the start; others are looked up when they occur.
struct PatternAlphabet: Sendable {
    /// What all scalars of a column are to the pattern, and one of them; nil for the end of the text, of
    /// which there is no scalar.
    typealias Column = (scalar: UInt32?, role: ScalarRole)

    /// The column for the end of the text, on either side.
    static let edge = 0
    /// The column for a line feed that is the last thing, where that makes a difference.
    static let lastLineFeed = 1

    private(set) var columns: [Column] = [(nil, .edge), (0x0A, .lastLineFeed)]
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
        columns.append((scalar, role))
        return column
    }
}
