/// How often each script is played in one round: a round has as many places as all weights together,
/// and every script takes up as many of them as its weight says.
///
/// Costs nothing while every weight is 1, and eight bytes a script otherwise.
package struct ScriptWeights: Sendable, Equatable {
    /// The number of scripts.
    package private(set) var count = 0
    /// The number of places in a round.
    package private(set) var total = 0
    /// Whether every weight is 1.
    private var isEven = true
    /// For each script the places up to and with its own; empty while all weights are 1.
    private var sums: [Int] = []

    /// No scripts.
    package init() {}

    /// Adds the next script; a weight below 1 counts as 1.
    mutating func append(_ weight: Int) {
        let weight = max(weight, 1)
        let (sum, overflow) = total.addingReportingOverflow(weight)
        if weight != 1, isEven {
            isEven = false
            sums = Array(1..<count + 1)
        }
        count += 1
        total = overflow ? .max : sum
        if !isEven { sums.append(total) }
    }

    /// The script that has the given place, which must be in 0..<total.
    func script(at place: Int) -> Int {
        isEven ? place : sums.firstIndexAbove(place)
    }
}

extension Array where Element == Int {
    /// The first index whose element is greater than `value`, in an ascending array; `count` when
    /// there is none.
    func firstIndexAbove(_ value: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] > value { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
