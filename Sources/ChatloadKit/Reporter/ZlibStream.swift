/// Bytes as a zlib stream (RFC 1950) whose deflate blocks are stored (RFC 1951 §3.2.4): any reader
/// inflates it, and what is packed already would not get much smaller.
enum ZlibStream {
    private static let blockLimit = 65_535

    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        // A window of 32 KB, the fastest level; together a multiple of 31.
        var stream: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(blockLimit)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            stream.append(rest.isEmpty ? 1 : 0)
            for number in [length, ~length] {
                stream += [UInt8(number & 0xFF), UInt8(number >> 8)]
            }
            stream += block
        } while !rest.isEmpty
        let sum = adler32(bytes)
        return stream + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
    }

    /// The checksum of RFC 1950 §9.
    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}
