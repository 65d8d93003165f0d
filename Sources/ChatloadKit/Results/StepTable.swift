import Base

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

/// Finds a name's number by the bytes of its cell, without making a text of them: open addressing
/// over their hash.
struct NameIndex: Sendable {
    /// The names and their numbers.
    private(set) var table: StepTable
    /// Whether names have come to the table since it was last taken.
    private(set) var isChanged = false
    /// At least twice as many places as entries, so that a search ends.
    private var places = [(cell: [UInt8], number: Int)?](repeating: nil, count: 4_096)
    private var count = 0

    /// An index of the names in a table, and of those to come.
    init(_ table: StepTable) { self.table = table }

    /// The number of the name in a cell, a new one when it has none yet.
    mutating func number(of cell: Span<UInt8>) -> Int {
        var hash = FNV1a()
        hash.add(words: cell)
        var place = Int(truncatingIfNeeded: hash.value >> 16) & (places.count - 1)
        while let entry = places[place] {
            if entry.cell.span.isEqual(to: cell) { return entry.number }
            place = (place + 1) & (places.count - 1)
        }
        let number = table.id(for: CSVText.text(ofCell: cell)).index
        isChanged = true
        if count < places.count / 2 {
            count += 1
            let bytes = cell.withUnsafeBufferPointer { Array($0) }
            places[place] = (bytes, number)
        }
        return number
    }

    /// The table, with all names so far.
    mutating func taken() -> StepTable {
        isChanged = false
        return table
    }
}
