import LinuxSystem

/// What becomes of large blocks of memory.
package enum LargeBlocks {
    /// Has them returned to the system as soon as they are freed. Left to itself, glibc keeps them once
    /// one has been freed: a body of 16 MB, which a service may send now and then, would stay in the
    /// process, and several that came together would look like a leak.
    package static func returnToSystem() {
        chatload_set_malloc_thresholds(1 << 20, 2 << 20)
    }
}
