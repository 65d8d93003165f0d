import Glibc
import Synchronization

/// The error numbers that simulated sockets give, as Linux numbers them.
enum SimulatedError {
    static let badDescriptor = EBADF
    static let brokenPipe = EPIPE
    static let refused = ECONNREFUSED
    static let addressInUse = EADDRINUSE
    static let reset = ECONNRESET
}

/// Lets one thread wait until another rings; a ring that comes first is not lost.
///
/// `@unchecked Sendable` is sound because the flag is only touched under the mutex.
final class Bell: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var hasRung = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func ring() {
        pthread_mutex_lock(mutex)
        hasRung = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    func waitForRing() {
        pthread_mutex_lock(mutex)
        while !hasRung { pthread_cond_wait(condition, mutex) }
        hasRung = false
        pthread_mutex_unlock(mutex)
    }
}
