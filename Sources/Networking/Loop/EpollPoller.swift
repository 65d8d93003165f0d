import Base
import Glibc
import LinuxSystem

/// The kernel as a poller: epoll for readiness, CLOCK_MONOTONIC for time, and system calls on real
/// sockets with one policy for their errors: EINTR repeats, EAGAIN is a value.
package final class EpollPoller: Poller {
    private static let batch = 512
    private static let wakeToken = ChannelTable.noToken

    private let epoll: Int32
    private let bell: Int32
    private let ready: UnsafeMutablePointer<epoll_event>
    /// Linux 5.11 and later wait with nanosecond precision; older kernels with milliseconds.
    private var hasPreciseWait: Bool
    /// Turns the kernel's receive stamps into the loop's clock.
    private var stamps = ReceiveStamps()

    /// Opens an epoll instance and the eventfd that wakes it; without descriptors for them the process
    /// is at its end. Without `hasPreciseWait` it does not even try what older kernels lack.
    package init(hasPreciseWait: Bool = true) {
        self.hasPreciseWait = hasPreciseWait
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        ready = .allocate(capacity: Self.batch)
        super.init()
        var event = epoll_event(
            events: EPOLLIN.rawValue | EPOLLET.rawValue, data: epoll_data(u64: Self.wakeToken))
        guard epoll >= 0, bell >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) == 0 else {
            ThisProcess.end(for: "cannot make an event loop", errno)
        }
    }

    deinit {
        ready.deallocate()
        _ = Glibc.close(bell)
        _ = Glibc.close(epoll)
    }

    override func now() -> Nanoseconds { Nanoseconds.reading(CLOCK_MONOTONIC) }

    override func threadTime() -> Nanoseconds { Nanoseconds.reading(CLOCK_THREAD_CPUTIME_ID) }

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

    // MARK: Sockets

    override func connect(to address: SocketAddress, from source: SocketAddress?) -> IOOutcome {
        let descriptor = Self.socket(for: address)
        guard descriptor >= 0 else { return .failed(errno) }
        ReceiveStamps.request(on: descriptor)
        if let source {
            var noPortYet: Int32 = 1
            setsockopt(
                descriptor, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &noPortYet,
                socklen_t(MemoryLayout<Int32>.size))
            guard source.withSockaddr({ bind(descriptor, $0, $1) }) == 0 else {
                return giveUp(descriptor)
            }
        }
        var status: Int32
        repeat {
            status = address.withSockaddr { Glibc.connect(descriptor, $0, $1) }
        } while status < 0 && errno == EINTR
        guard status == 0 || errno == EINPROGRESS else { return giveUp(descriptor) }
        return .done(Int(descriptor))
    }

    override func connectError(_ descriptor: Int32) -> Int32 {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        let status = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        return status == 0 ? error : errno
    }

    override func listen(on address: SocketAddress) -> IOOutcome {
        let outcome = reserve(address)
        guard case .done(let number) = outcome else { return outcome }
        let descriptor = Int32(truncatingIfNeeded: number)
        return Glibc.listen(descriptor, SOMAXCONN) == 0 ? outcome : giveUp(descriptor)
    }

    override func reserve(_ address: SocketAddress) -> IOOutcome {
        let descriptor = Self.socket(for: address)
        guard descriptor >= 0 else { return .failed(errno) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard address.withSockaddr({ bind(descriptor, $0, $1) }) == 0 else {
            return giveUp(descriptor)
        }
        return .done(Int(descriptor))
    }

    override func localAddress(_ descriptor: Int32) -> SocketAddress? {
        SocketAddress.filled { getsockname(descriptor, $0, $1) }
    }

    override func accept(_ descriptor: Int32) -> IOOutcome {
        while true {
            let accepted = chatload_accept(descriptor)
            if accepted >= 0 {
                Self.sendAtOnce(accepted)
                return .done(Int(accepted))
            }
            // A peer that gave up while it waited in the queue is no failure of ours.
            if errno != EINTR && errno != ECONNABORTED { return Self.failure() }
        }
    }

    override func read(
        _ descriptor: Int32, into room: UnsafeMutableRawBufferPointer, arrival: inout Nanoseconds?
    ) -> IOOutcome {
        while true {
            let count = stamps.receive(from: descriptor, into: room)
            if count > 0 { arrival = stamps.latest }
            if count >= 0 { return .done(count) }
            if errno != EINTR { return Self.failure() }
        }
    }

    override func segmentsReceived(_ descriptor: Int32) -> UInt32? {
        var count: UInt32 = 0
        return chatload_segments_received(descriptor, &count) == 0 ? count : nil
    }

    override func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> IOOutcome {
        while true {
            let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .done(count) }
            if errno != EINTR { return Self.failure() }
        }
    }

    override func close(_ descriptor: Int32, abruptly: Bool) {
        if abruptly {
            var lingering = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        }
        _ = Glibc.close(descriptor)
    }

    override func runBlocking(
        named name: String, _ work: @escaping @Sendable () -> Void
    ) -> Int32 {
        SystemThread.spawn(named: name, work)
    }

    private static func socket(for address: SocketAddress) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(address.family, kind, 0)
        if descriptor >= 0 { sendAtOnce(descriptor) }
        return descriptor
    }

    private static func sendAtOnce(_ descriptor: Int32) {
        var yes: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func failure() -> IOOutcome {
        errno == EAGAIN ? .wouldBlock : .failed(errno)
    }

    private func giveUp(_ descriptor: Int32) -> IOOutcome {
        let error = errno
        _ = Glibc.close(descriptor)
        return .failed(error)
    }
}
