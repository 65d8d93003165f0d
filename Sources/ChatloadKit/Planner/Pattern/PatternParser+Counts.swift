/// How often something is repeated.
extension PatternParser {
    /// The most that a count may say; what it is applied to counts too, see `PatternProgram`.
    private static let mostRepeats = 1_000

    /// Whether a count comes next.
    func isCount() throws(PatternComplaint) -> Bool {
        var ahead = self
        return try ahead.count() != nil
    }

    /// The count that comes next, if one does: `*`, `+`, `?` or braces. Braces that hold no numbers
    /// are ordinary characters, since replies are full of them.
    mutating func count() throws(PatternComplaint) -> PatternCount? {
        var count: PatternCount
        if takes("*") {
            count = PatternCount(least: 0, most: nil)
        } else if takes("+") {
            count = PatternCount(least: 1, most: nil)
        } else if takes("?") {
            count = PatternCount(least: 0, most: 1)
        } else if let braces = try braces() {
            count = braces
        } else {
            return nil
        }
        count.isLazy = takes("?")
        return count
    }

    private mutating func braces() throws(PatternComplaint) -> PatternCount? {
        let start = position
        guard takes("{") else { return nil }
        let least = digits()
        let hasComma = takes(",")
        let most = hasComma ? digits() : least
        guard takes("}"), let low = least ?? most else {
            position = start
            return nil
        }
        guard least != nil else {
            throw complaint(
                "this count does not say how many there must be", at: start,
                suggestion: "write {0,\(low)}")
        }
        guard max(low, most ?? 0) <= Self.mostRepeats else {
            throw complaint("this repeats more than \(Self.mostRepeats) times", at: start)
        }
        guard low <= most ?? low else {
            throw complaint(
                "this count has its larger number first", at: start,
                suggestion: "write {\(most ?? 0),\(low)}")
        }
        return PatternCount(least: low, most: most)
    }

    /// The number that comes next, at most a million; nil when there is none.
    private mutating func digits() -> Int? {
        var value: Int?
        while let next = peek, let digit = Int(String(Character(next))), next.isASCII {
            value = min((value ?? 0) * 10 + digit, 1_000_000)
            position += 1
        }
        return value
    }
}
