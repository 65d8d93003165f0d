/// Why a text is no pattern, for the person who wrote it.
package struct PatternComplaint: Error, Sendable, Equatable {
    /// What is wrong.
    package var message: String
    /// Where, in Unicode scalars from the pattern's start.
    package var offset: Int
    /// What to write instead, when there is something to say.
    package var suggestion: String?
}
