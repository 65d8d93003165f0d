import Base

import Networking

/// The names of a run's steps and their numbers, so that exchanges carry a small number.
///
/// Bounded: names come from scripts and logs. With at most `capacity` names every figure is
/// independent of order; later ones are all counted as `other`.
package struct StepTable: Sendable, Equatable {
    private var names: [String]
    private var numbers: [String: Int]
    private let capacity: Int

    /// The name that stands for all names beyond the capacity.
    package static let overflow = "other"

    /// A table in which `names` have the numbers 0, 1, 2 …, with room for `capacity` names in all.
    package init(names: [String] = [], capacity: Int = 1_000) {
        self.names = []
        self.numbers = [:]
        self.capacity = capacity
        for name in names { _ = id(for: name) }
    }

    /// The number of names.
    package var count: Int { names.count }

    /// The number of `name`, a new one when it has none yet.
    package mutating func id(for name: String) -> StepID {
        if let number = numbers[name] { return StepID(index: number) }
        let isFull = names.count >= capacity && name != Self.overflow
        if isFull { return id(for: Self.overflow) }
        numbers[name] = names.count
        names.append(name)
        return StepID(index: names.count - 1)
    }

    /// The name of a step; `other` for a number the table has not given out.
    package subscript(id: StepID) -> String {
        names.indices.contains(id.index) ? names[id.index] : Self.overflow
    }
}

/// Finds a step's number by the bytes of its cell, without making a text of them: open addressing
/// over their FNV-1a hash.
struct StepIndex: Sendable {
    private struct Entry: Sendable {
        var cell: [UInt8]
        var step: StepID
    }

    /// At least twice as many places as entries, so that a search ends.
    private var places = [Entry?](repeating: nil, count: 4_096)
    private var count = 0

    /// The number of the step that the cell names, a new one of `table` when it has none yet.
    mutating func id(of cell: Span<UInt8>, among table: inout StepTable) -> StepID {
        var place = Self.hash(cell) & (places.count - 1)
        while let entry = places[place] {
            if Self.isEqual(entry.cell, cell) { return entry.step }
            place = (place + 1) & (places.count - 1)
        }
        let step = table.id(for: CSVText.text(ofCell: cell))
        if count < places.count / 2 {
            count += 1
            let bytes = cell.withUnsafeBufferPointer { Array($0) }
            places[place] = Entry(cell: bytes, step: step)
        }
        return step
    }

    private static func hash(_ cell: Span<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in cell.indices { hash = (hash ^ UInt64(cell[index])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 16)
    }

    private static func isEqual(_ left: [UInt8], _ right: Span<UInt8>) -> Bool {
        if left.count != right.count { return false }
        for index in right.indices where left[index] != right[index] { return false }
        return true
    }
}
