/// A place in a JSON document: keys and array indices joined by dots, as in `data.answer` or
/// `messages.0.body`. A `*` stands for every key or index, `$` alone for the whole document.
///
/// It may also be written as JSONPath has it (RFC 9535, without its filters, slices and descents):
/// `$.messages[0].body`, `$['a key.with dots']`.
package struct JSONPath: Sendable, Equatable {
    /// The most components of a path.
    package static let maximumDepth = 16

    /// The path as it was written.
    package let text: String
    let components: [Component]

    struct Component: Sendable, Equatable {
        let key: [UInt8]
        let index: Int?
        let isAny: Bool

        init(_ text: Substring) {
            key = Array(text.utf8)
            index = Int(text)
            isAny = text == "*"
        }

        /// A key and nothing else, whatever it looks like.
        init(key: Substring) {
            self.key = Array(key.utf8)
            index = nil
            isAny = false
        }
    }

    /// Reads a path; nil when it is empty, has an empty component or too many of them.
    package init?(_ text: String) {
        if text == "$" {
            self.text = text
            components = []
            return
        }
        if text.hasPrefix("$.") || text.hasPrefix("$[") {
            guard let components = Self.components(ofQuery: text.dropFirst()) else { return nil }
            self.text = text
            self.components = components
            return
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= Self.maximumDepth, parts.allSatisfy({ !$0.isEmpty }) else {
            return nil
        }
        self.text = text
        components = parts.map { Component($0) }
    }

    /// The place that `rest`, seen from here, leads to.
    package func appending(_ rest: JSONPath) -> JSONPath {
        let tail = rest.text == "$" ? "" : rest.text.drop { $0 == "$" }
        return JSONPath(text: text + tail, components: components + rest.components)
    }

    /// Whether the other leads to the same place, however it is written.
    package func isSamePlace(as other: JSONPath) -> Bool { components == other.components }

    /// Whether it may lead to several values of a document.
    package var isMultiple: Bool { components.contains(where: \.isAny) }

    private init(text: String, components: [Component]) {
        self.text = text
        self.components = components
    }

    /// The segments behind a query's `$`: `.key`, `.*`, `[0]`, `[*]`, `['key']`, `["key"]`.
    private static func components(ofQuery segments: Substring) -> [Component]? {
        var rest = segments
        var components: [Component] = []
        while let mark = rest.popFirst() {
            switch mark {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard let first = name.first, !first.isNumber else { return nil }
                components.append(name == "*" ? Component(name) : Component(key: name))
                rest = rest.dropFirst(name.count)
            case "[":
                guard let component = bracketed(&rest) else { return nil }
                components.append(component)
            default: return nil
            }
        }
        return components.count <= maximumDepth ? components : nil
    }

    /// What stands between a bracket that was just passed and the one that closes it.
    private static func bracketed(_ rest: inout Substring) -> Component? {
        let quote = rest.first
        if quote == "'" || quote == "\"" {
            let key = rest.dropFirst().prefix { $0 != quote }
            rest = rest.dropFirst(key.count + 1)
            guard rest.popFirst() == quote, rest.popFirst() == "]" else { return nil }
            return Component(key: key)
        }
        let inside = rest.prefix { $0 != "]" }
        rest = rest.dropFirst(inside.count)
        let isIndex = !inside.isEmpty && inside.utf8.allSatisfy { $0 &- 0x30 < 10 }
        guard rest.popFirst() == "]", inside == "*" || isIndex else { return nil }
        return Component(inside)
    }
}

/// Several paths that are looked up in one pass over a document.
package struct JSONFields: Sendable, Equatable {
    /// The most paths of one look-up.
    package static let mostPaths = 32

    /// The paths, at most `mostPaths`.
    package let paths: [JSONPath]

    /// A component that some of the paths have at one depth, and which of them do, a bit each.
    private struct Step: Sendable, Equatable {
        var paths: UInt32
        /// Its key among `keys`.
        var start: Int
        var end: Int
        /// Its index; -1 where it is none.
        var index: Int
        var isAny: Bool
    }

    private var keys: [UInt8] = []
    private var steps: [Step] = []
    /// Of each depth, where its steps are.
    private var levels: [Range<Int>] = []
    /// Of each depth, the paths that end there.
    private var ends: [UInt32] = []

    /// A look-up of these paths; what `found` hears first is a path's place in the list.
    package init(_ paths: [JSONPath]) {
        precondition(
            paths.count <= Self.mostPaths, "BUG: more than \(Self.mostPaths) paths in one look-up")
        self.paths = paths
        let deepest = paths.map(\.components.count).max() ?? 0
        for depth in 0...deepest { addLevel(depth) }
    }

    /// Adds the components at a depth, each once however many paths have it.
    private mutating func addLevel(_ depth: Int) {
        var known: [(component: JSONPath.Component, paths: UInt32)] = []
        var ended: UInt32 = 0
        for (place, path) in paths.enumerated() {
            let bit = UInt32(1) << UInt32(place)
            guard depth < path.components.count else {
                if depth == path.components.count { ended |= bit }
                continue
            }
            if let same = known.firstIndex(where: { $0.component == path.components[depth] }) {
                known[same].paths |= bit
            } else {
                known.append((path.components[depth], bit))
            }
        }
        ends.append(ended)
        levels.append(steps.count..<steps.count + known.count)
        for (component, paths) in known {
            let start = keys.count
            keys += component.key
            steps.append(
                Step(
                    paths: paths, start: start, end: keys.count, index: component.index ?? -1,
                    isAny: component.isAny))
        }
    }

    /// A look-up of paths written in the source.
    package init(literal paths: String...) {
        self.init(
            paths.map {
                guard let path = JSONPath($0) else { preconditionFailure("BUG: bad path \($0)") }
                return path
            })
    }

    /// Reads a whole document and reports every value at one of the paths, in the document's
    /// order: the path's place in `paths`, the value's first token, and the bytes it covers (of a
    /// string without the quotes; of `true`, `false` and `null` the last one). An object or array is reported when it ends, after what is in
    /// it. A key that occurs twice is reported twice.
    ///
    /// The document is read to its end, so that one which is cut short is noticed even when all
    /// paths were found. Nothing is allocated. As replies and datasets are what others have made, a
    /// byte order mark is passed over, and what is not a number is null.
    ///
    /// - Throws: where and why the bytes are not one JSON document.
    package func read(
        _ bytes: Span<UInt8>, found: (Int, JSONToken, Range<Int>) -> Void
    ) throws(JSONError) {
        var scanner = JSONScanner(position: bytes.lengthOfMark, takesNaN: true)
        let all = paths.indices.reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
        let first = try scanner.next(in: bytes)
        try visit(first, alive: all, depth: 0, scanner: &scanner, in: bytes, found: found)
        _ = try scanner.next(in: bytes)
    }

    /// Reads the value that begins with `token`, which the first `depth` components of the `alive`
    /// paths lead to.
    private func visit(
        _ token: JSONToken, alive: UInt32, depth: Int, scanner: inout JSONScanner,
        in bytes: Span<UInt8>, found: (Int, JSONToken, Range<Int>) -> Void
    ) throws(JSONError) {
        if alive == 0 { return try scanner.skipRest(of: token, in: bytes) }
        let start = scanner.position - 1
        switch token {
        case .beginObject:
            try visitMembers(alive, depth: depth, scanner: &scanner, in: bytes, found: found)
        case .beginArray:
            try visitElements(alive, depth: depth, scanner: &scanner, in: bytes, found: found)
        default: break
        }
        var ended = depth < ends.count ? alive & ends[depth] : 0
        while ended != 0 {
            let index = ended.trailingZeroBitCount
            found(index, token, token.extent ?? start..<scanner.position)
            ended &= ended &- 1
        }
    }

    private func visitMembers(
        _ alive: UInt32, depth: Int, scanner: inout JSONScanner, in bytes: Span<UInt8>,
        found: (Int, JSONToken, Range<Int>) -> Void
    ) throws(JSONError) {
        while case .key(let key) = try scanner.next(in: bytes) {
            let next = narrow(alive, depth: depth) { step in
                step.isAny || key.equals(keys.span.extracting(step.start..<step.end), in: bytes)
            }
            let token = try scanner.next(in: bytes)
            try visit(
                token, alive: next, depth: depth + 1, scanner: &scanner, in: bytes, found: found)
        }
    }

    private func visitElements(
        _ alive: UInt32, depth: Int, scanner: inout JSONScanner, in bytes: Span<UInt8>,
        found: (Int, JSONToken, Range<Int>) -> Void
    ) throws(JSONError) {
        var index = 0
        var token = try scanner.next(in: bytes)
        while token != .endArray {
            let next = narrow(alive, depth: depth) { $0.isAny || $0.index == index }
            try visit(
                token, alive: next, depth: depth + 1, scanner: &scanner, in: bytes, found: found)
            index += 1
            token = try scanner.next(in: bytes)
        }
    }

    /// The paths of `alive` whose component at `depth` matches.
    @inline(__always)
    private func narrow(
        _ alive: UInt32, depth: Int, where matches: (Step) -> Bool
    ) -> UInt32 {
        guard depth < levels.count else { return 0 }
        var kept: UInt32 = 0
        for place in levels[depth] where steps[place].paths & alive != 0 {
            if matches(steps[place]) { kept |= steps[place].paths & alive }
        }
        return kept
    }
}

extension Span<UInt8> {
    /// Three when they begin with the byte order mark of UTF-8, none otherwise.
    package var lengthOfMark: Int {
        count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF ? 3 : 0
    }
}

extension JSONToken {
    /// The bytes of a value whose token tells them.
    fileprivate var extent: Range<Int>? {
        switch self {
        case .string(let text): text.range
        case .number(let digits): digits
        default: nil
        }
    }
}
