import Glibc

/// A file that is written little by little and takes another's place once it is complete, so that a
/// reader sees the old content or the new, never a part.
struct Replacement {
    private static let chunk = 1 << 18

    let path: String
    private let temporary: String
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    init(of path: String) throws(LogComplaint) {
        self.path = path
        temporary = "\(path).\(getpid()).tmp"
        unlink(temporary)
        descriptor = try RunFiles.create(temporary)
    }

    /// Appends bytes.
    mutating func append(_ bytes: Span<UInt8>) throws(LogComplaint) {
        bytes.withUnsafeBufferPointer { waiting.append(contentsOf: $0) }
        if waiting.count >= Self.chunk { try flush() }
    }

    /// Puts the file in its place, or in another.
    mutating func finish(at other: String? = nil) throws(LogComplaint) {
        let path = other ?? path
        try flush()
        try RunFiles.finish(descriptor, path: path)
        if rename(temporary, path) != 0 { throw RunFiles.complaint("cannot replace", path) }
    }

    /// Leaves the old file as it is.
    func abandon() { unlink(temporary) }

    private mutating func flush() throws(LogComplaint) {
        try RunFiles.write(waiting, to: descriptor, path: path)
        waiting.removeAll(keepingCapacity: true)
    }
}
