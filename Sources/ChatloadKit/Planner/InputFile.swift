import Glibc

/// Opens files that people name for reading, without waiting for anybody in silence.
///
/// A FIFO that nobody writes to yet is announced on stderr after a second, since whoever waits for it
/// would otherwise not know why; a device has no end and is refused.
package enum InputFile {
    /// What stdin is called where a file is named.
    package static let stdin = "-"

    /// Milliseconds before a wait is announced.
    private static let patience: Int32 = 1_000

    /// A descriptor from which the first byte, or the end, can be read at once.
    ///
    /// - Returns: -1, with `errno`, where there is nothing to read; ENODEV for a device.
    package static func open(_ path: String) -> Int32 {
        if path == stdin {
            let descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
            if descriptor >= 0 { wait(descriptor, "stdin") }
            return descriptor
        }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if descriptor < 0 { return descriptor }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        let isDevice = kind == S_IFBLK || kind == S_IFCHR && isatty(descriptor) == 0
        if isDevice, !isNull(status) {
            close(descriptor)
            errno = ENODEV
            return -1
        }
        if kind == S_IFIFO || kind == S_IFCHR, !isNull(status) { wait(descriptor, path) }
        _ = fcntl(descriptor, F_SETFL, 0)
        return descriptor
    }

    /// The null device is an empty file, and meant as one.
    private static func isNull(_ status: stat) -> Bool {
        var null = stat()
        return stat("/dev/null", &null) == 0 && status.st_mode & S_IFMT == S_IFCHR
            && status.st_rdev == null.st_rdev
    }

    private static func wait(_ descriptor: Int32, _ path: String) {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var timeout = patience
        while case let ready = poll(&polled, 1, timeout), ready <= 0 {
            if ready < 0, errno != EINTR { return }
            if ready == 0, timeout > 0 {
                let line = Array("chatload: waiting for \(path), which nobody writes to yet\n".utf8)
                _ = write(STDERR_FILENO, line, line.count)
                timeout = -1
            }
        }
    }
}
