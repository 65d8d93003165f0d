/// Why a run's folder cannot be written or read, in words for people.
package struct LogComplaint: Error, Equatable, Sendable, CustomStringConvertible {
    /// One line: the path, what is wrong with it, and what to do where that is known.
    package var description: String

    /// A complaint that reads `description`.
    package init(_ description: String) { self.description = description }
}

/// Which exchanges a run writes down.
package enum LogMode: String, Sendable, Codable, CaseIterable {
    case all
    /// Only those that failed: figures rebuilt from such a log are partial.
    case errors
    /// None: nothing can be rebuilt.
    case none

    /// Whether an exchange that ended like this is written.
    package func keeps(_ outcome: Outcome) -> Bool {
        switch self {
        case .all: true
        case .errors: outcome != .ok
        case .none: false
        }
    }
}
