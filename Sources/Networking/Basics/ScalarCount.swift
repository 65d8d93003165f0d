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

private func scalars(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
    return count
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
