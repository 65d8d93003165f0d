import Networking

/// How often the generator lacked something of its own to connect with.
package struct Exhaustion: Codable, Sendable, Equatable {
    /// No file descriptor was left.
    package var descriptors = 0
    /// No local port was left.
    package var ports = 0

    private static let descriptorWords = SocketError.descriptorsExhausted.description
    private static let portWords = SocketError.portsExhausted.description

    /// Counts a failed connection if that was why. The words are the only trace of it in a log.
    mutating func add(detail: String) {
        if detail == Self.descriptorWords { descriptors &+= 1 }
        if detail == Self.portWords { ports &+= 1 }
    }

    mutating func merge(_ other: Exhaustion) {
        descriptors &+= other.descriptors
        ports &+= other.ports
    }
}
