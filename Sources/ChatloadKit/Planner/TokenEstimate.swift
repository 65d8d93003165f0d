/// How many model tokens a text has where nobody reports it: one for every four characters (Unicode
/// scalars) begun.
package enum TokenEstimate {
    /// The estimate for a text of `characters` characters.
    package static func tokens(characters: Int) -> Int { characters / 4 + (characters % 4 + 3) / 4 }

    /// The Unicode scalars of a text: its bytes of UTF-8 that do not continue another.
    static func characters(in text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var count = 0
            for byte in bytes where byte & 0xC0 != 0x80 { count &+= 1 }
            return count
        }
    }
}
