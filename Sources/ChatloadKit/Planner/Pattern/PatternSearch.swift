/// The search for what the groups of a match hold, whose ends are known (Pike's machine: all ways are
/// followed at once, one scalar after the other, and no instruction is followed twice at the same
/// place).
struct PatternSearch {
    /// The ways that are still open at one place, the preferred ones first, and what each of them
    /// has saved.
    private struct Ways {
        var instructions: [Int] = []
        var saved: [Int] = []

        mutating func clear() {
            instructions.removeAll(keepingCapacity: true)
            saved.removeAll(keepingCapacity: true)
        }
    }

    /// What is still to do while one way is followed up to the next scalar.
    private enum Chore {
        case follow(Int)
        case restore(slot: Int, Int)
    }

    private let program: PatternProgram
    private var now = Ways()
    private var next = Ways()
    private var chores: [Chore] = []
    /// When each instruction was reached last, in rounds.
    private var reached: [Int]
    private var round = 0
    /// What the way at hand has saved; -1 is nothing.
    private var current: [Int]
    /// What is left to spend.
    private var budget = PatternBudget(0)

    init(_ program: PatternProgram) {
        self.program = program
        reached = Array(repeating: -1, count: program.instructions.count)
        current = Array(repeating: -1, count: 2 * program.groupCount + 2)
    }

    /// The groups of the first match, which fills `range`.
    mutating func match(
        of range: Range<Int>, in bytes: Span<UInt8>, _ budget: inout PatternBudget
    ) throws(PatternBudget.Exceeded) -> [Range<Int>?]? {
        self.budget = budget
        defer { budget = self.budget }
        var place = TextPlace(in: bytes, at: range.lowerBound)
        var best: [Int]?
        swap(&now, &next)
        follow(0, at: place)
        swap(&now, &next)
        while place.position <= range.upperBound, !now.instructions.isEmpty {
            var after = place
            after.advance(in: bytes)
            round += 1
            if let match = step(from: place, to: after) { best = match }
            try self.budget.spend(0)
            swap(&now, &next)
            next.clear()
            if place.scalar == nil { break }
            place = after
        }
        return best.map(Self.ranges)
    }

    /// Takes every way over one scalar; what a way that has come to a match has saved. Ways after
    /// that one are worse and are given up.
    private mutating func step(from place: TextPlace, to after: TextPlace) -> [Int]? {
        for (way, index) in now.instructions.enumerated() {
            budget.note(2)
            let goesOn: Bool
            switch program.instructions[index] {
            case .match: return saved(by: way)
            case .scalar(let scalar): goesOn = place.scalar == scalar
            case .set(let number):
                goesOn = place.scalar.map(program.sets[number].contains) ?? false
            default: preconditionFailure("BUG: a way waits where nothing is taken in")
            }
            guard goesOn else { continue }
            let start = way * current.count
            for slot in current.indices { current[slot] = now.saved[start + slot] }
            follow(index + 1, at: after)
        }
        return nil
    }

    private func saved(by way: Int) -> [Int] {
        Array(now.saved[way * current.count..<(way + 1) * current.count])
    }

    /// Adds all that can be reached from an instruction without taking anything in.
    private mutating func follow(_ start: Int, at place: TextPlace) {
        chores.append(.follow(start))
        while let chore = chores.popLast() {
            switch chore {
            case .restore(let slot, let value): current[slot] = value
            case .follow(let index): visit(index, at: place)
            }
        }
    }

    private mutating func visit(_ index: Int, at place: TextPlace) {
        guard reached[index] != round else { return }
        reached[index] = round
        budget.note(3 + current.count / 4)
        switch program.instructions[index] {
        case .jump(let target): chores.append(.follow(target))
        case .split(let first, let second):
            chores.append(.follow(second))
            chores.append(.follow(first))
        case .save(let slot):
            chores.append(.restore(slot: slot, current[slot]))
            chores.append(.follow(index + 1))
            current[slot] = place.position
        case .assert(let assertion):
            if place.satisfies(assertion) { chores.append(.follow(index + 1)) }
        case .scalar, .set, .match:
            next.instructions.append(index)
            next.saved.append(contentsOf: current)
        }
    }

    private static func ranges(_ saved: [Int]) -> [Range<Int>?] {
        stride(from: 0, to: saved.count, by: 2).map { slot in
            let (start, end) = (saved[slot], saved[slot + 1])
            return start >= 0 && start <= end ? start..<end : nil
        }
    }
}
