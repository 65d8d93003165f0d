import Glibc

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
