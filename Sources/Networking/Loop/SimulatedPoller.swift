import Glibc
package import Base

/// A poller without a kernel: time jumps to the next deadline whenever nothing is ready, and
/// sockets are queues in memory. A load test of ten minutes runs in a fraction of a second, and in
/// the same order every time.
///
/// All sockets of a simulation belong to one poller, hence to one loop, on which both the users and
/// the peers run. Only `wake` may be called from another thread.
package final class SimulatedPoller: Poller {
    /// Bytes a simulated connection takes before a write would block.
    private static let capacity = 262_144
    private static let firstDescriptor: Int32 = 1_000_000

    private final class Socket {
        var token: UInt64?
        var peer: Int32?
        var isListening = false
        /// Connections that wait to be accepted.
        var backlog: [Int32] = []
        /// What was sent to it and it has not read.
        var sent: [UInt8] = []
        var consumed = 0
        /// The segments of these bytes, in order: the total of bytes up to the end of each, and when
        /// it arrives.
        var segments: [(end: Int, at: Nanoseconds)] = []
        var segmentsReceived: UInt32 = 0
        /// Whether it is the end that opened the connection.
        var isClient = false
        var peerEnded = false
        var peerReset = false
        var wasFull = false
        var address: SocketAddress?

        /// What it has not read, on its way or there.
        var waiting: Int { sent.count - consumed }

        /// The segments that have arrived by then, merged as the kernel merges those that wait.
        func arrived(by time: Nanoseconds) -> (end: Int, at: Nanoseconds)? {
            segments.last { $0.at <= time }
        }
    }

    private var time = Nanoseconds.zero
    private var sockets: [Int32: Socket] = [:]
    private var listeners: [Int: Socket] = [:]
    private var nextDescriptor = firstDescriptor
    private var nextPort = 40_000
    private var pending: [ReadyEvent] = []
    /// Counts the calls of `wake`.
    private let bell = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    /// Addresses that never answer a connection attempt.
    package var unanswered: Set<SocketAddress> = []
    /// The error number with which the kernel refuses every connection; nil where it does not.
    package var connectFailure: Int32?
    /// When the loop's thread is held up and for how long, in order: time passes and nothing is done,
    /// as on a machine that has no core to spare.
    ///
    /// They begin while the loop waits, so that peers, which run on it too, are not held up in the
    /// middle of an answer.
    package var stalls: [(at: Nanoseconds, span: Nanoseconds)] = []
    /// How long what a peer sends is on its way to the end that opened the connection.
    package var transit = Nanoseconds.zero
    /// Whether it is known when what is read had arrived.
    package var stamps = true
    /// What is on its way, in the order of its arrivals.
    private var flights: [(at: Nanoseconds, socket: Socket)] = []

    /// A simulation at time zero.
    package override init() {
        super.init()
        sem_init(bell, 0, 0)
    }

    deinit {
        sem_destroy(bell)
        bell.deallocate()
    }

    override func now() -> Nanoseconds { time }

    override func threadTime() -> Nanoseconds { .zero }

    override func wait(until deadline: Nanoseconds, into events: inout [ReadyEvent]) {
        if pending.isEmpty {
            let next = min(deadline, flights.first?.at ?? .never)
            if next == .never {
                // Interrupted by a signal: the loop asks again.
                _ = sem_wait(bell)
                while sem_trywait(bell) == 0 {}
            } else {
                time = max(time, next)
            }
            passStall()
        }
        land()
        events.append(contentsOf: pending)
        pending.removeAll(keepingCapacity: true)
    }

    private func passStall() {
        guard let stall = stalls.first, time >= stall.at else { return }
        stalls.removeFirst()
        time = time + stall.span
    }

    /// Reports what has come to the end of its way.
    private func land() {
        let count = flights.firstIndex { $0.at > time } ?? flights.count
        for flight in flights.prefix(count) { report(flight.socket, .readable) }
        flights.removeFirst(count)
    }

    override func wake() { sem_post(bell) }

    override func watch(_ descriptor: Int32, token: UInt64) -> Int32 {
        guard let socket = sockets[descriptor] else { return 0 }
        socket.token = token
        if socket.isListening {
            if !socket.backlog.isEmpty { report(socket, .readable) }
        } else if socket.peer != nil {
            var readiness: Readiness = .writable
            if socket.waiting > 0 { readiness.insert(.readable) }
            if socket.peerEnded { readiness.insert(.ended) }
            report(socket, readiness)
        }
        return 0
    }

    override func connect(to address: SocketAddress, from source: SocketAddress?) -> IOOutcome {
        if let connectFailure { return .failed(connectFailure) }
        let (descriptor, socket) = open()
        if unanswered.contains(address) { return .done(Int(descriptor)) }
        guard let listener = listeners[address.port] else {
            sockets[descriptor] = nil
            return .failed(ECONNREFUSED)
        }
        let (far, farSocket) = open()
        socket.peer = far
        socket.isClient = true
        farSocket.peer = descriptor
        listener.backlog.append(far)
        report(listener, .readable)
        return .done(Int(descriptor))
    }

    override func connectError(_ descriptor: Int32) -> Int32 { 0 }

    override func listen(on address: SocketAddress) -> IOOutcome {
        var address = address
        if address.port == 0 {
            address.port = nextPort
            nextPort += 1
        }
        guard listeners[address.port] == nil else { return .failed(EADDRINUSE) }
        let (descriptor, socket) = open()
        socket.isListening = true
        socket.address = address
        listeners[address.port] = socket
        return .done(Int(descriptor))
    }

    override func reserve(_ address: SocketAddress) -> IOOutcome { .done(Int(open().0)) }

    override func localAddress(_ descriptor: Int32) -> SocketAddress? {
        sockets[descriptor]?.address
    }

    override func accept(_ descriptor: Int32) -> IOOutcome {
        guard let listener = sockets[descriptor], !listener.backlog.isEmpty else {
            return .wouldBlock
        }
        return .done(Int(listener.backlog.removeFirst()))
    }

    override func read(
        _ descriptor: Int32, into room: UnsafeMutableRawBufferPointer, arrival: inout Nanoseconds?
    ) -> IOOutcome {
        guard let socket = sockets[descriptor] else { return .failed(EBADF) }
        guard let segment = socket.arrived(by: time) else {
            if socket.waiting > 0 { return .wouldBlock }
            if socket.peerReset { return .failed(ECONNRESET) }
            return socket.peerEnded ? .done(0) : .wouldBlock
        }
        let count = min(room.count, segment.end - socket.consumed)
        room.copyBytes(from: socket.sent[socket.consumed..<socket.consumed + count])
        socket.consumed += count
        let last = socket.segments.first { $0.end >= socket.consumed }
        arrival = stamps ? last?.at : nil
        socket.segments.removeAll { $0.end <= socket.consumed }
        if socket.waiting == 0 {
            socket.sent.removeAll(keepingCapacity: true)
            socket.consumed = 0
        }
        if socket.wasFull, let peer = socket.peer.flatMap({ sockets[$0] }) {
            socket.wasFull = false
            report(peer, .writable)
        }
        return .done(count)
    }

    override func segmentsReceived(_ descriptor: Int32) -> UInt32? {
        sockets[descriptor]?.segmentsReceived
    }

    override func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> IOOutcome {
        guard let socket = sockets[descriptor] else { return .failed(EBADF) }
        if socket.peerReset { return .failed(ECONNRESET) }
        guard let peer = socket.peer.flatMap({ sockets[$0] }) else {
            return .failed(EPIPE)
        }
        let count = min(bytes.count, Self.capacity - peer.waiting)
        guard count > 0 else {
            peer.wasFull = true
            return .wouldBlock
        }
        peer.sent.append(contentsOf: bytes.prefix(count))
        peer.segmentsReceived &+= 1
        let arrival = peer.isClient ? time + transit : time
        peer.segments.append((peer.sent.count, arrival))
        if arrival > time {
            flights.append((arrival, peer))
        } else {
            report(peer, .readable)
        }
        return .done(count)
    }

    override func close(_ descriptor: Int32, abruptly: Bool) {
        guard let socket = sockets.removeValue(forKey: descriptor) else { return }
        if let peer = socket.peer.flatMap({ sockets[$0] }) {
            peer.peerEnded = true
            if abruptly { peer.peerReset = true }
            report(peer, [.readable, .ended])
        }
        if socket.isListening, let port = socket.address?.port { listeners[port] = nil }
        for waiting in socket.backlog { close(waiting, abruptly: true) }
    }

    override func runBlocking(
        named name: String, _ work: @escaping @Sendable () -> Void
    ) -> Int32 {
        work()
        return 0
    }

    private func open() -> (Int32, Socket) {
        let socket = Socket()
        let descriptor = nextDescriptor
        sockets[descriptor] = socket
        nextDescriptor += 1
        return (descriptor, socket)
    }

    private func report(_ socket: Socket, _ readiness: Readiness) {
        guard let token = socket.token else { return }
        pending.append(ReadyEvent(token: token, readiness: readiness))
    }
}
