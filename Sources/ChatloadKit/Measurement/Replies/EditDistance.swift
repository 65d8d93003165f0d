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
