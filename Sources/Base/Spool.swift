import Glibc
import LinuxSystem

/// A temporary file without a name, for bytes that cannot be mapped where they are.
final class Spool {
    let descriptor: Int32
    /// The file whose bytes these will be, for complaints.
    let path: String
    private let folder: String
    /// The most bytes it takes: half of what was free at first, so that others have room too.
    private let limit: Int
    /// Hears how many bytes have come, a piece at a time.
    private let progress: ((Int) -> Void)?

    /// An empty one in `TMPDIR`, or in `/tmp`; it vanishes with its last descriptor.
    init(path: String, progress: ((Int) -> Void)? = nil) throws(Fault) {
        self.path = path
        self.progress = progress
        folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/chatload-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw Files.fault("no temporary file in \(folder)", path)
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        var room = statvfs()
        let isKnown = fstatvfs(descriptor, &room) == 0
        let (bytes, isTooMuch) = UInt64(room.f_bavail).multipliedReportingOverflow(
            by: UInt64(room.f_frsize))
        limit = isKnown && !isTooMuch ? Int(clamping: bytes / 2) : .max
    }

    deinit { close(descriptor) }

    /// The number of bytes written.
    func count() throws(Fault) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Files.fault("cannot be read", path)
        }
        return Int(status.st_size)
    }

    /// Takes over everything that `source` has to give.
    func copy(_ source: Int32) throws(Fault) {
        try read(source, append)
    }

    /// Hands on everything that `source` has to give, piece by piece; no more than there is room for.
    func read(_ source: Int32, _ take: ([UInt8]) throws(Fault) -> Void) throws(Fault) {
        var taken = 0
        while true {
            var got = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { room, used in
                got = Glibc.read(source, room.baseAddress, room.count)
                used = max(0, got)
            }
            if got == 0 { return }
            if got < 0 {
                if errno == EINTR { continue }
                throw Files.fault("cannot be read", path)
            }
            taken += got
            if taken > limit { throw noRoom("it takes more than half of what is free") }
            try take(bytes)
            progress?(taken)
        }
    }

    private func noRoom(_ why: String) -> Fault {
        Fault(
            "there is no room in \(folder) to unpack it: \(why)",
            at: .file(path),
            hint: "name a folder with more room in TMPDIR, or unpack the file first")
    }

    /// Takes over bytes.
    func append(_ buffer: [UInt8]) throws(Fault) {
        var written = 0
        while written < buffer.count {
            let put = buffer.withUnsafeBytes { bytes in
                bytes.baseAddress.map { write(descriptor, $0 + written, bytes.count - written) }
                    ?? 0
            }
            if put < 0, errno == EINTR { continue }
            if put < 0, errno == ENOSPC || errno == EDQUOT || errno == EFBIG {
                throw noRoom(String(cString: strerror(errno)))
            }
            guard put > 0 else {
                throw Files.fault("cannot be kept in a temporary file", path)
            }
            written += put
        }
    }

    /// Takes over what the `gzip` command makes of `source`.
    func unzip(_ source: Int32) throws(Fault) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw Files.fault("no pipe for gzip", path)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child: pid_t
        do throws(Fault) {
            child = try startGzip(from: source, into: ends[1])
        } catch {
            for end in ends { close(end) }
            throw error
        }
        close(ends[1])
        do throws(Fault) {
            try copy(ends[0])
        } catch {
            // It ends when it writes where nobody reads any more.
            close(ends[0])
            _ = try? wait(for: child)
            throw error
        }
        close(ends[0])
        guard try wait(for: child) == 0 else {
            throw Fault(
                "gzip cannot read this file", at: .file(path),
                hint: "check that it is whole and really compressed")
        }
    }

    private func startGzip(from source: Int32, into sink: Int32) throws(Fault) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, source, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, sink, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // A signal that is ignored here would be ignored there too.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var heard = sigset_t()
        sigemptyset(&heard)
        sigaddset(&heard, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &heard)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("gzip"), strdup("-dc"), nil]
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        let refusal = posix_spawnp(&child, "gzip", &actions, &attributes, &arguments, environ)
        if refusal == 0 { return child }
        throw Fault(
            "the gzip command, which reads .gz files, cannot be started",
            at: .file(path), hint: "install gzip or unpack the file first")
    }

    /// The status with which a process has ended.
    private func wait(for child: pid_t) throws(Fault) -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else {
                throw Files.fault("cannot wait for gzip", path)
            }
        }
        return status
    }
}

extension Spool {
    /// The text of an open file whose bytes cannot be used as they are: what comes through a pipe, is
    /// packed with gzip or is UTF-16 (which a table is not decoded of). Nil where they can.
    ///
    /// - Parameter progress: hears how many bytes of the text have come so far.
    /// - Throws: what the file is, if it is none that can be read.
    static func text(
        of source: Int32, isPlain: Bool, isTable: Bool, path: String, progress: ((Int) -> Void)?
    ) throws(Fault) -> Spool? {
        var spool: Spool?
        if !isPlain {
            let copy = try Spool(path: path, progress: progress)
            try copy.copy(source)
            spool = copy
        }
        while let next = try decoded(
            spool?.descriptor ?? source, isTable: isTable, path: path, progress)
        {
            spool = next
        }
        return spool
    }

    /// One layer taken off; nil where there is none.
    private static func decoded(
        _ descriptor: Int32, isTable: Bool, path: String, _ progress: ((Int) -> Void)?
    ) throws(Fault) -> Spool? {
        let head = [UInt8](unsafeUninitializedCapacity: FileContent.head) { room, used in
            used = max(0, pread(descriptor, room.baseAddress, room.count, 0))
        }
        let content = FileContent(head.span)
        switch content {
        case .text: return nil
        case .foreign(let words): throw FileContent.foreign(words).at(.file(path))
        case .utf16 where isTable: throw FileContent.foreign("UTF-16").at(.file(path))
        case .gzip, .utf16: break
        }
        let spool = try Spool(path: path, progress: progress)
        if case .utf16(let isLittleEndian, let mark) = content {
            lseek(descriptor, mark, SEEK_SET)
            try spool.decode(descriptor, UTF16Decoder(isLittleEndian: isLittleEndian))
        } else {
            lseek(descriptor, 0, SEEK_SET)
            try spool.unzip(descriptor)
        }
        return spool
    }

    /// Takes over what is left of a file of UTF-16.
    private func decode(_ source: Int32, _ decoder: UTF16Decoder) throws(Fault) {
        var decoder = decoder
        var text: [UInt8] = []
        try read(source) { bytes throws(Fault) in
            text.removeAll(keepingCapacity: true)
            decoder.decode(bytes.span, into: &text)
            try append(text)
        }
        if !decoder.finish() {
            throw Fault(
                "this is UTF-16 that breaks off in a character",
                at: .file(path),
                hint: "save it as UTF-8, or check that it is whole")
        }
    }
}
