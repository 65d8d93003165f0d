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
