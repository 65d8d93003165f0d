import Glibc
import LinuxSystem

extension Nanoseconds {
    /// The time by one of the system's clocks, a `clockid_t`.
    package static func reading(_ clock: Int32) -> Nanoseconds {
        var time = timespec()
        clock_gettime(clock, &time)
        return Nanoseconds(Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}

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

    /// How many connections one source address can have to one target, by the ports that the kernel
    /// gives to connections of its own choice (`net.ipv4.ip_local_port_range`, also used for IPv6);
    /// nil where it does not say.
    package static var ephemeralPorts: Int? {
        guard let bytes = try? Files.contents(of: "/proc/sys/net/ipv4/ip_local_port_range") else {
            return nil
        }
        let words = bytes.span.text.split { $0.isWhitespace }.compactMap { Int($0) }
        guard words.count == 2, words[1] >= words[0] else { return nil }
        return words[1] - words[0] + 1
    }
}

/// This process: what it may use, and how it ends.
package enum ThisProcess {
    // MARK: Resources

    /// How many files and sockets this process has open; the three standard ones where the system
    /// does not tell.
    package static var openDescriptors: Int {
        guard let folder = opendir("/proc/self/fd") else { return 3 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Less the folder itself and its two names for folders.
        return max(count - 3, 3)
    }

    /// Raises the soft limit to the hard one, which takes no privilege: the usual soft limit of 1,024
    /// is a compatibility with `select` and far below what a load test needs.
    ///
    /// - Returns: the limit in force afterwards, raised or not; `Int.max` where there is none.
    package static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 {
                limit = raised
            }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many processors this process may use: fewer than the machine has where it is pinned to some
    /// (`taskset`, a container's set). At least 1.
    package static var usableProcessors: Int { max(Int(chatload_usable_processors()), 1) }

    /// Has large blocks of memory returned to the system as soon as they are freed. Left to itself, glibc keeps them once
    /// one has been freed: a body of 4 MB, which a service may send now and then, would stay in the
    /// process, and several that came together would look like a leak.
    package static func returnLargeBlocks() {
        chatload_set_malloc_thresholds(1 << 20, 2 << 20)
    }

    /// Where the process's address space is limited (`ulimit -v`), lets threads share two of the
    /// allocator's arenas: each of its own would take 64 MB of it. Threads then wait for one another
    /// now and then.
    package static func shareArenas() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
            limit.rlim_cur != rlim_t.max
        else { return }
        chatload_set_malloc_arenas(2)
    }

    // MARK: Its end

    /// The exit code of internal errors.
    package static let exitCode: Int32 = CHATLOAD_FAULT_CODE

    /// Ends the process, which cannot go on: its last line on stderr says why, written at once and
    /// without any lock, and then the process is over, whatever its threads do.
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

    /// Ends the process where it cannot go on without a resource: one line on stderr, and exit code
    /// 107. For what is needed before anything else can be and was not foreseen when the run was
    /// checked.
    package static func end(for want: String, _ number: Int32) -> Never {
        end("\(want): \(String(cString: strerror(number)))")
    }
}

/// A shared library of the platform, found when it is first needed, and what is looked up in it. It
/// stays loaded.
package struct SharedLibrary {
    private let name: String
    private let handle: UnsafeMutableRawPointer

    /// Finds and loads the library of this name.
    ///
    /// - Throws: why there is none, in the loader's words.
    package init(_ name: String) throws(Fault) {
        guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            throw Fault(dlerror().map { String(cString: $0) } ?? "no \(name)")
        }
        self.name = name
        self.handle = handle
    }

    /// The function of this name, as the C function type that is wanted.
    ///
    /// - Throws: that there is none.
    package func function<Function>(_ symbol: String) throws(Fault) -> Function {
        guard let address = dlsym(handle, symbol) else {
            throw Fault("\(name) has no \(symbol)")
        }
        return unsafeBitCast(address, to: Function.self)
    }
}

/// A value that several threads share, each holding its lock while it looks.
///
/// Built on pthreads rather than on `Synchronization.Mutex` because the thread sanitizer does not see
/// into the latter's futex: it would report every hand-over between threads as a race, and hide real
/// ones in the noise. `@unchecked Sendable` is sound because the value is only touched under the lock.
package final class Locked<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    /// Shares `value`.
    package init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Lends the value under the lock, and throws what `body` does. `body` must not ask for the lock
    /// again, and should not block. What it returns must be safe to use without the lock.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
