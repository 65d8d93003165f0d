/// A set of Unicode scalars as a pattern writes it: `[a-z\d]`, `\W`, `.`.
struct ScalarSet: Sendable, Equatable {
    /// The sets that have letters of their own in patterns, by their Unicode properties.
    enum Kind: Sendable {
        case digit
        case word
        case space
    }

    /// What a set lists, before it is looked up in.
    struct Content: Sendable, Equatable {
        var ranges: [ClosedRange<UInt32>] = []
        var kinds: [(kind: Kind, isNegated: Bool)] = []
        var isNegated = false

        static func == (left: Content, right: Content) -> Bool {
            left.ranges == right.ranges && left.isNegated == right.isNegated
                && left.kinds.elementsEqual(right.kinds, by: ==)
        }
    }

    private let content: Content
    private let ignoresCase: Bool
    /// One bit for each scalar below 128, which is what most of a text consists of.
    private let ascii: (UInt64, UInt64)

    init(_ content: Content, ignoresCase: Bool) {
        var content = content
        content.ranges = Self.merged(content.ranges)
        self.content = content
        self.ignoresCase = ignoresCase
        var bits: (UInt64, UInt64) = (0, 0)
        for value in UInt32(0)..<64 {
            if Self.holds(value, content, ignoresCase) { bits.0 |= 1 << UInt64(value) }
            if Self.holds(value + 64, content, ignoresCase) { bits.1 |= 1 << UInt64(value) }
        }
        ascii = bits
    }

    /// The set of one kind, or of everything else.
    init(_ kind: Kind, isNegated: Bool) {
        self.init(Content(kinds: [(kind, isNegated)]), ignoresCase: false)
    }

    /// A single character in either case.
    init(anyCaseOf scalar: UInt32) {
        let folded = Self.folded(scalar)
        self.init(Content(ranges: [scalar...scalar, folded...folded]), ignoresCase: true)
    }

    /// Everything but these.
    init(allBut ranges: [ClosedRange<UInt32>]) {
        self.init(Content(ranges: ranges, isNegated: true), ignoresCase: false)
    }

    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 64 { return ascii.0 >> UInt64(scalar) & 1 == 1 }
        if scalar < 128 { return ascii.1 >> UInt64(scalar - 64) & 1 == 1 }
        return Self.holds(scalar, content, ignoresCase)
    }

    static func == (left: ScalarSet, right: ScalarSet) -> Bool {
        left.ascii == right.ascii && left.ignoresCase == right.ignoresCase
            && left.content == right.content
    }

    private static func holds(_ scalar: UInt32, _ content: Content, _ ignoresCase: Bool) -> Bool {
        let isListed =
            lists(scalar, content)
            || ignoresCase && variants(of: scalar).contains { lists($0, content) }
        return isListed != content.isNegated
    }

    private static func lists(_ scalar: UInt32, _ content: Content) -> Bool {
        var (low, high) = (0, content.ranges.count)
        while low < high {
            let middle = (low + high) / 2
            let range = content.ranges[middle]
            if range.contains(scalar) { return true }
            if scalar < range.lowerBound { high = middle } else { low = middle + 1 }
        }
        return content.kinds.contains { $0.kind.contains(scalar) != $0.isNegated }
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
    /// Whether a scalar is of this kind. Words are Unicode's (UTS 18, annex C): letters, marks,
    /// digits, connectors and joiners.
    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 128 { return containsASCII(UInt8(truncatingIfNeeded: scalar)) }
        guard let properties = Unicode.Scalar(scalar)?.properties else { return false }
        switch self {
        case .digit: return properties.generalCategory == .decimalNumber
        case .space: return properties.isWhitespace
        case .word:
            switch properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber,
                .connectorPunctuation:
                return true
            default: return properties.isAlphabetic || properties.isJoinControl
            }
        }
    }

    private func containsASCII(_ byte: UInt8) -> Bool {
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        switch self {
        case .digit: return isDigit
        case .space: return byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
        case .word:
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            return isDigit || isLetter || byte == UInt8(ascii: "_")
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
