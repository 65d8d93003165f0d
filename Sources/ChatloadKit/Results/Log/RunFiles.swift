package import Base
import Glibc
import Networking

/// The file calls of a run's folder, with one errno policy: EINTR repeats, short writes are
/// completed, everything else is a `Fault` that names the path.
enum RunFiles {
    /// Makes a folder that only the owner may read, and the folders above it where they are missing.
    static func makeFolder(_ path: String) throws(Fault) {
        if isFolder(path) { return }
        // Another process may have made it meanwhile.
        if try makeNewFolder(path) || isFolder(path) { return }
        throw complaint("cannot make this folder", path, because: EEXIST)
    }

    /// The same, where nothing has this name yet; false where something has.
    static func makeNewFolder(_ path: String) throws(Fault) -> Bool {
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
    static func create(_ path: String) throws(Fault) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw complaint("cannot create", path) }
        return descriptor
    }

    /// Opens a file for reading.
    static func open(reading path: String) throws(Fault) -> Int32 {
        // What is no file at all must not be waited for.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if descriptor < 0 { throw complaint("cannot read", path) }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        if kind == S_IFREG || kind == S_IFDIR { return descriptor }
        close(descriptor)
        throw Fault("\(path): cannot read: it is a FIFO or a device and no file")
    }

    /// Writes all bytes.
    static func write(
        _ bytes: [UInt8], to descriptor: Int32, path: String
    ) throws(Fault) {
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
    ) throws(Fault) -> Bool {
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
    static func contents(of path: String) throws(Fault) -> [UInt8] {
        let descriptor = try open(reading: path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while try read(descriptor, limit: 65_536, into: &bytes, path: path) {
            if bytes.count > 64 << 20 { throw Fault("\(path): larger than 64 MB") }
        }
        do throws(Fault) {
            return try FileContent.text(of: bytes)
        } catch {
            throw Fault("\(path): \(error)")
        }
    }

    /// Makes sure that a folder is there and can be written to, or can be made; makes none.
    static func requireRoom(forFolder path: String) throws(Fault) {
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
    static func requireName(of descriptor: Int32, path: String) throws(Fault) {
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_nlink == 0 {
            throw Fault("\(path): was removed while it was being written")
        }
    }

    /// Replaces a file as a whole, so that a reader sees the old content or the new, never a part.
    static func replace(_ path: String, with bytes: [UInt8]) throws(Fault) {
        try write(bytes, in: Replacement(of: path))
    }

    /// Writes a file as a whole.
    static func write(_ bytes: [UInt8], in file: Replacement) throws(Fault) {
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
    static func finish(_ descriptor: Int32, path: String) throws(Fault) {
        if close(descriptor) != 0, errno != EINTR { throw complaint("cannot write", path) }
    }

    /// What the system said when something could not be done with the file.
    static func complaint(
        _ what: String, _ path: String, because reason: Int32 = errno
    ) -> Fault {
        Fault("\(path): \(what): \(String(cString: strerror(reason)))")
    }
}

/// Reading from the middle of a file.
extension RunFiles {
    /// The bytes of an open file from `offset` on: `limit` of them, fewer only at its end.
    static func bytes(
        of descriptor: Int32, from offset: Int, limit: Int, path: String
    ) throws(Fault) -> [UInt8] {
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
        throw Fault("\(path): cannot read: \(String(cString: strerror(number)))")
    }
}

/// What a run that is resumed does with the files of its earlier parts.
extension RunFiles {
    /// Opens a file that is there already for appending.
    static func open(appending path: String) throws(Fault) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        if descriptor < 0 { throw complaint("cannot be gone on with", path) }
        return descriptor
    }

    /// Takes a file for this process alone, until it closes the file or ends.
    static func lock(_ descriptor: Int32, path: String) throws(Fault) {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        if errno == EWOULDBLOCK {
            throw Fault("\(path): another chatload is at work in this folder")
        }
        // File systems without locks: better unprotected than not at all.
    }

    /// Opens a log for appending behind its first `size` bytes; what comes after them is cut off.
    static func open(appending path: String, behind size: Int) throws(Fault) -> Int32 {
        let descriptor = try open(appending: path)
        if ftruncate(descriptor, size) == 0 { return descriptor }
        let failure = complaint("cannot be shortened", path)
        close(descriptor)
        throw failure
    }

    /// The bytes at an offset; fewer where the file ends before.
    static func read(
        _ descriptor: Int32, at offset: Int, count: Int, path: String
    ) throws(Fault) -> [UInt8] {
        var failure: Fault?
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

/// Run folder: the names of the files that runs keep and read again; those that are made of the
/// figures stand in `Exporter.all`.
package enum RunFolder {
    package static let description = "run.json"
    package static let generator = "generator.json"
    package static let log = "exchanges.csv"
    package static let conversations = "conversations.csv"
    package static let summary = "summary.json"
    /// What a run that keeps replies does, in the order of time; gone once it is complete.
    package static let journal = "journal.tsv"
    package static let transcript = "transcript.jsonl"
    package static let batchOutput = "batch_output.jsonl"
    package static let inFlight = "in_flight.json"

    /// Makes a folder that nobody else has, called `path` or `path-2` or `path-3` and so on: who
    /// makes it is who may use it, however many begin at once.
    ///
    /// - Throws: why no folder can be made there.
    package static func claim(_ path: String) throws(Fault) -> String {
        for number in 1...10_000 {
            let name = number == 1 ? path : "\(path)-\(number)"
            if try RunFiles.makeNewFolder(name) { return name }
        }
        throw Fault("\(path): too many folders of this name; choose another one")
    }
}
