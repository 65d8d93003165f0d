import Base

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

/// A set of Unicode scalars as a pattern writes it: `[a-z\d]`, `\W`, `.`.
struct ScalarSet: Sendable, Equatable {
    /// The sets that have letters of their own in patterns, by their Unicode properties.
    enum Kind: Sendable {
        case digit, noDigit, word, noWord, space, noSpace
    }

    /// What it lists, in order.
    private let ranges: [ClosedRange<UInt32>]
    let kinds: [Kind]
    /// Whether it is everything else.
    private let isNegated: Bool
    private let ignoresCase: Bool
    /// One bit for each scalar below 128, which is what most of a text consists of.
    private var ascii = SIMD2<UInt64>()

    init(
        _ ranges: [ClosedRange<UInt32>] = [], kinds: [Kind] = [], isNegated: Bool = false,
        ignoresCase: Bool = false
    ) {
        self.ranges = Self.merged(ranges)
        self.kinds = kinds
        self.isNegated = isNegated
        self.ignoresCase = ignoresCase
        for value in UInt32(0)..<128 where holds(value) {
            ascii[Int(value / 64)] |= 1 << UInt64(value % 64)
        }
    }

    /// A single character in either case.
    init(anyCaseOf scalar: UInt32) {
        let folded = Self.folded(scalar)
        self.init([scalar...scalar, folded...folded], ignoresCase: true)
    }

    func contains(_ scalar: UInt32) -> Bool {
        if scalar >= 128 { return holds(scalar) }
        return (scalar < 64 ? ascii.x : ascii.y) >> UInt64(scalar & 63) & 1 == 1
    }

    private func holds(_ scalar: UInt32) -> Bool {
        let isListed =
            lists(scalar) || ignoresCase && Self.variants(of: scalar).contains(where: lists)
        return isListed != isNegated
    }

    private func lists(_ scalar: UInt32) -> Bool {
        let place = ranges.partitioningIndex { $0.upperBound >= scalar }
        return place < ranges.count && ranges[place].contains(scalar)
            || kinds.contains { $0.contains(scalar) }
    }

    private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    // MARK: Case

    private static func variants(of scalar: UInt32) -> [UInt32] {
        guard let properties = Unicode.Scalar(scalar)?.properties else { return [] }
        let single = [properties.lowercaseMapping, properties.uppercaseMapping].compactMap(only)
        return single + [folded(scalar)]
    }

    /// One scalar for all that differ in case alone; those that become several stay as they are.
    private static func folded(_ scalar: UInt32) -> UInt32 {
        guard let properties = Unicode.Scalar(scalar)?.properties else { return scalar }
        let upper = only(properties.uppercaseMapping) ?? scalar
        return Unicode.Scalar(upper).flatMap { only($0.properties.lowercaseMapping) } ?? scalar
    }

    private static func only(_ text: String) -> UInt32? {
        text.unicodeScalars.count == 1 ? text.unicodeScalars.first?.value : nil
    }
}

extension ScalarSet.Kind {
    /// Whether a scalar is of this kind.
    func contains(_ scalar: UInt32) -> Bool {
        switch self {
        case .digit: Self.isDigit(scalar)
        case .noDigit: !Self.isDigit(scalar)
        case .word: Self.isWord(scalar)
        case .noWord: !Self.isWord(scalar)
        case .space: Self.isSpace(scalar)
        case .noSpace: !Self.isSpace(scalar)
        }
    }

    private static func isDigit(_ scalar: UInt32) -> Bool {
        if scalar < 128 { return UInt8(truncatingIfNeeded: scalar).isDigit }
        return Unicode.Scalar(scalar)?.properties.generalCategory == .decimalNumber
    }

    private static func isSpace(_ scalar: UInt32) -> Bool {
        if scalar < 128 { return scalar == 0x20 || (0x09...0x0D).contains(scalar) }
        return Unicode.Scalar(scalar)?.properties.isWhitespace ?? false
    }

    /// Words are Unicode's (UTS 18, annex C): letters, marks, digits, connectors and joiners.
    private static func isWord(_ scalar: UInt32) -> Bool {
        if scalar < 128 { return UInt8(truncatingIfNeeded: scalar).isWordByte }
        guard let properties = Unicode.Scalar(scalar)?.properties else { return false }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
            return true
        default: return properties.isAlphabetic || properties.isJoinControl
        }
    }
}

/// What a scalar beside a place is to the assertions there.
enum ScalarRole: UInt8 {
    /// There is none: the text begins or ends.
    case edge
    case lineFeed
    /// A line feed that is the last thing in the text.
    case lastLineFeed
    case word
    case other

    /// The role of a scalar; `isLast` tells whether nothing follows it.
    init(of scalar: UInt32, isLast: Bool) {
        if scalar == 0x0A {
            self = isLast ? .lastLineFeed : .lineFeed
        } else {
            self = ScalarSet.Kind.word.contains(scalar) ? .word : .other
        }
    }

    fileprivate var isLineFeed: Bool { self == .lineFeed || self == .lastLineFeed }
}

extension PatternAssertion {
    /// Whether it holds at the place between two scalars.
    func holds(between before: ScalarRole, and after: ScalarRole) -> Bool {
        switch self {
        case .textStart: before == .edge
        case .veryEnd: after == .edge
        case .textEnd: after == .edge || after == .lastLineFeed
        case .lineStart: before == .edge || before.isLineFeed
        case .lineEnd: after == .edge || after.isLineFeed
        case .wordBorder: (before == .word) != (after == .word)
        case .noWordBorder: (before == .word) == (after == .word)
        }
    }
}
