import Glibc

/// Reads a file line by line, in chunks and with bounded memory.
enum LineStream {
    /// No line of ours is longer; of a longer one nothing is kept.
    static let longest = 64 << 20

    /// Lends every line that has an end, without its line feed, with the offset it begins at.
    ///
    /// - Returns: the offset behind the last line that has an end.
    static func read(
        _ path: String, chunk: Int = 262_144, from start: Int = 0,
        line: (_ offset: Int, _ bytes: Span<UInt8>) throws(LogComplaint) -> Void
    ) throws(LogComplaint) -> Int {
        let descriptor = try RunFiles.open(reading: path)
        defer { close(descriptor) }
        lseek(descriptor, start, SEEK_SET)
        var offset = start
        var end = start
        var pending: [UInt8] = []
        var isSkipping = false
        while try RunFiles.read(descriptor, limit: chunk, into: &pending, path: path) {
            var at = 0
            while let feed = pending.span.feed(from: at) {
                if !isSkipping {
                    try line(offset + at, pending.span.extracting(at..<feed))
                }
                isSkipping = false
                at = feed + 1
                end = offset + at
            }
            pending.removeFirst(at)
            offset += at
            if pending.count > longest {
                isSkipping = true
                offset += pending.count
                pending.removeAll()
            }
        }
        return end
    }
}

extension Span<UInt8> {
    /// The index of the first line feed from `start` on.
    fileprivate func feed(from start: Int) -> Int? {
        withUnsafeBytes { raw in
            guard let base = raw.baseAddress, start < raw.count,
                let found = memchr(base + start, 0x0A, raw.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
