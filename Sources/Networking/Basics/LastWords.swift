import Glibc
import LinuxSystem

/// The last line of a process that cannot go on: written at once and without any lock, and then the
/// process is over, whatever its threads do.
package enum LastWords {
    /// The exit code of internal errors.
    package static let exitCode: Int32 = CHATLOAD_FAULT_CODE

    /// Says why, in one line on stderr, and ends the process.
    package static func end(_ reason: String) -> Never {
        say("error: \(reason)")
        _exit(exitCode)
    }

    /// Writes one line on stderr and takes no lock for it.
    package static func say(_ text: String) {
        var line = "chatload: \(text)\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// From now on a fault of the process itself (a trap of Swift's, an address that is not there, no
    /// memory) ends it with one line and `exitCode`. Swift's own backtracer, which starts another
    /// program and can wait for ever where memory is short, is not asked; SIGQUIT is the system's.
    package static func watchFaults() { chatload_watch_faults() }
}
