/// The addresses of a name, and which of them could not be connected to lately.
struct AddressList {
    /// For this long an address that has failed is tried after those that have not.
    static let memory = Nanoseconds.seconds(60)

    /// The family that the system prefers, then the other.
    private let families: [[SocketAddress]]
    /// When which address failed.
    private var failures: [SocketAddress: Nanoseconds] = [:]

    /// These addresses, in the system's order of preference (RFC 6724). What an earlier list knows
    /// of them stays known.
    init(_ addresses: [SocketAddress], after earlier: AddressList? = nil) {
        let prefersIPv6 = addresses.first?.isIPv6 ?? false
        families = [
            addresses.filter { $0.isIPv6 == prefersIPv6 },
            addresses.filter { $0.isIPv6 != prefersIPv6 },
        ]
        failures = earlier?.failures.filter { addresses.contains($0.key) } ?? [:]
    }

    /// Whether there is but one.
    var isSingle: Bool { families[0].count + families[1].count == 1 }

    /// All of them, in the order in which one connection tries them: the preferred family's in turn,
    /// each followed by one of the other family (RFC 8305 §4), and last what has failed lately.
    func order(turn: Int, at now: Nanoseconds) -> [SocketAddress] {
        if isSingle { return families[0] }
        let (preferred, other) = (
            Self.rotated(families[0], by: turn), Self.rotated(families[1], by: turn)
        )
        var order: [SocketAddress] = []
        for place in 0..<max(preferred.count, other.count) {
            if place < preferred.count { order.append(preferred[place]) }
            if place < other.count { order.append(other[place]) }
        }
        let failed = order.filter { isFailing($0, at: now) }
        return order.filter { !isFailing($0, at: now) }
            + failed.sorted { failures[$0, default: .zero] < failures[$1, default: .zero] }
    }

    /// Addresses have failed, and one has been reached.
    mutating func note(
        failed: [SocketAddress], reached: SocketAddress?, at now: Nanoseconds
    ) {
        for address in failed { failures[address] = now }
        if let reached { failures[reached] = nil }
    }

    private func isFailing(_ address: SocketAddress, at now: Nanoseconds) -> Bool {
        failures[address].map { now - $0 < Self.memory } ?? false
    }

    private static func rotated(_ addresses: [SocketAddress], by turn: Int) -> [SocketAddress] {
        guard !addresses.isEmpty else { return [] }
        let start = Int(UInt(bitPattern: turn) % UInt(addresses.count))
        return Array(addresses[start...] + addresses[..<start])
    }
}
