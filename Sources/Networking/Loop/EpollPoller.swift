import Glibc
import LinuxSystem

/// The kernel as a poller: epoll for readiness, CLOCK_MONOTONIC for time.
package final class EpollPoller: KernelSockets {
    private static let batch = 512
    private static let wakeToken = ChannelTable.noToken

    private let epoll: Int32
    private let bell: Int32
    private let ready: UnsafeMutablePointer<epoll_event>
    /// Linux 5.11 and later wait with nanosecond precision; older kernels with milliseconds.
    private var hasPreciseWait: Bool

    /// Opens an epoll instance and the eventfd that wakes it; without descriptors for them the process
    /// is at its end. Without `hasPreciseWait` it does not
    /// even try what older kernels lack.
    package init(hasPreciseWait: Bool = true) {
        self.hasPreciseWait = hasPreciseWait
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        ready = .allocate(capacity: Self.batch)
        super.init()
        var event = epoll_event(
            events: EPOLLIN.rawValue | EPOLLET.rawValue, data: epoll_data(u64: Self.wakeToken))
        guard epoll >= 0, bell >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) == 0 else {
            SystemResource.end(for: "cannot make an event loop", errno)
        }
    }

    deinit {
        ready.deallocate()
        _ = Glibc.close(bell)
        _ = Glibc.close(epoll)
    }

    override func now() -> Nanoseconds { SystemClock.read(CLOCK_MONOTONIC) }

    override func threadTime() -> Nanoseconds { SystemClock.read(CLOCK_THREAD_CPUTIME_ID) }

    override func wait(until deadline: Nanoseconds, into events: inout [ReadyEvent]) {
        stamps.forgetOffset()
        let count = deadline == .never ? waitForever() : wait(for: deadline - now())
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let token = ready[index].data.u64
            guard token != Self.wakeToken else { continue }
            events.append(ReadyEvent(token: token, readiness: Self.readiness(ready[index].events)))
        }
    }

    override func wake() {
        var one: UInt64 = 1
        _ = Glibc.write(bell, &one, 8)
    }

    override func watch(_ descriptor: Int32, token: UInt64) -> Int32 {
        let interest =
            EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        var event = epoll_event(events: interest, data: epoll_data(u64: token))
        return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno
    }

    private func waitForever() -> Int32 {
        epoll_wait(epoll, ready, Int32(Self.batch), -1)
    }

    private func wait(for span: Nanoseconds) -> Int32 {
        let left = max(span.count, 0)
        if hasPreciseWait {
            var timeout = timespec(
                tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
            let count = chatload_epoll_pwait2(epoll, ready, Int32(Self.batch), &timeout)
            // Some sandboxes refuse system calls they do not know with EPERM.
            guard count < 0, errno == ENOSYS || errno == EPERM else { return count }
            hasPreciseWait = false
        }
        let milliseconds = min((left + 999_999) / 1_000_000, 86_400_000)
        return epoll_wait(epoll, ready, Int32(Self.batch), Int32(milliseconds))
    }

    private static func readiness(_ bits: UInt32) -> Readiness {
        var readiness: Readiness = []
        if bits & EPOLLIN.rawValue != 0 { readiness.insert(.readable) }
        if bits & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
        if bits & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            readiness.insert(.ended)
        }
        return readiness
    }
}
