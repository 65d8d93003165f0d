import LinuxSystem
import Glibc

/// Files: the system's calls with one errno policy. EINTR repeats, short writes are completed,
/// everything else is a `Fault` at the path.
package enum Files {
    /// Makes a folder that only the owner may read, and the folders above it where they are missing.
    package static func makeFolder(_ path: String) throws(Fault) {
        if isFolder(path) { return }
        // Another process may have made it meanwhile.
        if try makeNewFolder(path) || isFolder(path) { return }
        throw fault("cannot make this folder", path, because: EEXIST)
    }

    /// The same, where nothing has this name yet; false where something has.
    package static func makeNewFolder(_ path: String) throws(Fault) -> Bool {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]))
        }
        if mkdir(path, 0o700) == 0 { return true }
        if errno == EEXIST { return false }
        throw fault("cannot make this folder", path)
    }

    /// Whether there is a folder at `path`.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// A file's bytes; 0 where there is none.
    package static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_size : 0
    }

    /// Whether there is anything at `path`.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Opens a file that must not exist yet for appending; only the owner may read it.
    package static func create(_ path: String) throws(Fault) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw fault("cannot create", path) }
        return descriptor
    }

    /// Opens a file for reading.
    package static func open(reading path: String) throws(Fault) -> Int32 {
        // What is no file at all must not be waited for.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if descriptor < 0 { throw fault("cannot read", path) }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        if kind == S_IFREG || kind == S_IFDIR { return descriptor }
        close(descriptor)
        throw Fault("cannot read: it is a FIFO or a device and no file", at: .file(path))
    }

    /// Writes all bytes.
    package static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(Fault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw fault("cannot write", path) }
            rest = rest.dropFirst(count)
        }
    }

    /// Appends the next bytes of a file, at most `limit` of them; false at its end.
    package static func read(
        _ descriptor: Int32, limit: Int, into bytes: inout [UInt8], path: String
    ) throws(Fault) -> Bool {
        while true {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: limit) { room, used in
                count = Glibc.read(descriptor, room.baseAddress, room.count)
                used = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw fault("cannot read", path) }
            bytes.append(contentsOf: chunk)
            return count > 0
        }
    }

    /// A small file's whole text, whatever editor has saved it.
    package static func contents(of path: String) throws(Fault) -> [UInt8] {
        let descriptor = try open(reading: path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while try read(descriptor, limit: 65_536, into: &bytes, path: path) {
            if bytes.count > 64 << 20 { throw Fault("larger than 64 MB", at: .file(path)) }
        }
        do throws(Fault) {
            return try FileContent.text(of: bytes)
        } catch {
            throw error.at(.file(path))
        }
    }

    /// Makes sure that a folder is there and can be written to, or can be made; makes none.
    package static func requireRoom(forFolder path: String) throws(Fault) {
        if exists(path) {
            if !isFolder(path) { throw fault("is no folder", path, because: ENOTDIR) }
            if access(path, W_OK | X_OK) != 0 { throw fault("cannot be written to", path) }
            return
        }
        let slash = path.dropLast().lastIndex(of: "/")
        let above = slash.map { String(path[..<$0]) } ?? "."
        try requireRoom(forFolder: above.isEmpty ? "/" : above)
    }

    /// Makes sure that a file which is being written can still be found.
    package static func requireName(of descriptor: Int32, path: String) throws(Fault) {
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_nlink == 0 {
            throw Fault("was removed while it was being written", at: .file(path))
        }
    }

    /// Replaces a file as a whole, so that a reader sees the old content or the new, never a part.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(Fault) {
        try write(bytes, in: Replacement(of: path))
    }

    /// Writes a file as a whole.
    package static func write(_ bytes: [UInt8], in file: Replacement) throws(Fault) {
        var file = file
        do throws(Fault) {
            try file.append(bytes.span)
            try file.finish()
        } catch {
            file.abandon()
            throw error
        }
    }

    /// Closes a written file; some file systems report a failed write only here.
    package static func finish(_ descriptor: Int32, path: String) throws(Fault) {
        if close(descriptor) != 0, errno != EINTR { throw fault("cannot write", path) }
    }

    /// What the system said when something could not be done with the file.
    package static func fault(
        _ what: String, _ path: String, because reason: Int32 = errno, hint: String? = nil
    ) -> Fault {
        Fault("\(what): \(String(cString: strerror(reason)))", at: .file(path), hint: hint)
    }
}

/// Going on with files that are there.
extension Files {
    /// Opens a file that is there already for appending.
    package static func open(appending path: String) throws(Fault) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        if descriptor < 0 { throw fault("cannot be gone on with", path) }
        return descriptor
    }

    /// Takes a file for this process alone, until it closes the file or ends.
    package static func lock(_ descriptor: Int32, path: String) throws(Fault) {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        if errno == EWOULDBLOCK {
            throw Fault("another chatload is at work in this folder", at: .file(path))
        }
        // File systems without locks: better unprotected than not at all.
    }

    /// Opens a log for appending behind its first `size` bytes; what comes after them is cut off.
    package static func open(appending path: String, behind size: Int) throws(Fault) -> Int32 {
        let descriptor = try open(appending: path)
        if ftruncate(descriptor, size) == 0 { return descriptor }
        let failure = fault("cannot be shortened", path)
        close(descriptor)
        throw failure
    }

    /// The bytes of an open file at an offset; fewer where it ends before.
    package static func read(
        _ descriptor: Int32, at offset: Int, count: Int, path: String
    ) throws(Fault) -> [UInt8] {
        var failure: Fault?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { room, used in
            while used < count {
                guard let start = room.baseAddress else { return }
                let got = pread(descriptor, start + used, count - used, offset + used)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = fault("cannot read", path) }
                if got <= 0 { return }
                used += got
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// Reading line by line.
extension Files {
    /// No line of ours is longer; of a longer one nothing is kept.
    private static let longestLine = 64 << 20

    /// Reads a file line by line, in chunks and with bounded memory; lends every line that has an end, without its line feed, with the offset it begins at.
    ///
    /// - Returns: the offset behind the last line that has an end.
    package static func readLines(
        of path: String, chunk: Int = 262_144, from start: Int = 0,
        line: (_ offset: Int, _ bytes: Span<UInt8>) throws(Fault) -> Void
    ) throws(Fault) -> Int {
        let descriptor = try open(reading: path)
        defer { close(descriptor) }
        lseek(descriptor, start, SEEK_SET)
        var offset = start
        var end = start
        var pending: [UInt8] = []
        var isSkipping = false
        while try read(descriptor, limit: chunk, into: &pending, path: path) {
            var at = 0
            while let feed = pending.span.firstIndex(of: 0x0A, from: at) {
                if !isSkipping {
                    try line(offset + at, pending.span.extracting(at..<feed))
                }
                isSkipping = false
                at = feed + 1
                end = offset + at
            }
            pending.removeFirst(at)
            offset += at
            if pending.count > longestLine {
                isSkipping = true
                offset += pending.count
                pending.removeAll()
            }
        }
        return end
    }
}

/// Replacement of a file: one that is written little by little and takes another's place once it is complete, so that a
/// reader sees the old content or the new, never a part. Only a regular file is ever replaced.
package struct Replacement {
    private static let chunk = 1 << 18

    /// The place it takes.
    package let path: String
    /// Where it is until it is complete; nil for what is written into and replaces nothing.
    private let temporary: String?
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    package init(of path: String) throws(Fault) {
        self.path = path
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw Fault("is no regular file, and nothing else is replaced", at: .file(path))
        }
        let temporary = "\(path).\(getpid()).tmp"
        unlink(temporary)
        descriptor = try Files.create(temporary)
        self.temporary = temporary
    }

    /// Writes into what is open already.
    package init(into descriptor: Int32, path: String) {
        self.path = path
        self.descriptor = descriptor
        temporary = nil
    }

    /// Appends bytes.
    package mutating func append(_ bytes: Span<UInt8>) throws(Fault) {
        bytes.withUnsafeBufferPointer { waiting.append(contentsOf: $0) }
        if waiting.count >= Self.chunk { try flush() }
    }

    /// Puts the file in its place, or in another.
    package mutating func finish(at other: String? = nil) throws(Fault) {
        let path = other ?? path
        try flush()
        try Files.finish(descriptor, path: path)
        guard let temporary else { return }
        if rename(temporary, path) != 0 { throw Files.fault("cannot replace", path) }
    }

    /// Leaves the old file as it is.
    package func abandon() {
        if let temporary { unlink(temporary) }
    }

    /// Makes sure that a file could be made for the place `path`, by making one for a moment.
    package static func requireRoom(at path: String) throws(Fault) {
        let trial = try Replacement(of: path)
        close(trial.descriptor)
        trial.abandon()
    }

    private mutating func flush() throws(Fault) {
        try Files.write(waiting, to: descriptor, path: path)
        waiting.removeAll(keepingCapacity: true)
    }
}
