import Base

/// Set of conversations by their index in the workload.
///
/// One bit each and, once places are asked for, a running count for every 64 of them: 10 million
/// conversations take 2.5 MB.
package struct ConversationSet: Sendable, Equatable {
    private var words: [UInt64] = []
    /// For each word the members up to and with its own; empty in a set that still grows.
    private var sums: [UInt32] = []

    /// Its members are below this.
    package private(set) var limit = 0

    /// The number of members.
    package private(set) var count = 0

    init() {}

    /// The conversations below `limit` that are wanted.
    package init(below limit: Int, where isMember: (Int) -> Bool) {
        words.reserveCapacity((limit + 63) / 64)
        sums.reserveCapacity((limit + 63) / 64)
        for start in stride(from: 0, to: limit, by: 64) {
            var word: UInt64 = 0
            for index in start..<min(start + 64, limit) where isMember(index) {
                word |= 1 << UInt64(index - start)
            }
            count += word.nonzeroBitCount
            words.append(word)
            sums.append(UInt32(count))
        }
        self.limit = limit
    }

    /// Adds a conversation to a set that was made empty.
    mutating func insert(_ index: Int) {
        precondition(sums.isEmpty, "BUG: the set is complete")
        if contains(index) { return }
        limit = max(limit, index + 1)
        let missing = index / 64 + 1 - words.count
        if missing > 0 { words.append(contentsOf: repeatElement(0, count: missing)) }
        words[index / 64] |= 1 << UInt64(index % 64)
        count += 1
    }

    /// Whether it holds this conversation.
    package func contains(_ index: Int) -> Bool {
        guard index >= 0, index / 64 < words.count else { return false }
        return words[index / 64] >> UInt64(index % 64) & 1 == 1
    }

    /// The member of a complete set that has `place` smaller ones; `place` must be in 0..<count.
    package func member(at place: Int) -> Int {
        precondition(place >= 0 && place < count, "BUG: no member at \(place)")
        let low = sums.partitioningIndex { $0 > place }
        var word = words[low]
        // Each step takes away the lowest member.
        for _ in 0..<(place - (low == 0 ? 0 : Int(sums[low - 1]))) { word &= word - 1 }
        return low * 64 + word.trailingZeroBitCount
    }
}
