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
