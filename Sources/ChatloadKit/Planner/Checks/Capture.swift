import Networking

/// What a script takes from a reply, for later turns.
struct Capture: Sendable, Equatable {
    enum Source: Sendable, Equatable {
        /// The first group of the first match in the reply's text, or all of it when there is no
        /// group.
        case pattern(Pattern)
        /// The first value at the path of this place among the turn's.
        case path(Int)
    }

    var name: String
    var source: Source
    /// How the source is written.
    var text: String
    /// The place of the value among the conversation's.
    var place: Int
}

extension Capture {
    /// The part of a text that a pattern captures; nil when it does not match, or when its group has
    /// no part in the match.
    ///
    /// - Throws: when it would take more than the budget has.
    static func part(
        of text: Span<UInt8>, by pattern: Pattern, _ budget: inout PatternBudget
    ) throws(PatternBudget.Exceeded) -> Range<Int>? {
        guard let groups = try pattern.firstMatch(in: text, &budget), let first = groups.first
        else { return nil }
        return groups.count > 1 ? groups[1] : first
    }
}
