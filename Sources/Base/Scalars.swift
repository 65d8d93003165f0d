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
