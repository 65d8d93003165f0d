/// A set of conversations by their index in the workload.
///
/// One bit each and a running count for every 64 of them: 10 million conversations take 2.5 MB.
package struct ConversationSet: Sendable, Equatable {
    private var words: [UInt64]
    /// For each word the members up to and with its own.
    private var sums: [UInt32]

    /// Its members are below this.
    package let limit: Int

    /// The number of members.
    package var count: Int { sums.last.map { Int($0) } ?? 0 }

    /// The conversations below `limit` that are wanted.
    package init(below limit: Int, where isMember: (Int) -> Bool) {
        self.limit = limit
        words = []
        sums = []
        words.reserveCapacity((limit + 63) / 64)
        sums.reserveCapacity((limit + 63) / 64)
        var sum: UInt32 = 0
        for start in stride(from: 0, to: limit, by: 64) {
            var word: UInt64 = 0
            for index in start..<min(start + 64, limit) where isMember(index) {
                word |= 1 << UInt64(index - start)
            }
            sum += UInt32(word.nonzeroBitCount)
            words.append(word)
            sums.append(sum)
        }
    }

    /// Whether it holds this conversation.
    package func contains(_ index: Int) -> Bool {
        guard index >= 0, index / 64 < words.count else { return false }
        return words[index / 64] >> UInt64(index % 64) & 1 == 1
    }

    /// The member that has `place` smaller ones; `place` must be in 0..<count.
    package func member(at place: Int) -> Int {
        precondition(place >= 0 && place < count, "BUG: no member at \(place)")
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = low + (high - low) / 2
            if sums[middle] > place { high = middle } else { low = middle + 1 }
        }
        var word = words[low]
        // Each step takes away the lowest member.
        for _ in 0..<(place - (low == 0 ? 0 : Int(sums[low - 1]))) { word &= word - 1 }
        return low * 64 + word.trailingZeroBitCount
    }
}

/// Which conversations of a workload are left out: a bit for each up to the last of them.
package struct RejectedConversations: Sendable, Equatable {
    private var words: [UInt64] = []
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
}
