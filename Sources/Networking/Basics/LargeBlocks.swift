import Glibc
import LinuxSystem

/// What becomes of large blocks of memory.
package enum LargeBlocks {
    /// Has them returned to the system as soon as they are freed. Left to itself, glibc keeps them once
    /// one has been freed: a body of 4 MB, which a service may send now and then, would stay in the
    /// process, and several that came together would look like a leak.
    package static func returnToSystem() {
        chatload_set_malloc_thresholds(1 << 20, 2 << 20)
    }

    /// Where the process's address space is limited (`ulimit -v`), lets threads share two of the
    /// allocator's arenas: each of its own would take 64 MB of it. Threads then wait for one another
    /// now and then.
    package static func shareWhereAddressesAreFew() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
            limit.rlim_cur != rlim_t.max
        else { return }
        chatload_set_malloc_arenas(2)
    }
}
