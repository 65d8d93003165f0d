import Base

/// How far the replies are from the recorded ones.
package struct ReplyDiffFigures: Codable, Equatable, Sendable {
    /// Replies that had a recorded one beside them.
    package var compared = 0
    /// Those of them that are the same, byte for byte.
    package var exact = 0
    /// Those that are the same but for case and white space.
    package var equalAfterFolding = 0
    /// All others.
    package var changed = 0
    /// Recorded replies without a live one, because the turn failed or was not taken.
    package var missing = 0
    /// Replies too long for every character to be compared.
    package var cut = 0
    /// Of all compared replies, from 0 for equal texts to 1; nil when there are none.
    @Nullable package var meanDistance: Double? = nil
    @Nullable package var medianDistance: Double? = nil
    /// The replies that changed most, the first of all first.
    package var mostChanged: [DriftExample] = []

    enum CodingKeys: String, CodingKey {
        case compared, exact
        case equalAfterFolding = "equal_after_folding"
        case changed, missing, cut
        case meanDistance = "mean_distance"
        case medianDistance = "median_distance"
        case mostChanged = "most_changed"
    }
}

/// A reply that changed, and what it was.
package struct DriftExample: Codable, Equatable, Sendable {
    /// The conversation's id.
    package var conversation: String
    /// The turn's place in it, from 1.
    package var turn: Int
    package var distance: Double
    /// Both texts, cut to their beginnings.
    package var recorded: String
    package var live: String

    /// Whether it is shown before `other`: the order does not depend on which was found first.
    func precedes(_ other: DriftExample) -> Bool {
        if distance != other.distance { return distance > other.distance }
        return (conversation, turn, live) < (other.conversation, other.turn, other.live)
    }
}

/// How far the replies are from the recorded ones, counted reply by reply; two tallies add up to
/// what one would have counted.
struct ReplyDiffTally: Sendable, Equatable {
    /// The replies shown, those that changed most.
    static let mostShown = 10
    /// The characters of a text that are shown.
    private static let mostCharacters = 120
    /// Distances are counted to 1/10,000.
    private static let scale = 10_000

    /// The counts, and the replies that changed most.
    private var counted = ReplyDiffFigures()
    /// The sum of the distances, in steps of the scale.
    private var sum = 0
    /// Replies by distance, in steps of the scale; empty before the first.
    private var counts: [Int] = []

    /// Counts a recorded reply that has no live one: its turn failed, or was never taken.
    mutating func addMissing() { counted.missing += 1 }

    /// Compares and counts a reply; `turn` counts from 1.
    mutating func add(recorded: String, live: String, conversation: String, turn: Int) {
        let comparison = ReplyComparison(recorded: recorded, live: live)
        switch comparison.likeness {
        case .exact: counted.exact += 1
        case .equalAfterFolding: counted.equalAfterFolding += 1
        case .changed: counted.changed += 1
        }
        counted.compared += 1
        if comparison.isCut { counted.cut += 1 }
        let step = Int((min(comparison.distance, 1) * Double(Self.scale)).rounded())
        if counts.isEmpty { counts = [Int](repeating: 0, count: Self.scale + 1) }
        counts[step] += 1
        sum += step
        guard comparison.likeness == .changed else { return }
        let distance = Double(step) / Double(Self.scale)
        if counted.mostChanged.count == Self.mostShown, let least = counted.mostChanged.last,
            distance < least.distance
        {
            return
        }
        keep(
            DriftExample(
                conversation: conversation, turn: turn, distance: distance,
                recorded: Self.shortened(recorded), live: Self.shortened(live)))
    }

    /// Counts everything that `other` has counted.
    mutating func merge(_ other: ReplyDiffTally) {
        counted.compared += other.counted.compared
        counted.exact += other.counted.exact
        counted.equalAfterFolding += other.counted.equalAfterFolding
        counted.changed += other.counted.changed
        counted.missing += other.counted.missing
        counted.cut += other.counted.cut
        sum += other.sum
        if counts.isEmpty {
            counts = other.counts
        } else {
            for (step, count) in other.counts.enumerated() { counts[step] += count }
        }
        for example in other.counted.mostChanged { keep(example) }
    }

    /// The figures of everything counted so far.
    var figures: ReplyDiffFigures {
        let compared = counted.compared
        guard compared > 0 else { return counted }
        var figures = counted
        let mean = Double(sum) / Double(compared)
        figures.meanDistance = mean.rounded() / Double(Self.scale)
        figures.medianDistance = Double(step(ofRank: (compared + 1) / 2)) / Double(Self.scale)
        return figures
    }

    private func step(ofRank rank: Int) -> Int {
        var below = 0
        for (step, count) in counts.enumerated() {
            below += count
            if below >= rank { return step }
        }
        return Self.scale
    }

    private mutating func keep(_ example: DriftExample) {
        let place = counted.mostChanged.partitioningIndex { example.precedes($0) }
        counted.mostChanged.insert(example, at: place)
        if counted.mostChanged.count > Self.mostShown { counted.mostChanged.removeLast() }
    }

    private static func shortened(_ text: String) -> String {
        let beginning = text.prefix(mostCharacters)
        return beginning.endIndex == text.endIndex ? text : beginning.dropLast() + "…"
    }
}

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

/// How many scalars must be inserted, removed or replaced to make one text of another.
///
/// The bit-parallel algorithm of Myers (1999) in the form of Hyyrö (2003): a column of the matrix of
/// distances is kept as differences of -1, 0 and 1 between neighbours, one bit each, so 64 cells
/// take a dozen instructions.
struct EditDistance {
    /// For each scalar of the pattern its places in it, `blocks` words a scalar; last of all the
    /// places of a scalar that does not occur: none.
    private var places: [UInt64]
    private var numbers: [Unicode.Scalar: Int] = [:]
    private let blocks: Int
    private let length: Int

    /// The distance between two texts. Takes time in proportion to the product of their lengths.
    static func between(_ one: ArraySlice<Unicode.Scalar>, _ other: ArraySlice<Unicode.Scalar>)
        -> Int
    {
        let (short, long) = one.count < other.count ? (one, other) : (other, one)
        return short.isEmpty ? long.count : EditDistance(from: short).distance(to: long)
    }

    private init(from pattern: ArraySlice<Unicode.Scalar>) {
        length = pattern.count
        blocks = (length + 63) / 64
        for scalar in pattern where numbers[scalar] == nil { numbers[scalar] = numbers.count }
        places = [UInt64](repeating: 0, count: (numbers.count + 1) * blocks)
        for (place, scalar) in pattern.enumerated() {
            let row = (numbers[scalar] ?? numbers.count) * blocks
            places[row + place / 64] |= 1 << UInt64(place % 64)
        }
    }

    private func distance(to text: ArraySlice<Unicode.Scalar>) -> Int {
        var increases = [UInt64](repeating: .max, count: blocks)
        var decreases = [UInt64](repeating: 0, count: blocks)
        let last: UInt64 = 1 << UInt64((length - 1) % 64)
        var distance = length
        for scalar in text {
            let row = (numbers[scalar] ?? numbers.count) * blocks
            // Above the first cell of every column stands one more than in the column before.
            var (carriedUp, carriedDown) = (1 as UInt64, 0 as UInt64)
            var (up, down) = (0 as UInt64, 0 as UInt64)
            for block in 0..<blocks {
                let (rises, falls) = (increases[block], decreases[block])
                let equal = places[row + block] | carriedDown
                let diagonal = (((equal & rises) &+ rises) ^ rises) | equal | falls
                up = falls | ~(diagonal | rises)
                down = diagonal & rises
                let shiftedUp = up << 1 | carriedUp
                let shiftedDown = down << 1 | carriedDown
                (carriedUp, carriedDown) = (up >> 63, down >> 63)
                increases[block] = shiftedDown | ~(diagonal | shiftedUp)
                decreases[block] = shiftedUp & diagonal
            }
            if up & last != 0 { distance += 1 }
            if down & last != 0 { distance -= 1 }
        }
        return distance
    }
}
