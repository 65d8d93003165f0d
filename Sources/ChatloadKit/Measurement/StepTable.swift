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
