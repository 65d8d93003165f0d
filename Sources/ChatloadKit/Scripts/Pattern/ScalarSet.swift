import Base

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
