/// The line on stderr that tells how much of the logs has been read.
struct ReadingLine {
    private var line: CheckingLine
    private let bytes: Int
    private var read = 0

    /// Nothing has been read of so many bytes.
    init(isShown: Bool, bytes: Int) {
        line = CheckingLine(isShown: isShown && bytes > 0, doing: "reading the log")
        self.bytes = bytes
    }

    /// So many bytes more have been read.
    mutating func advance(_ count: Int) {
        read += count
        line.update(share: Double(read) / Double(max(bytes, 1)), bytes: bytes)
    }

    /// Takes the line away.
    mutating func finish() { line.finish() }
}
