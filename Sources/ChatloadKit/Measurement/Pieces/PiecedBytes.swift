import Glibc

/// The pieces of a log as one stretch of bytes, for those who look here and there in it.
struct PiecedBytes: Sendable {
    private var pieces: [(path: String, start: Int, size: Int)] = []
    /// How many there are.
    private(set) var size = 0

    /// The pieces as long as they are now.
    init(_ paths: [String]) {
        for path in paths {
            let length = RunFiles.size(of: path)
            pieces.append((path, size, length))
            size += length
        }
    }

    /// The bytes from `offset` on: `limit` of them, fewer only at the end.
    func bytes(from offset: Int, limit: Int) throws(LogComplaint) -> [UInt8] {
        var bytes: [UInt8] = []
        var next = place(of: offset)
        while next < pieces.count, bytes.count < limit {
            let piece = pieces[next]
            let start = offset + bytes.count - piece.start
            let wanted = min(limit - bytes.count, piece.size - start)
            let descriptor = try RunFiles.open(reading: piece.path)
            defer { close(descriptor) }
            let found = try RunFiles.bytes(
                of: descriptor, from: start, limit: max(wanted, 0), path: piece.path)
            if bytes.isEmpty { bytes = found } else { bytes += found }
            // A piece that has become shorter meanwhile moves nothing behind it.
            if found.count < wanted { break }
            next += 1
        }
        return bytes
    }

    /// The piece that holds an offset.
    private func place(of offset: Int) -> Int {
        var (low, high) = (0, pieces.count)
        while low < high {
            let middle = low + (high - low) / 2
            if pieces[middle].start + pieces[middle].size <= offset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
