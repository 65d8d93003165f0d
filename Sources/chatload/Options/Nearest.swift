/// The known name that somebody who typed a wrong one probably meant.
enum Nearest {
    /// The candidate within a third of the typed length in edits, the closest first in the list.
    static func match(for typed: String, among candidates: [String]) -> String? {
        if typed.utf8.count > 64 { return nil }
        let limit = max(1, typed.count / 3)
        var best: (name: String, edits: Int)?
        for candidate in candidates {
            let edits =
                candidate.hasPrefix(typed) && typed.count > 2
                ? 1 : distance(Array(typed.utf8), Array(candidate.utf8))
            if edits <= limit, edits < best?.edits ?? .max { best = (candidate, edits) }
        }
        return best?.name
    }

    /// A hint that names the match, or nil when nothing is near.
    static func hint(for typed: String, among candidates: [String]) -> String? {
        match(for: typed, among: candidates).map { "did you mean \($0)?" }
    }

    /// The number of insertions, deletions, replacements and swaps of neighbours between two words
    /// (optimal string alignment).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var edits = min(last[column + 1], current[column]) + 1
                edits = min(edits, last[column] + (byte == other ? 0 : 1))
                let isSwap =
                    row > 0 && column > 0 && byte == right[column - 1] && left[row - 1] == other
                if isSwap { edits = min(edits, beforeLast[column - 1] + 1) }
                current.append(edits)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
