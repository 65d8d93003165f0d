import Base
import Glibc

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    private enum Host: Hashable {
        /// In network byte order.
        case v4(UInt32)
        /// The sixteen bytes, most significant first, and the interface for link-local addresses.
        case v6(high: UInt64, low: UInt64, scope: UInt32)
    }

    private var host: Host
    /// The port, 0…65535; 0 asks the kernel for a free one when listening.
    package var port: Int

    /// The address written as `ip` (`127.0.0.1`, `::1`); nil when it is not a numeric address or
    /// the port is out of range.
    package init?(ip: String, port: Int) {
        guard (0...65_535).contains(port) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, ip, &v4) == 1 {
            host = .v4(v4.s_addr)
        } else if inet_pton(AF_INET6, ip, &v6) == 1 {
            host = Self.host(of: v6, scope: 0)
        } else {
            return nil
        }
        self.port = port
    }

    private init(host: Host, port: Int) {
        self.host = host
        self.port = port
    }

    /// 127.0.0.1 with this port.
    package static func loopback(port: Int) -> SocketAddress {
        SocketAddress(host: .v4(UInt32(0x7F00_0001).bigEndian), port: port)
    }

    /// The numeric address without the port.
    package var ip: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        withSockaddr { address, size in
            _ = getnameinfo(
                address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    package var description: String {
        switch host {
        case .v4: "\(ip):\(port)"
        case .v6: "[\(ip)]:\(port)"
        }
    }

    /// Whether the address is an IPv6 one.
    package var isIPv6: Bool { family == AF_INET6 }

    /// Whether the address begins with the first `prefix` bits of a network's.
    package func isWithin(_ network: SocketAddress, prefix: Int) -> Bool {
        let (own, other) = (bits, network.bits)
        guard own.length == other.length, (0...own.length).contains(prefix) else { return false }
        let mask = prefix == 0 ? 0 : UInt128.max << UInt128(128 - prefix)
        return own.value & mask == other.value & mask
    }

    /// The address at the upper end of a number, and how many bits it has.
    private var bits: (value: UInt128, length: Int) {
        switch host {
        case .v4(let bits): (UInt128(UInt32(bigEndian: bits)) << 96, 32)
        case .v6(let high, let low, _): (UInt128(high) << 64 | UInt128(low), 128)
        }
    }

    var family: Int32 {
        switch host {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }

    /// Lends the address in the form the system calls take.
    func withSockaddr<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var storage = sockaddr_storage()
        let size = withUnsafeMutablePointer(to: &storage) { fill(UnsafeMutableRawPointer($0)) }
        return withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    /// The address that a system call such as `getsockname` writes; nil when the call fails or the
    /// family is neither IPv4 nor IPv6.
    static func filled(
        by call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &size) }
        }
        guard status == 0 else { return nil }
        return withUnsafePointer(to: &storage) { SocketAddress(UnsafeRawPointer($0)) }
    }

    /// Reads a `sockaddr` of any family out of memory that is large enough for that family.
    init?(_ memory: UnsafeRawPointer) {
        switch Int32(memory.loadUnaligned(as: sockaddr.self).sa_family) {
        case AF_INET:
            let address = memory.loadUnaligned(as: sockaddr_in.self)
            host = .v4(address.sin_addr.s_addr)
            port = Int(UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let address = memory.loadUnaligned(as: sockaddr_in6.self)
            host = Self.host(of: address.sin6_addr, scope: address.sin6_scope_id)
            port = Int(UInt16(bigEndian: address.sin6_port))
        default:
            return nil
        }
    }

    private func fill(_ memory: UnsafeMutableRawPointer) -> socklen_t {
        let wirePort = UInt16(truncatingIfNeeded: port).bigEndian
        switch host {
        case .v4(let bits):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = wirePort
            address.sin_addr.s_addr = bits
            memory.storeBytes(of: address, as: sockaddr_in.self)
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        case .v6(let high, let low, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = wirePort
            address.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &address.sin6_addr) {
                $0.storeBytes(of: high.bigEndian, as: UInt64.self)
                $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            memory.storeBytes(of: address, as: sockaddr_in6.self)
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    private static func host(of address: in6_addr, scope: UInt32) -> Host {
        withUnsafeBytes(of: address) {
            .v6(
                high: UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                scope: scope)
        }
    }
}

extension SocketAddress {
    /// Whether connections of this process can come from the address: asks the kernel to bind a
    /// datagram socket to it, which sends nothing and reserves nothing.
    package var isOfThisMachine: Bool {
        let descriptor = socket(
            family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withSockaddr { bind(descriptor, $0, $1) } == 0
    }
}

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
