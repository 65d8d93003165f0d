import Base
import Glibc
import Synchronization

/// One of the process's output streams and what it can show.
struct Terminal: Sendable {
    /// Where reports go.
    static let output = Terminal(descriptor: STDOUT_FILENO)
    /// Where progress and messages go.
    static let messages = Terminal(descriptor: STDERR_FILENO)

    /// Why stdout took no more, as the C library numbers it; 0 where it has taken everything.
    private static let refusal = Atomic<Int32>(0)

    let descriptor: Int32

    /// Puts the null device in the place of standard streams that are closed: else the next file or
    /// socket to be opened would get their numbers, and with them what is printed.
    static func fillClosedStreams() {
        while case let lowest = open("/dev/null", O_RDWR), lowest >= 0 {
            if lowest <= STDERR_FILENO { continue }
            close(lowest)
            return
        }
    }

    /// Whether somebody looks at it, so that a line can be redrawn.
    func isInteractive(_ environment: [String: String]) -> Bool {
        isatty(descriptor) == 1 && environment["TERM"] != "dumb"
    }

    /// Whether colours are welcome (no-color.org: any value of NO_COLOR but an empty one forbids).
    func showsColour(_ environment: [String: String]) -> Bool {
        isInteractive(environment) && environment["NO_COLOR"]?.isEmpty ?? true
    }

    /// Whether the terminal's characters are Unicode's, as far as the locale tells (POSIX: the first
    /// of these variables that is not empty counts).
    static func showsUnicode(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
            .first { !$0.isEmpty }
        guard let encoding = locale?.lowercased() else { return false }
        return encoding.contains("utf-8") || encoding.contains("utf8")
    }

    /// The window's columns and rows; 80 and 24 where they are not known.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        let isKnown =
            ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        return isKnown ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
    }

    /// Writes all of `text`. What is not taken is dropped, and of stdout noted for `loss`.
    func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EAGAIN {
                // Somebody else has made the file that is shared with them one that never waits.
                var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&polled, 1, -1)
            } else if count < 0, errno != EINTR {
                return note(errno)
            }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    /// What has not reached stdout, and why; nil where everything has, or where its reader went away
    /// (`| head`), who wants no more.
    static var loss: Fault? {
        let number = refusal.load(ordering: .relaxed)
        if number == 0 || number == EPIPE { return nil }
        return Fault(
            "cannot write to stdout: \(String(cString: strerror(number)))",
            exitCode: .internalError)
    }

    /// Closes stdout, since some file systems tell only then that something could not be written.
    static func closeOutput() {
        if close(STDOUT_FILENO) != 0, errno != EINTR { output.note(errno) }
    }

    private func note(_ number: Int32) {
        guard descriptor == STDOUT_FILENO else { return }
        _ = Self.refusal.compareExchange(expected: 0, desired: number, ordering: .relaxed)
    }
}
