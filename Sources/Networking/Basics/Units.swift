/// The units people write and read, one table for both directions.
///
/// Whatever a `format` prints, the matching `parse` reads back (rounded to the digits shown);
/// `exact` is read back without loss. Parsing is total: what it cannot read, or what would not fit,
/// is nil.
package enum Units {
    /// One row: how a unit is written, and how many of the base unit it is.
    struct Unit {
        /// The spelling in print.
        let symbol: String
        /// Further spellings that are read.
        let aliases: [String]
        /// How many base units one of it is.
        let scale: Int64

        init(_ symbol: String, _ scale: Int64, aliases: [String] = []) {
            self.symbol = symbol
            self.scale = scale
            self.aliases = aliases
        }

        /// Whether `text` is one of the spellings.
        func isSpelled(_ text: Substring) -> Bool {
            text == symbol || aliases.contains { text == $0 }
        }
    }

    /// Spans of time in nanoseconds, largest first. U+00B5 and U+03BC look alike and both get typed.
    static let times = [
        Unit("h", 3_600_000_000_000),
        Unit("m", 60_000_000_000, aliases: ["min"]),
        Unit("s", 1_000_000_000, aliases: ["sec"]),
        Unit("ms", 1_000_000),
        Unit("\u{B5}s", 1_000, aliases: ["us", "\u{3BC}s"]),
        Unit("ns", 1),
    ]

    /// Sizes in bytes, smallest first, with the decimal prefixes of the SI.
    static let sizes = [
        Unit("B", 1), Unit("KB", 1_000), Unit("MB", 1_000_000), Unit("GB", 1_000_000_000),
        Unit("TB", 1_000_000_000_000),
    ]
}
