/// The name among `candidates` that a mistyped `name` most probably meant; nil when none is near.
///
/// Near means: at most a third of the letters (at least one) inserted, left out, replaced or
/// swapped with their neighbour. Case does not count. The first of equally near ones wins.
package func nearestName(to name: String, among candidates: [String]) -> String? {
    let typed = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let letters = Array(candidate.lowercased())
        let distance = editDistance(typed, letters)
        let limit = max(1, max(typed.count, letters.count) / 3)
        if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// The optimal string alignment distance: edits and swaps of neighbours, no part edited twice.
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            let replaced = last[column] + (letter == other ? 0 : 1)
            var cost = min(replaced, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element is behind a border, by halving; the end where none is. All
    /// elements that are must stand behind all that are not.
    @inlinable public func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Names as a list in words: `a, b or c`.
package func listed(_ names: [String], _ conjunction: String) -> String {
    let others = names.dropLast().joined(separator: ", ")
    return [others, names.last ?? ""].filter { !$0.isEmpty }.joined(separator: " \(conjunction) ")
}

/// A number of at least zero with a leading zero where it has one digit.
package func twoDigits(_ number: some BinaryInteger) -> String {
    number < 10 ? "0\(number)" : "\(number)"
}
