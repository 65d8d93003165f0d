/// A regular expression whose search takes time in proportion to the text's length times its own,
/// whatever either holds: scripts come from others, and an engine that backtracks can be made to
/// run for hours by a pattern of ten characters.
///
/// The syntax is Perl's without look-around and back-references, which cannot be had at that price.
/// It is matched against UTF-8, scalar by scalar; a byte that is no part of a scalar counts as one
/// of its own (U+FFFD). `\d`, `\w` and `\s` are Unicode's. `$` is the end of the text or the place
/// before a line feed that ends it.
package struct Pattern: Sendable, Equatable {
    /// The pattern as it was written.
    package let text: String
    private let program: PatternProgram

    /// The pattern that `text` describes.
    ///
    /// - Throws: what is wrong with it, and where.
    package init(_ text: String) throws(PatternComplaint) {
        self.text = text
        var parser = PatternParser(text)
        let tree = try parser.parse()
        program = try PatternProgram(tree, groups: parser.groupCount)
    }

    /// How many groups capture, named ones included.
    package var groupCount: Int { program.groupCount }

    /// The leftmost match, the one Perl would find: element 0 is its range in bytes, the others are
    /// the groups', nil where a group took no part. Nil when nothing matches.
    package func firstMatch(in bytes: Span<UInt8>) -> [Range<Int>?]? {
        var search = PatternSearch(program)
        return search.firstMatch(in: bytes)
    }

    /// The number of steps that a search of these bytes takes.
    func steps(in bytes: Span<UInt8>) -> Int {
        var search = PatternSearch(program)
        _ = search.firstMatch(in: bytes)
        return search.steps
    }

    package static func == (left: Pattern, right: Pattern) -> Bool { left.text == right.text }
}
