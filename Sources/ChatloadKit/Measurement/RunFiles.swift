import Glibc
import Networking

/// The file calls of a run's folder, with one errno policy: EINTR repeats, short writes are
/// completed, everything else is a `LogComplaint` that names the path.
enum RunFiles {
    /// Makes a folder that only the owner may read, and the folders above it where they are missing.
    static func makeFolder(_ path: String) throws(LogComplaint) {
        if isFolder(path) { return }
        // Another process may have made it meanwhile.
        if try makeNewFolder(path) || isFolder(path) { return }
        throw complaint("cannot make this folder", path, because: EEXIST)
    }

    /// The same, where nothing has this name yet; false where something has.
    static func makeNewFolder(_ path: String) throws(LogComplaint) -> Bool {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]))
        }
        if mkdir(path, 0o700) == 0 { return true }
        if errno == EEXIST { return false }
        throw complaint("cannot make this folder", path)
    }

    /// Whether there is a folder at `path`.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// A file's bytes; 0 where there is none.
    static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_size : 0
    }

    /// Whether there is anything at `path`.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Opens a file that must not exist yet for appending; only the owner may read it.
    static func create(_ path: String) throws(LogComplaint) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw complaint("cannot create", path) }
        return descriptor
    }

    /// Opens a file that is gone once it is closed; its name is only needed for a moment.
    static func createUnnamed(_ path: String) throws(LogComplaint) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw complaint("cannot create", path) }
        unlink(path)
        return descriptor
    }

    /// Opens a file for reading.
    static func open(reading path: String) throws(LogComplaint) -> Int32 {
        // What is no file at all must not be waited for.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if descriptor < 0 { throw complaint("cannot read", path) }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        if kind == S_IFREG || kind == S_IFDIR { return descriptor }
        close(descriptor)
        throw LogComplaint("\(path): cannot read: it is a FIFO or a device and no file")
    }

    /// Writes all bytes.
    static func write(
        _ bytes: [UInt8], to descriptor: Int32, path: String
    ) throws(LogComplaint) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw complaint("cannot write", path) }
            rest = rest.dropFirst(count)
        }
    }

    /// Appends the next bytes of a file, at most `limit` of them; false at its end.
    static func read(
        _ descriptor: Int32, limit: Int, into bytes: inout [UInt8], path: String
    ) throws(LogComplaint) -> Bool {
        while true {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: limit) { room, used in
                count = Glibc.read(descriptor, room.baseAddress, room.count)
                used = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw complaint("cannot read", path) }
            bytes.append(contentsOf: chunk)
            return count > 0
        }
    }

    /// A small file's whole text, whatever editor has saved it.
    static func contents(of path: String) throws(LogComplaint) -> [UInt8] {
        let descriptor = try open(reading: path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while try read(descriptor, limit: 65_536, into: &bytes, path: path) {
            if bytes.count > 64 << 20 { throw LogComplaint("\(path): larger than 64 MB") }
        }
        do throws(ForeignContent) {
            return try FileContent.text(of: bytes)
        } catch {
            throw LogComplaint("\(path): \(error.message); \(error.suggestion)")
        }
    }

    /// Makes sure that a folder is there and can be written to, or can be made; makes none.
    static func requireRoom(forFolder path: String) throws(LogComplaint) {
        if exists(path) {
            if !isFolder(path) { throw complaint("is no folder", path, because: ENOTDIR) }
            if access(path, W_OK | X_OK) != 0 { throw complaint("cannot be written to", path) }
            return
        }
        let slash = path.dropLast().lastIndex(of: "/")
        let above = slash.map { String(path[..<$0]) } ?? "."
        try requireRoom(forFolder: above.isEmpty ? "/" : above)
    }

    /// Makes sure that a file which is being written can still be found.
    static func requireName(of descriptor: Int32, path: String) throws(LogComplaint) {
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_nlink == 0 {
            throw LogComplaint("\(path): was removed while it was being written")
        }
    }

    /// Replaces a file as a whole, so that a reader sees the old content or the new, never a part.
    static func replace(_ path: String, with bytes: [UInt8]) throws(LogComplaint) {
        try write(bytes, in: Replacement(of: path))
    }

    /// Writes a file as a whole.
    static func write(_ bytes: [UInt8], in file: Replacement) throws(LogComplaint) {
        var file = file
        do throws(LogComplaint) {
            try file.append(bytes.span)
            try file.finish()
        } catch {
            file.abandon()
            throw error
        }
    }

    /// Closes a written file; some file systems report a failed write only here.
    static func finish(_ descriptor: Int32, path: String) throws(LogComplaint) {
        if close(descriptor) != 0, errno != EINTR { throw complaint("cannot write", path) }
    }

    /// What the system said when something could not be done with the file.
    static func complaint(
        _ what: String, _ path: String, because reason: Int32 = errno
    ) -> LogComplaint {
        LogComplaint("\(path): \(what): \(String(cString: strerror(reason)))")
    }
}
