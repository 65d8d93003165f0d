import Networking

/// How often the generator lacked something of its own to send with: failures of class `exhausted`.
package struct Exhaustion: Codable, Sendable, Equatable {
    /// No file descriptor was left.
    package var descriptors = 0
    /// No local port was left.
    package var ports = 0
    /// No memory was left; nil, as below, where that did not happen.
    package var memory: Int?
    /// No thread was left.
    package var threads: Int?
    /// Something was not left, and the log alone does not say what.
    package var others: Int?

    /// All of them.
    var total: Int { descriptors &+ ports &+ (memory ?? 0) &+ (threads ?? 0) &+ (others ?? 0) }

    /// Counts a failure for want of a resource; nil where it is not known of which.
    mutating func add(_ resource: SystemResource?) {
        switch resource {
        case .descriptors: descriptors &+= 1
        case .ports: ports &+= 1
        case .memory: memory = (memory ?? 0) &+ 1
        case .threads: threads = (threads ?? 0) &+ 1
        case nil: others = (others ?? 0) &+ 1
        }
    }

    mutating func merge(_ other: Exhaustion) {
        descriptors &+= other.descriptors
        ports &+= other.ports
        memory = Self.sum(memory, other.memory)
        threads = Self.sum(threads, other.threads)
        others = Self.sum(others, other.others)
    }

    /// These counts, of which the log knows the total alone, with what the generator knows of them.
    func told(by generator: Exhaustion) -> Exhaustion {
        var known = generator
        let rest = total - generator.total
        if rest > 0 { known.others = (known.others ?? 0) &+ rest }
        return known
    }

    private static func sum(_ left: Int?, _ right: Int?) -> Int? {
        left == nil && right == nil ? nil : (left ?? 0) &+ (right ?? 0)
    }
}
