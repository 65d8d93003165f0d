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
