@testable import ChatloadKit

/// The plainest way to match a pattern's tree, for short texts: it tries one way after the other.
struct BacktrackingMatcher {
    private let scalars: [UInt32]
    private let positions: [Int]
    private var groups: [Range<Int>?] = []

    init(_ bytes: [UInt8]) {
        var (scalars, positions) = ([UInt32](), [0])
        while let position = positions.last, position < bytes.count {
            let found = TextPlace.decode(bytes.span, at: position)
            scalars.append(found.scalar)
            positions.append(position + found.length)
        }
        self.scalars = scalars
        self.positions = positions
    }

    mutating func firstMatch(of tree: PatternNode, groupCount: Int) -> [Range<Int>?]? {
        for start in positions.indices {
            groups = Array(repeating: nil, count: groupCount + 1)
            var end: Int?
            let isMatch = match(tree, at: start) { _, place in
                end = place
                return true
            }
            guard isMatch, let end else { continue }
            groups[0] = positions[start]..<positions[end]
            return groups
        }
        return nil
    }

    private typealias Next = (inout BacktrackingMatcher, Int) -> Bool

    private mutating func match(_ node: PatternNode, at place: Int, then next: Next) -> Bool {
        switch node {
        case .empty: return next(&self, place)
        case .scalar(let scalar):
            return place < scalars.count && scalars[place] == scalar && next(&self, place + 1)
        case .set(let set):
            return place < scalars.count && set.contains(scalars[place]) && next(&self, place + 1)
        case .assertion(let assertion):
            return assertion.holds(between: role(at: place - 1), and: role(at: place))
                && next(&self, place)
        case .group(let content, let number):
            let before = groups[number]
            let isMatch = match(content, at: place) { matcher, end in
                let inner = matcher.groups[number]
                matcher.groups[number] = matcher.positions[place]..<matcher.positions[end]
                if next(&matcher, end) { return true }
                matcher.groups[number] = inner
                return false
            }
            if !isMatch { groups[number] = before }
            return isMatch
        case .sequence(let nodes): return match(nodes[...], at: place, then: next)
        case .choice(let nodes):
            for node in nodes where match(node, at: place, then: next) { return true }
            return false
        case .repeated(let content, let count):
            return match(content, count, taken: 0, at: place, then: next)
        }
    }

    private mutating func match(
        _ nodes: ArraySlice<PatternNode>, at place: Int, then next: Next
    ) -> Bool {
        guard let first = nodes.first else { return next(&self, place) }
        return match(first, at: place) { matcher, end in
            matcher.match(nodes.dropFirst(), at: end, then: next)
        }
    }

    /// Of contents that take something in.
    private mutating func match(
        _ content: PatternNode, _ count: PatternCount, taken: Int, at place: Int, then next: Next
    ) -> Bool {
        let mayEnd = taken >= count.least
        if count.isLazy, mayEnd, next(&self, place) { return true }
        if taken < count.most ?? .max {
            let goesOn = match(content, at: place) { matcher, end in
                matcher.match(content, count, taken: taken + 1, at: end, then: next)
            }
            if goesOn { return true }
        }
        return !count.isLazy && mayEnd && next(&self, place)
    }

    private func role(at place: Int) -> ScalarRole {
        guard scalars.indices.contains(place) else { return .edge }
        return ScalarRole(of: scalars[place], isLast: place == scalars.count - 1)
    }
}

extension PatternNode {
    /// Whether something is repeated in it that may take nothing in.
    var repeatsNothing: Bool {
        switch self {
        case .empty, .scalar, .set, .assertion: false
        case .group(let node, _): node.repeatsNothing
        case .sequence(let nodes), .choice(let nodes): nodes.contains(where: \.repeatsNothing)
        case .repeated(let node, _): node.isNullable || node.repeatsNothing
        }
    }
}
