import Glibc

/// A file that is written little by little and takes another's place once it is complete, so that a
/// reader sees the old content or the new, never a part. Only a regular file is ever replaced.
struct Replacement {
    private static let chunk = 1 << 18

    let path: String
    /// Where it is until it is complete; nil for what is written into and replaces nothing.
    private let temporary: String?
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    init(of path: String) throws(LogComplaint) {
        self.path = path
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw LogComplaint("\(path): is no regular file, and nothing else is replaced")
        }
        let temporary = "\(path).\(getpid()).tmp"
        unlink(temporary)
        descriptor = try RunFiles.create(temporary)
        self.temporary = temporary
    }

    /// Writes into what is open already.
    init(into descriptor: Int32, path: String) {
        self.path = path
        self.descriptor = descriptor
        temporary = nil
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
        guard let temporary else { return }
        if rename(temporary, path) != 0 { throw RunFiles.complaint("cannot replace", path) }
    }

    /// Leaves the old file as it is.
    func abandon() {
        if let temporary { unlink(temporary) }
    }

    /// Makes sure that a file could be made for the place `path`, by making one for a moment.
    static func requireRoom(at path: String) throws(LogComplaint) {
        let trial = try Replacement(of: path)
        close(trial.descriptor)
        trial.abandon()
    }

    private mutating func flush() throws(LogComplaint) {
        try RunFiles.write(waiting, to: descriptor, path: path)
        waiting.removeAll(keepingCapacity: true)
    }
}
