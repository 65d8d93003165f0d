import Base

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
    ) throws(Fault) -> [Range<Int>?]? {
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

/// A place in a text between two scalars.
struct TextPlace {
    /// In bytes from the text's start.
    private(set) var position: Int
    /// What stands before it; nil at the text's start.
    private var previous: UInt32?
    /// What stands after it; nil at the text's end.
    private(set) var scalar: UInt32?
    /// The bytes of `scalar`.
    private var length = 0
    /// Whether nothing follows `scalar`.
    private var isLast = false

    /// The place before the scalar that begins at a position.
    init(in bytes: Span<UInt8>, at position: Int) {
        self.position = position
        previous = Self.decode(bytes, before: position)?.scalar
        look(at: bytes)
    }

    /// Goes behind the next scalar; stays where it is at the end.
    mutating func advance(in bytes: Span<UInt8>) {
        guard let scalar else { return }
        previous = scalar
        position += length
        look(at: bytes)
    }

    func satisfies(_ assertion: PatternAssertion) -> Bool {
        // What was read before is not the last thing, unless that does not matter.
        let before = previous.map { ScalarRole(of: $0, isLast: false) } ?? .edge
        let after = scalar.map { ScalarRole(of: $0, isLast: isLast) } ?? .edge
        return assertion.holds(between: before, and: after)
    }

    private mutating func look(at bytes: Span<UInt8>) {
        guard position < bytes.count else {
            (scalar, length) = (nil, 0)
            return
        }
        (scalar, length) = Self.decode(bytes, at: position)
        isLast = position + length == bytes.count
    }

    /// The scalar at a position (RFC 3629 §4) and its length. What is none counts as U+FFFD, one
    /// byte long.
    static func decode(_ bytes: Span<UInt8>, at position: Int) -> (scalar: UInt32, length: Int) {
        let first = UInt32(bytes[position])
        if first < 0x80 { return (first, 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first < 0xF5, position + length <= bytes.count else {
            return (0xFFFD, 1)
        }
        var value = first & (0x7F >> UInt32(length))
        for offset in 1..<length {
            let byte = UInt32(bytes[position + offset])
            guard byte & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            value = value << 6 | byte & 0x3F
        }
        let least: UInt32 = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80
        guard value >= least, Unicode.Scalar(value) != nil else { return (0xFFFD, 1) }
        return (value, length)
    }

    /// The scalar that ends at a position and its length; nil at the text's start. Agrees with reading
    /// forwards: whatever begins a scalar is part of no other one.
    static func decode(
        _ bytes: Span<UInt8>, before position: Int
    ) -> (scalar: UInt32, length: Int)? {
        guard position > 0 else { return nil }
        let last = bytes[position - 1]
        if last < 0x80 { return (UInt32(last), 1) }
        guard last & 0xC0 == 0x80 else { return (0xFFFD, 1) }
        for length in 2...4 where length <= position {
            let found = decode(bytes, at: position - length)
            if found.length == length { return found }
        }
        return (0xFFFD, 1)
    }
}
