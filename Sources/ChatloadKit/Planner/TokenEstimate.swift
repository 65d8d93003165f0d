/// How many model tokens a text has where nobody reports it: one for every four characters (Unicode
/// scalars) begun.
package enum TokenEstimate {
    /// The estimate for a text of `characters` characters.
    package static func tokens(characters: Int) -> Int { characters / 4 + (characters % 4 + 3) / 4 }
}
