import Glibc

/// A value that several threads share, each holding its lock while it looks.
///
/// Built on pthreads rather than on `Synchronization.Mutex` because the thread sanitizer does not see
/// into the latter's futex: it would report every hand-over between threads as a race, and hide real
/// ones in the noise. `@unchecked Sendable` is sound because the value is only touched under the lock.
final class Guarded<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Lends the value under the lock; `body` must not block nor ask for the lock again.
    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
