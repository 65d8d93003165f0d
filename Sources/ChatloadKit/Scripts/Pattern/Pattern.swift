package import Base

/// A regular expression whose search takes time in proportion to the text's length times its own at
/// worst, and as a rule to the text's length alone, whatever either holds: scripts come from others,
/// and an engine that backtracks can be made to run for hours by a pattern of ten characters.
///
/// The syntax is Perl's without look-around and back-references, which cannot be had at that price.
/// It is matched against UTF-8, scalar by scalar; a byte that is no part of a scalar counts as one
/// of its own (U+FFFD). `\d`, `\w` and `\s` are Unicode's. `$` is the end of the text or the place
/// before a line feed that ends it.
package struct Pattern: Sendable, Equatable {
    /// The pattern as it was written.
    package let text: String
    private let program: PatternProgram
    private let reversed: PatternProgram
    /// What stands in every text it matches; empty when nothing does.
    private let required: [UInt8]

    /// The pattern that `text` describes.
    ///
    /// - Throws: what is wrong with it, and where.
    package init(_ text: String) throws(Fault) {
        self.text = text
        var parser = PatternParser(text)
        let tree = try parser.parse()
        program = try PatternProgram(tree, groups: parser.groupCount)
        reversed = try PatternProgram(reversing: tree, of: program)
        required = tree.requiredBytes
    }

    /// How many groups capture, named ones included.
    package var groupCount: Int { program.groupCount }

    /// The leftmost match, the one Perl would find: element 0 is its range in bytes, the others are
    /// the groups', nil where a group took no part. Nil when nothing matches.
    ///
    /// An automaton finds where the match ends, another one where it begins; only what lies between
    /// is looked at for groups.
    ///
    /// - Throws: when it would take more than the budget has.
    package func firstMatch(
        in bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(Fault) -> [Range<Int>?]? {
        guard try mayMatch(bytes, &budget) else { return nil }
        var ends = PatternAutomaton(program)
        guard let end = try ends.end(in: bytes, isEnough: false, &budget) else { return nil }
        var starts = PatternAutomaton(reversed)
        guard let start = try starts.start(in: bytes, before: end, &budget) else { return nil }
        if groupCount == 0 { return [start..<end] }
        var search = PatternSearch(program)
        return try search.match(of: start..<end, in: bytes, &budget)
    }

    /// Whether anything matches.
    ///
    /// - Throws: when it would take more than the budget has.
    package func matches(
        _ bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(Fault) -> Bool {
        guard try mayMatch(bytes, &budget) else { return false }
        var ends = PatternAutomaton(program)
        return try ends.end(in: bytes, isEnough: true, &budget) != nil
    }

    private func mayMatch(
        _ bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(Fault) -> Bool {
        if required.isEmpty { return true }
        let found = bytes.firstRange(of: required.span)
        try budget.spend((found?.lowerBound ?? bytes.count) / 8)
        return found != nil
    }

    package static func == (left: Pattern, right: Pattern) -> Bool { left.text == right.text }
}

/// How much work searches may still take before they are given up, in steps of some five to ten nanoseconds.
///
/// Counted and not timed, so that the same reply has the same outcome on every machine.
package struct PatternBudget: Sendable, Equatable {
    /// What all patterns of one reply may take together: some 20 ms of a slow core, so that nobody
    /// else's exchange waits long for it.
    package static let forReply = PatternBudget(2_500_000)

    /// What is left.
    package private(set) var left: Int

    /// A budget of so many steps.
    package init(_ steps: Int) { left = steps }

    /// Takes steps off that have been taken already.
    mutating func note(_ steps: Int) { left -= steps }

    /// Takes steps off.
    ///
    /// - Throws: when there are not so many.
    @inline(__always)
    mutating func spend(_ steps: Int) throws(Fault) {
        left -= steps
        if left < 0 { throw Self.exceeded() }
    }

    @inline(never)
    private static func exceeded() -> Fault {
        Fault("this takes too long to look for", hint: "use smaller counts")
    }
}
