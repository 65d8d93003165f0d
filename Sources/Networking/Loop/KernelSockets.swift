import Base
import Glibc
import LinuxSystem

/// The half of a poller that makes system calls on real sockets, with one policy for their errors:
/// EINTR repeats, EAGAIN is a value.
package class KernelSockets: Poller {
    /// Turns the kernel's receive stamps into the loop's clock.
    final var stamps = ReceiveStamps()

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
