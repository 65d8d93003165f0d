extension Span<UInt8> {
    /// The first place of `byte` within `range`.
    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }

    /// `range` without blanks and tabs on either side.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower].isBlank { lower += 1 }
        while lower < upper, self[upper - 1].isBlank { upper -= 1 }
        return lower..<upper
    }

    /// Whether the two hold the same bytes.
    func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// Whether the two are equal but for the case of ASCII letters; `lowercase` must be lower case.
    func isEqual(ignoringCaseTo lowercase: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { expected in
            for offset in 0..<range.count
            where self[range.lowerBound + offset].lowercased != expected[offset] {
                return false
            }
            return true
        }
    }

    /// Whether `range` has no control characters.
    func isPrintable(_ range: Range<Int>) -> Bool {
        for index in range where self[index] < 0x20 || self[index] == 0x7F { return false }
        return true
    }

    /// Whether a `Set-Cookie` with these attributes (`; name=value; …`) takes its cookie away.
    /// `Max-Age` precedes `Expires`, and the last of each counts (RFC 6265 §5.3).
    func deletesCookie(attributes: Range<Int>) -> Bool {
        var ageDeletes: Bool?
        var dateDeletes = false
        var start = attributes.lowerBound
        while start < attributes.upperBound {
            let end =
                firstIndex(of: UInt8(ascii: ";"), in: start..<attributes.upperBound)
                ?? attributes.upperBound
            if let equals = firstIndex(of: UInt8(ascii: "="), in: start..<end) {
                let name = trimmed(start..<equals)
                let value = trimmed(equals + 1..<end)
                if isEqual(ignoringCaseTo: "max-age", in: name) {
                    ageDeletes = isNotPositive(value) ?? ageDeletes
                } else if isEqual(ignoringCaseTo: "expires", in: name) {
                    dateDeletes = year(in: value).map { $0 < 2020 } ?? dateDeletes
                }
            }
            start = end + 1
        }
        return ageDeletes ?? dateDeletes
    }

    /// Whether a number of seconds is zero or less; nil when it is not a number.
    private func isNotPositive(_ range: Range<Int>) -> Bool? {
        guard let first = range.first else { return nil }
        let isNegative = self[first] == UInt8(ascii: "-")
        let digits = isNegative ? range.dropFirst() : range
        guard !digits.isEmpty, digits.allSatisfy({ self[$0].isDigit }) else { return nil }
        return isNegative || digits.allSatisfy { self[$0] == UInt8(ascii: "0") }
    }

    /// The year of a cookie date: the first run of four digits, or two digits after a dash, as in
    /// `01-Jan-70` (RFC 6265 §5.1.1: 70–99 are 19xx).
    private func year(in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            var value = 0
            let start = index
            while index < range.upperBound, self[index].isDigit, index - start < 5 {
                value = value * 10 + Int(self[index] - UInt8(ascii: "0"))
                index += 1
            }
            let length = index - start
            if length == 4 { return value }
            if length == 2, start > range.lowerBound, self[start - 1] == UInt8(ascii: "-") {
                return value >= 70 ? 1_900 + value : 2_000 + value
            }
            if length == 0 { index += 1 }
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    fileprivate var lowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
