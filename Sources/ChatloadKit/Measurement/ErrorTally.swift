import Networking

/// The failures of a run by class, step and status, each with one example.
///
/// Bounded: steps are (see `StepTable`), classes are, and a status outside 100 … 599 counts as
/// none; beyond `limit` keys a failure is counted under its class and the step `other`.
struct ErrorTally: Sendable, Equatable {
    struct Key: Hashable, Sendable {
        var errorClass: ErrorClass
        var step: String
        var status: Int?
    }

    struct Entry: Sendable, Equatable {
        var count = 0
        var first = Nanoseconds.never
        var last = Nanoseconds(.min)
        /// The detail of the failure that ended first; among several the one that sorts first.
        var example = ""

        mutating func add(_ count: Int, first: Nanoseconds, last: Nanoseconds, example: String) {
            let isEarlier = first < self.first
            let sortsFirst = example.utf8.lexicographicallyPrecedes(self.example.utf8)
            if isEarlier || first == self.first && (self.count == 0 || sortsFirst) {
                self.example = example
            }
            self.count &+= count
            self.first = min(self.first, first)
            self.last = max(self.last, last)
        }
    }

    static let limit = 4_096

    private(set) var entries: [Key: Entry] = [:]

    /// Counts a failure that ended at `end`.
    mutating func add(_ key: Key, end: Nanoseconds, detail: String) {
        entries[place(for: key), default: Entry()]
            .add(1, first: end, last: end, example: Self.clipped(detail))
    }

    /// Counts everything `other` has counted.
    mutating func merge(_ other: ErrorTally) {
        for (key, entry) in other.entries.sorted(by: { Self.precedes($0.key, $1.key) }) {
            entries[place(for: key), default: Entry()].add(
                entry.count, first: entry.first, last: entry.last, example: entry.example)
        }
    }

    /// A total order of keys, for deterministic output.
    static func precedes(_ left: Key, _ right: Key) -> Bool {
        let leftNames = (left.errorClass.rawValue, left.step, left.status ?? 0)
        return leftNames < (right.errorClass.rawValue, right.step, right.status ?? 0)
    }

    private func place(for key: Key) -> Key {
        var key = key
        if let status = key.status, !(100...599).contains(status) { key.status = nil }
        if entries.count < Self.limit || entries[key] != nil { return key }
        return Key(errorClass: key.errorClass, step: StepTable.overflow, status: nil)
    }

    /// Details are a server's words: as much of one as an example needs.
    private static func clipped(_ detail: String) -> String {
        detail.utf8.count <= 1_000 ? detail : String(detail.unicodeScalars.prefix(1_000)) + "…"
    }
}
