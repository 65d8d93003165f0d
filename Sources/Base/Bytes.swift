public import Glibc
import LinuxSystem

/// Comparisons with fixed texts, without a copy. None of them traps, whatever the range.
extension Span<UInt8> {
    /// Whether `text` stands at `start`.
    @inlinable public func matches(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start >= 0, count - start >= length else { return false }
        for offset in 0..<length where self[start + offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether the bytes at `range` are exactly `text`.
    @inlinable public func equals(_ text: StaticString, _ range: Range<Int>) -> Bool {
        range.count == text.utf8CodeUnitCount && matches(text, at: range.lowerBound)
    }

    /// Whether `text`, which is in lower case and not empty, stands at `start` in any case.
    @inlinable @inline(__always)
    public func matchesIgnoringCase(_ text: StaticString, at start: Int) -> Bool {
        // Nearly everything differs in its first byte already.
        guard start >= 0, start < count, self[start].lowercased == text.utf8Start[0] else {
            return false
        }
        return goesOnIgnoringCase(text, at: start)
    }

    @usableFromInline
    func goesOnIgnoringCase(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count - start >= length else { return false }
        for offset in 0..<length where self[start + offset].lowercased != text.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether the bytes at `range` are `text`, which is in lower case, in any case.
    @inlinable public func equalsIgnoringCase(_ text: StaticString, _ range: Range<Int>) -> Bool {
        range.count == text.utf8CodeUnitCount && matchesIgnoringCase(text, at: range.lowerBound)
    }

    /// A copy as an array.
    @inlinable public var array: [UInt8] { withUnsafeBufferPointer { [UInt8]($0) } }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    @inlinable public var text: String {
        withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// The first place of `byte` within `range`.
    @inlinable public func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }

    /// The first place of `byte` from `start` on and before `end`, by the C library's search: faster
    /// than the other where it is some way to it.
    @inlinable
    public func firstIndex(of byte: UInt8, from start: Int = 0, to end: Int = .max) -> Int? {
        withUnsafeBytes { bytes in
            let end = min(end, bytes.count)
            guard start >= 0, start < end, let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(byte), end - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Whether the bytes are UTF-8; quick for ASCII.
    package var isUTF8: Bool {
        withUnsafeBufferPointer { bytes in
            bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
        }
    }

    /// `range` without blanks and tabs on either side.
    @inlinable public func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower].isBlank { lower += 1 }
        while lower < upper, self[upper - 1].isBlank { upper -= 1 }
        return lower..<upper
    }

    /// Whether the two hold the same bytes.
    @inlinable public func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// Whether `range` has no control characters.
    @inlinable public func isPrintable(_ range: Range<Int>) -> Bool {
        for index in range where self[index] < 0x20 || self[index] == 0x7F { return false }
        return true
    }

    /// Where `needle` first stands among these bytes; an empty one stands at the beginning. Takes time
    /// linear in both lengths, whatever they hold.
    package func firstRange(of needle: Span<UInt8>) -> Range<Int>? {
        guard !needle.isEmpty else { return 0..<0 }
        return withUnsafeBytes { hay in
            needle.withUnsafeBytes { wanted in
                guard let start = hay.baseAddress, let first = wanted.baseAddress,
                    let found = memmem(start, hay.count, first, wanted.count)
                else { return nil }
                let offset = UnsafeRawPointer(found) - start
                return offset..<offset + wanted.count
            }
        }
    }
}

extension UInt8 {
    /// Whether it is a space or a tab.
    @inlinable public var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
    /// Whether it is an ASCII digit.
    @inlinable public var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    /// The lower case of an ASCII letter, any other byte as it is.
    @inlinable public var lowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
    /// Whether it may stand in a header's name (`tchar`, RFC 9110 §5.6.2).
    @inlinable public var isToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "!"),
            UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
    /// The value of a hexadecimal digit in either case; nil for any other byte.
    @inlinable public var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
