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
}

/// How often something is repeated.
struct PatternCount: Sendable, Equatable {
    var least: Int
    /// Nil is without end.
    var most: Int?
    /// Whether as few as possible are taken instead of as many as possible.
    var isLazy = false
}

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
