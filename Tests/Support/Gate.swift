import Glibc

/// Blocks a thread of a test, such as a name look-up, until another opens the gate.
package final class Throttle: Sendable {
    private nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    /// A closed gate.
    package init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Lets everybody through, now and later.
    package func open() { sem_post(semaphore) }

    /// Blocks the calling thread until the gate is open.
    package func wait() {
        while sem_wait(semaphore) != 0 {}
        sem_post(semaphore)
    }
}
