/// Counting characters without making them: a UTF-8 byte begins a scalar unless its upper bits are 10.
extension ByteBuffer {
    /// The number of Unicode scalars, taking the content as UTF-8.
    package var scalarCount: Int { bytes.withUnsafeBufferPointer(scalars) }
}

extension String {
    /// The number of Unicode scalars, counted over the text's UTF-8.
    package var scalarCount: Int {
        utf8.withContiguousStorageIfAvailable(scalars) ?? unicodeScalars.count
    }
}

/// Looks at eight bytes at a time: of a byte that continues a scalar bit 7 is set and bit 6 is not.
private func scalars(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var continuing = 0
    var index = 0
    while index &+ 8 <= raw.count {
        let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        continuing &+= (word & ~(word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
        index &+= 8
    }
    while index < raw.count {
        if raw[index] & 0xC0 == 0x80 { continuing &+= 1 }
        index &+= 1
    }
    return raw.count &- continuing
}

/// Counting words the same way: a word begins where a byte that is not white space follows one that
/// is, white space being that of ASCII.
extension ByteBuffer {
    /// The number of words between white space.
    package var wordCount: Int { bytes.withUnsafeBufferPointer(words) }
}

extension String {
    /// The number of words between white space.
    package var wordCount: Int {
        utf8.withContiguousStorageIfAvailable(words) ?? split(whereSeparator: \.isWhitespace).count
    }
}

private func words(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    var isInside = false
    for byte in bytes {
        let isBlank = byte == 0x20 || (0x09...0x0D).contains(byte)
        if !isBlank, !isInside { count += 1 }
        isInside = !isBlank
    }
    return count
}

/// Decoder of UTF-16 (RFC 2781) into UTF-8, from pieces cut anywhere. A surrogate without its other
/// half becomes U+FFFD, as everywhere in Unicode's own algorithms.
package struct UTF16Decoder {
    private let isLittleEndian: Bool
    private var half: UInt8?
    private var lead: UInt16?

    /// A decoder of this byte order.
    package init(isLittleEndian: Bool) { self.isLittleEndian = isLittleEndian }

    /// Appends what more bytes say.
    package mutating func decode(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        for index in 0..<bytes.count {
            guard let first = half else {
                half = bytes[index]
                continue
            }
            half = nil
            let (low, high) = isLittleEndian ? (first, bytes[index]) : (bytes[index], first)
            take(UInt16(high) << 8 | UInt16(low), into: &text)
        }
    }

    /// Whether the text was whole.
    package mutating func finish() -> Bool { half == nil && lead == nil }

    private mutating func take(_ unit: UInt16, into text: inout [UInt8]) {
        if let first = lead {
            lead = nil
            if (0xDC00...0xDFFF).contains(unit) {
                let code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(unit) - 0xDC00)
                append(Unicode.Scalar(code), to: &text)
                return
            }
            append(nil, to: &text)
        }
        if (0xD800...0xDBFF).contains(unit) {
            lead = unit
        } else {
            append(Unicode.Scalar(unit), to: &text)
        }
    }

    private func append(_ scalar: Unicode.Scalar?, to text: inout [UInt8]) {
        text.append(
            contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
    }
}
