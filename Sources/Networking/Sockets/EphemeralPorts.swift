import Glibc

/// The ports that the kernel gives to connections of its own choice.
package enum EphemeralPorts {
    /// How many connections one source address can have to one target; nil where the kernel does
    /// not say (`net.ipv4.ip_local_port_range`, also used for IPv6).
    package static var count: Int? {
        let descriptor = open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let size = read(descriptor, &bytes, bytes.count)
        guard size > 0 else { return nil }
        let words = String(decoding: bytes.prefix(size), as: UTF8.self)
            .split { $0.isWhitespace }.compactMap { Int($0) }
        guard words.count == 2, words[1] >= words[0] else { return nil }
        return words[1] - words[0] + 1
    }
}
