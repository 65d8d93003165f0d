import Glibc

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
