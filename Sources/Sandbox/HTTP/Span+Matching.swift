/// Comparisons with fixed texts, without a copy. None of them traps, whatever the range.
extension Span<UInt8> {
    /// Whether `text` stands at `start`.
    func matches(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start >= 0, count - start >= length else { return false }
        for offset in 0..<length where self[start + offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether the bytes at `range` are exactly `text`.
    func equals(_ text: StaticString, _ range: Range<Int>) -> Bool {
        range.count == text.utf8CodeUnitCount && matches(text, at: range.lowerBound)
    }

    /// Whether the bytes at `range` are `text`, which is in lower case, in any case.
    func equalsIgnoringCase(_ text: StaticString, _ range: Range<Int>) -> Bool {
        let length = text.utf8CodeUnitCount
        guard range.count == length, range.lowerBound >= 0, range.upperBound <= count else {
            return false
        }
        for offset in 0..<length {
            let byte = self[range.lowerBound + offset]
            let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if lower != text.utf8Start[offset] { return false }
        }
        return true
    }

    /// A copy as an array.
    var array: [UInt8] { withUnsafeBufferPointer { [UInt8]($0) } }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    var text: String { withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
}
