/// How a reply differs from the one that was recorded.
struct ReplyComparison: Equatable {
    enum Likeness { case exact, equalAfterFolding, changed }

    /// The most scalars of the part that differs that are compared one by one.
    static let mostScalars = 4_096

    let likeness: Likeness
    /// Edits over the longer text's length in scalars: 0 for equal texts, 1 where nothing is left.
    let distance: Double
    /// Whether the part that differs is so long that its beginning stands for all of it.
    let isCut: Bool

    /// Compares two texts.
    ///
    /// What they begin and end with alike takes no edits, so only what is between is looked at. Of
    /// a long part the first `mostScalars` are, and their share of edits is taken for the whole of
    /// the part's.
    init(recorded: String, live: String) {
        if recorded.utf8.elementsEqual(live.utf8) {
            (likeness, distance, isCut) = (.exact, 0, false)
            return
        }
        let (old, new) = (Array(recorded.unicodeScalars), Array(live.unicodeScalars))
        likeness =
            Self.fold(old).elementsEqual(Self.fold(new)) ? .equalAfterFolding : .changed
        let start = zip(old, new).prefix { $0 == $1 }.count
        let end = zip(old[start...].reversed(), new[start...].reversed()).prefix { $0 == $1 }.count
        let (oldPart, newPart) = (old[start..<old.count - end], new[start..<new.count - end])
        let all = max(oldPart.count, newPart.count)
        let (oldLook, newLook) = (
            oldPart.prefix(Self.mostScalars), newPart.prefix(Self.mostScalars)
        )
        let looked = max(oldLook.count, newLook.count)
        isCut = looked < all
        let share = Double(EditDistance.between(oldLook, newLook)) / Double(max(looked, 1))
        distance = share * Double(all) / Double(max(old.count, new.count))
    }

    /// A text in lower case with every run of white space as one blank, none at its ends.
    private static func fold(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var folded: [Unicode.Scalar] = []
        folded.reserveCapacity(text.count)
        var hasGap = false
        for scalar in text {
            if scalar.isASCII ? isBlank(scalar) : scalar.properties.isWhitespace {
                hasGap = !folded.isEmpty
                continue
            }
            if hasGap { folded.append(" ") }
            hasGap = false
            if scalar.isASCII {
                let isCapital = scalar.value &- 0x41 < 26
                folded.append(isCapital ? Unicode.Scalar(UInt8(scalar.value | 0x20)) : scalar)
            } else {
                folded.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return folded
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x20 || (0x09...0x0D).contains(scalar.value)
    }
}
