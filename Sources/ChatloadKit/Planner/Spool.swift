import Glibc

/// A temporary file without a name, for bytes that cannot be mapped where they are.
struct Spool {
    let descriptor: Int32
    /// The file whose bytes these will be, for complaints.
    private let path: String

    /// An empty one in `TMPDIR`, or in `/tmp`; it vanishes with its last descriptor.
    init(path: String) throws(ScriptComplaint) {
        self.path = path
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/chatload-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw MappedFile.complaint(path, "no temporary file in \(folder)", errno)
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    func close() { _ = Glibc.close(descriptor) }

    /// The number of bytes written.
    func count() throws(ScriptComplaint) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw MappedFile.complaint(path, "cannot be read", errno)
        }
        return Int(status.st_size)
    }

    /// Takes over everything that `source` has to give.
    func copy(_ source: Int32) throws(ScriptComplaint) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let got = read(source, &buffer, buffer.count)
            if got == 0 { return }
            if got < 0 {
                if errno == EINTR { continue }
                throw MappedFile.complaint(path, "cannot be read", errno)
            }
            try append(buffer, count: got)
        }
    }

    /// Takes over the first bytes of a buffer.
    func append(_ buffer: [UInt8], count: Int) throws(ScriptComplaint) {
        var written = 0
        while written < count {
            let put = buffer.withUnsafeBytes { bytes in
                bytes.baseAddress.map { write(descriptor, $0 + written, count - written) } ?? 0
            }
            if put < 0, errno == EINTR { continue }
            guard put > 0 else {
                throw MappedFile.complaint(path, "cannot be kept in a temporary file", errno)
            }
            written += put
        }
    }

    /// Takes over what the `gzip` command makes of `source`.
    func unzip(_ source: Int32) throws(ScriptComplaint) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, source, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("gzip"), strdup("-dc"), nil]
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        let refusal = posix_spawnp(&child, "gzip", &actions, nil, &arguments, environ)
        guard refusal == 0 else {
            throw ScriptComplaint(
                file: path, message: "the gzip command, which reads .gz files, cannot be started",
                suggestion: "install gzip or unpack the file first")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else {
                throw MappedFile.complaint(path, "cannot wait for gzip", errno)
            }
        }
        guard status == 0 else {
            throw ScriptComplaint(
                file: path, message: "gzip cannot read this file",
                suggestion: "check that it is whole and really compressed")
        }
    }
}
