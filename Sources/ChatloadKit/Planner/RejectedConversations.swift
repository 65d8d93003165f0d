/// Which conversations of a workload are left out: a bit for each, once there is one.
package struct RejectedConversations: Sendable, Equatable {
    private static let bitsPerBlock = 512

    private var words: [UInt64] = []
    /// For each block of eight words the conversations rejected before it; made when it is asked for.
    private var sums: [Int] = []
    /// How many are left out.
    package private(set) var count = 0

    /// None left out.
    package init() {}

    /// Leaves a conversation out.
    mutating func insert(_ index: Int) {
        let word = index / 64
        if word >= words.count {
            words.append(contentsOf: repeatElement(0, count: word + 1 - words.count))
        }
        let bit = UInt64(1) << UInt64(index % 64)
        if words[word] & bit == 0 { count += 1 }
        words[word] |= bit
    }

    /// Whether a conversation is left out.
    func contains(_ index: Int) -> Bool {
        let word = index / 64
        return word < words.count && words[word] & (1 << UInt64(index % 64)) != 0
    }

    /// Counts once and for all what is left out, as `place(ofKept:)` needs it.
    mutating func seal() {
        sums = []
        var sum = 0
        for (index, word) in words.enumerated() {
            if index * 64 % Self.bitsPerBlock == 0 { sums.append(sum) }
            sum += word.nonzeroBitCount
        }
    }

    /// The number that the n-th conversation which is kept has among all.
    func place(ofKept index: Int) -> Int {
        if count == 0 { return index }
        let block = lastBlock(beginningAtMost: index)
        var place = block * Self.bitsPerBlock
        var rest = index - (place - (block < sums.count ? sums[block] : 0))
        while place / 64 < words.count {
            let kept = 64 - words[place / 64].nonzeroBitCount
            if rest < kept { break }
            rest -= kept
            place += 64
        }
        if place / 64 >= words.count { return place + rest }
        while rest > 0 || contains(place) {
            if !contains(place) { rest -= 1 }
            place += 1
        }
        return place
    }

    /// The last block before which at most `index` conversations are kept.
    private func lastBlock(beginningAtMost index: Int) -> Int {
        var (low, high) = (0, sums.count)
        while low < high {
            let middle = low + (high - low) / 2
            if middle * Self.bitsPerBlock - sums[middle] <= index {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return max(low - 1, 0)
    }
}
