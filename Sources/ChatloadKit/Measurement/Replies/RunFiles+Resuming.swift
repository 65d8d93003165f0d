import Glibc

/// What a run that is resumed does with the files of its earlier parts.
extension RunFiles {
    /// Opens a file that is there already for appending.
    static func open(appending path: String) throws(LogComplaint) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        if descriptor < 0 { throw complaint("cannot be gone on with", path) }
        return descriptor
    }

    /// Takes a file for this process alone, until it closes the file or ends.
    static func lock(_ descriptor: Int32, path: String) throws(LogComplaint) {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        if errno == EWOULDBLOCK {
            throw LogComplaint("\(path): another chatload is at work in this folder")
        }
        // File systems without locks: better unprotected than not at all.
    }

    /// Opens a log for appending behind its first `size` bytes; what comes after them is cut off.
    static func open(appending path: String, behind size: Int) throws(LogComplaint) -> Int32 {
        let descriptor = try open(appending: path)
        if ftruncate(descriptor, size) == 0 { return descriptor }
        let failure = complaint("cannot be shortened", path)
        close(descriptor)
        throw failure
    }

    /// The bytes at an offset; fewer where the file ends before.
    static func read(
        _ descriptor: Int32, at offset: Int, count: Int, path: String
    ) throws(LogComplaint) -> [UInt8] {
        var failure: LogComplaint?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { room, used in
            while used < count {
                guard let start = room.baseAddress else { return }
                let got = pread(descriptor, start + used, count - used, offset + used)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = complaint("cannot read", path) }
                if got <= 0 { return }
                used += got
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
