import Glibc

/// A resource of this machine that a process can run out of.
package enum SystemResource: String, Sendable, CaseIterable {
    /// Files and sockets (RLIMIT_NOFILE, or the whole machine's).
    case descriptors
    /// Local ports towards a peer.
    case ports
    /// Memory, the kernel's or the process's (RLIMIT_AS).
    case memory
    /// Threads (RLIMIT_NPROC, or a container's limit on its processes).
    case threads

    /// The resource whose lack an error number of the system tells; nil for every other number.
    /// EAGAIN is one only where a thread was to be made, see `SystemThread.spawn`.
    package init?(lackedBy number: Int32) {
        switch number {
        case EMFILE, ENFILE: self = .descriptors
        case EADDRNOTAVAIL: self = .ports
        case ENOBUFS, ENOMEM, ENOSPC: self = .memory
        default: return nil
        }
    }

    /// What is missing and which limit that is, in words.
    package var lackInWords: String {
        switch self {
        case .descriptors: "no file descriptor left (ulimit -n)"
        case .ports: "no local port left for this address"
        case .memory: "no memory left for a connection (ulimit -v, or the kernel's)"
        case .threads: "no thread left (ulimit -u, or the container's limit)"
        }
    }

    /// Ends the process where it cannot go on without: one line on stderr, and exit code 107. For
    /// what is needed before anything else can be and was not foreseen when the run was checked.
    package static func end(for want: String, _ number: Int32) -> Never {
        LastWords.end("\(want): \(String(cString: strerror(number)))")
    }
}
