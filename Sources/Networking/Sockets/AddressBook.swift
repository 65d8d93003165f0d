package import Base
import Glibc

/// The addresses of one host: looked up when they are first needed and again when none of them can
/// be connected to, and given out so that connections are spread over them.
///
/// `@unchecked Sendable` is sound because it is touched on its loop alone: the thread of a look-up only
/// carries it back there.
final class AddressBook: @unchecked Sendable {
    private enum State {
        case unknown
        case underWay
        case known(AddressList)
        case failed(ResolveError)
    }

    /// A name is not looked up again before this long.
    private static let pause = Nanoseconds.seconds(1)

    private let host: String
    private let port: Int
    private let loop: EventLoop
    private let lookUp: AddressLookUp
    private var state = State.unknown
    /// When the latest look-up ended.
    private var lookedUp = Nanoseconds.zero
    /// Whether addresses that are still in use are being looked up again.
    private var isRefreshing = false
    /// Which of the addresses the next connection begins with.
    private var turn: Int
    /// Who waits for the look-up that is under way.
    private var waiting: [CancellableSleep] = []

    /// The addresses of `host`, of which the first connection is to begin with the `turn`th.
    init(
        of host: String, port: Int, turn: Int, loop: EventLoop, lookUp: @escaping AddressLookUp
    ) {
        self.host = host
        self.port = port
        self.turn = turn
        self.loop = loop
        self.lookUp = lookUp
    }

    /// The addresses for one more connection, in the order in which to try them; nil while they are
    /// being looked up. However many users ask at once, the name is looked up once, and a numeric
    /// address not at all.
    ///
    /// - Throws: `resolve`.
    func addresses() throws(HTTPFailure) -> [SocketAddress]? {
        switch state {
        case .known(let list):
            defer { turn &+= 1 }
            return list.order(turn: turn, at: loop.tick)
        case .failed(let error) where loop.tick - lookedUp < Self.pause: throw .resolve(error)
        case .underWay: return nil
        case .unknown, .failed: break
        }
        if let address = SocketAddress(ip: host, port: port) {
            state = .known(AddressList([address]))
            return [address]
        }
        state = .underWay
        beginLookUp()
        // Over already where there was no thread for it.
        if case .failed(let error) = state { throw .resolve(error) }
        return nil
    }

    /// A sleeper that the end of the look-up under way will wake.
    func sleeperDuringLookUp() -> CancellableSleep {
        let sleeper = CancellableSleep(loop: loop)
        waiting.append(sleeper)
        return sleeper
    }

    /// Takes note of how a connection was opened: which addresses failed, and which one was reached
    /// in the end. Where none was, the name is looked up again while its old addresses stay in use.
    func note(failed: [SocketAddress], reached: SocketAddress?) {
        guard case .known(var list) = state else { return }
        list.note(failed: failed, reached: reached, at: loop.tick)
        state = .known(list)
        guard reached == nil, !isRefreshing, loop.tick - lookedUp >= Self.pause,
            SocketAddress(ip: host, port: port) == nil
        else { return }
        isRefreshing = true
        beginLookUp()
    }

    private func beginLookUp() {
        let status = loop.poller.runBlocking(named: "resolver") { [host, port, loop, lookUp] in
            let result = lookUp(host, port)
            loop.execute { self.endLookUp(result) }
        }
        guard status != 0 else { return }
        endLookUp(
            .failure(
                ResolveError(
                    host: host, reason: SystemResource.threads.lackInWords, lacked: .threads)))
    }

    private func endLookUp(_ result: LookUpResult) {
        lookedUp = loop.tick
        switch result {
        case .success(let addresses): state = .known(list(of: addresses))
        // What was known is better than nothing.
        case .failure(let error): if !isRefreshing { state = .failed(error) }
        }
        isRefreshing = false
        for sleeper in waiting { sleeper.wake() }
        waiting = []
    }

    /// Addresses that stayed keep what is known of them.
    private func list(of addresses: [SocketAddress]) -> AddressList {
        guard case .known(let before) = state else { return AddressList(addresses) }
        return AddressList(addresses, after: before)
    }
}

/// A host name that could not be resolved, and why.
package struct ResolveError: Equatable, Sendable, CustomStringConvertible {
    package var host: String
    package var reason: String
    /// What this machine lacked to ask with; nil where that was not the reason.
    package var lacked: SystemResource?

    /// Why `host` could not be resolved.
    package init(host: String, reason: String, lacked: SystemResource? = nil) {
        self.host = host
        self.reason = reason
        self.lacked = lacked
    }

    package var description: String { "cannot resolve \(host): \(reason)" }
}

/// What a look-up of a name has come to.
package enum LookUpResult: Sendable {
    /// At least one address, in the order of preference.
    case success([SocketAddress])
    case failure(ResolveError)
}

/// The addresses of a host with a port, in the order of preference, or why there is none. Called
/// on a thread of its own, because it may block.
package typealias AddressLookUp = @Sendable (_ host: String, _ port: Int) -> LookUpResult

/// What the system's resolver says of a host; blocks.
package func lookUpAddresses(of host: String, port: Int) -> LookUpResult {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else { return .failure(lookUpError(status, errno, host)) }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var entry = list
    while let current = entry {
        if var address = current.pointee.ai_addr.flatMap({ SocketAddress($0) }) {
            address.port = port
            if !addresses.contains(address) { addresses.append(address) }
        }
        entry = current.pointee.ai_next
    }
    return addresses.isEmpty
        ? .failure(ResolveError(host: host, reason: "it has no address"))
        : .success(addresses)
}

/// What a status of `getaddrinfo` that is not 0 says; of EAI_SYSTEM the error number does.
private func lookUpError(_ status: Int32, _ number: Int32, _ host: String) -> ResolveError {
    let (isSystem, isMemory) = (status == EAI_SYSTEM, status == EAI_MEMORY)
    let words: UnsafePointer<CChar>? = isSystem ? .init(strerror(number)) : gai_strerror(status)
    return ResolveError(
        host: host, reason: words.map { String(cString: $0) } ?? "error \(status)",
        lacked: isMemory ? .memory : isSystem ? SystemResource(lackedBy: number) : nil)
}
