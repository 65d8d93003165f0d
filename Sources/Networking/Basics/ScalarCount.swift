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
