/// Finds what somebody who mistyped a word probably meant.
package enum NearestWord {
    /// The one of `words` that is fewest edits away from `word`, the earliest of several; nil when
    /// none is near enough to be a likely slip (a third of the word's letters, at least one, and two
    /// letters swapped count as one edit), or when the word is too long for any.
    package static func to(_ word: String, among words: [String]) -> String? {
        let typed = Array(word.lowercased().unicodeScalars.prefix(65))
        guard typed.count <= 64 else { return nil }
        let allowed = max(1, typed.count / 3)
        var best: (word: String, edits: Int)?
        for candidate in words {
            let edits = edits(from: typed, to: Array(candidate.lowercased().unicodeScalars))
            if edits <= allowed, edits < best?.edits ?? .max { best = (candidate, edits) }
        }
        return best?.word
    }

    /// The optimal string alignment distance: insertions, deletions, replacements and swaps of
    /// neighbours. Keeps three rows of the usual table: `before` the last, `last` and the new one.
    private static func edits(from left: [Unicode.Scalar], to right: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for (row, scalar) in left.enumerated() {
            var new = [row + 1]
            for (column, other) in right.enumerated() {
                var least = min(
                    last[column] + (scalar == other ? 0 : 1), last[column + 1] + 1, new[column] + 1)
                if row > 0, column > 0, scalar == right[column - 1], left[row - 1] == other {
                    least = min(least, before[column - 1] + 1)
                }
                new.append(least)
            }
            (before, last) = (last, new)
        }
        return last[right.count]
    }
}
