import Glibc

/// Reading from the middle of a file.
extension RunFiles {
    /// The bytes of an open file from `offset` on: `limit` of them, fewer only at its end.
    static func bytes(
        of descriptor: Int32, from offset: Int, limit: Int, path: String
    ) throws(LogComplaint) -> [UInt8] {
        var number: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { room, used in
            while used < limit {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(room)[used...])
                let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + used))
                if count < 0, errno == EINTR { continue }
                if count < 0 { number = errno }
                if count <= 0 { break }
                used += count
            }
        }
        if number == 0 { return bytes }
        throw LogComplaint("\(path): cannot read: \(String(cString: strerror(number)))")
    }
}

extension Span<UInt8> {
    /// The first place of `byte` from `start` on and before `end`.
    func firstIndex(of byte: UInt8, from start: Int, to end: Int) -> Int? {
        withUnsafeBytes { bytes in
            guard start < end, let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(byte), end - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
