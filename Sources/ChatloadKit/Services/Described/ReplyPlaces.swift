import Base

/// Places that a reply's parts are looked for at, all of them found in one pass over a document.
struct ReplyPlaces: Sendable {
    /// Part of a reply.
    enum Role: Int, CaseIterable {
        case text, reasoning, tool
        case error, rejected, exhausted, wait
        case promptTokens, replyTokens, cachedTokens, reasoningTokens
        case finish, end
    }

    /// Place of one of the paths, and what others must have for it to count.
    struct Place: Sendable {
        var path: Int
        /// Of `guards`.
        var guards: Range<Int>
        /// Whether it is in the elements that `each` leads to.
        var isOfElement: Bool
        /// Finds all values of it again, where it may lead to several; paths from the element on.
        var all: JSONFields?
    }

    /// What another place must have.
    private struct Guard: Sendable {
        var path: Int
        var values: [Value]
        var isNegated: Bool
    }

    private enum Value: Sendable {
        /// Also where there is nothing.
        case null
        case literal([UInt8])
        case text([UInt8])
        case template(TextTemplate)
    }

    /// Places of which the first that is there counts.
    private struct List: Sendable {
        var places: [Place] = []
        /// The bits of their paths.
        var paths: UInt32 = 0
    }

    private let parameters: ParameterValues
    private var fields = JSONFields([])
    private var lists = [List](repeating: List(), count: Role.allCases.count)
    private var guards: [Guard] = []
    /// The path to the elements, which comes last of all, and the bits of the paths within them.
    private var element: Int?
    private var elementPaths: UInt32 = 0
    private(set) var signs: [(place: Place, texts: [String])] = []
    private(set) var captures: [(place: Place, capture: Int)] = []

    /// The places of a reply.
    ///
    /// - Throws: that there are too many of them.
    init(_ reply: ServiceReply, _ parameters: ParameterValues) throws(Fault) {
        self.parameters = parameters
        var paths: [JSONPath] = []
        for role in Role.allCases {
            let places = reply.places(of: role).map { add($0, under: reply.each, to: &paths) }
            let bits = places.reduce(0) { $0 | Self.bit($1.path) }
            lists[role.rawValue] = List(places: places, paths: bits)
        }
        signs = reply.overflow.map { (add($0.place, under: reply.each, to: &paths), $0.texts) }
        for (capture, source) in reply.captures {
            guard case .place(let place) = source else { continue }
            captures.append((add(place, under: reply.each, to: &paths), capture))
        }
        if let each = reply.each {
            element = paths.count
            paths.append(each)
        }
        guard paths.count <= 32 else {
            throw Fault(
                "a reply is looked for at \(paths.count) different paths, and at most 32 can be",
                hint: "leave out places that this service does not use")
        }
        fields = JSONFields(paths)
    }

    private static func bit(_ path: Int) -> UInt32 { 1 << UInt32(truncatingIfNeeded: path) }

    private mutating func add(
        _ place: GuardedPlace, under each: JSONPath?, to paths: inout [JSONPath]
    ) -> Place {
        let isOfElement = each != nil && !place.isOfWhole
        func number(of path: JSONPath, _ bits: inout UInt32) -> Int {
            let whole = isOfElement ? each?.appending(path) ?? path : path
            let number = paths.firstIndex { $0.isSamePlace(as: whole) } ?? paths.count
            if number == paths.count { paths.append(whole) }
            if isOfElement { bits |= Self.bit(number) }
            return number
        }
        let start = guards.count
        for condition in place.guards {
            let path = number(of: condition.path, &elementPaths)
            guards.append(
                Guard(
                    path: path, values: condition.values.compactMap(value),
                    isNegated: condition.isNegated))
        }
        return Place(
            path: number(of: place.path, &elementPaths), guards: start..<guards.count,
            isOfElement: isOfElement,
            all: place.path.isMultiple ? JSONFields([place.path]) : nil)
    }

    /// A value that is wanted; nil where it is one of a parameter that is not set, and so nothing is it.
    private func value(_ value: GuardedPlace.Value) -> Value? {
        switch value {
        case .literal(let bytes) where bytes == Array("null".utf8): return .null
        case .literal(let bytes): return .literal(bytes)
        case .text(let parts):
            guard let template = TextTemplate(parts, parameters, escaping: .none) else {
                return nil
            }
            return template.constant.map { .text($0) } ?? .template(template)
        }
    }
}

/// Looking up.
extension ReplyPlaces {
    /// Reads a document.
    ///
    /// - Parameter element: called at the end of every element that `each` leads to, with its range;
    ///   what was found in it is forgotten then.
    /// - Throws: where and why it is not JSON.
    func read(
        _ bytes: Span<UInt8>, each element: (borrowing PlaceHits, Range<Int>) -> Void
    ) throws(JSONError) -> PlaceHits {
        var hits = PlaceHits()
        let last = self.element ?? -1
        try fields.read(bytes) { path, token, range in
            guard path == last else { return hits.add(token, range, at: path) }
            element(hits, range)
            hits.clear(elementPaths)
        }
        return hits
    }

    /// The first place of a list that is there; nil where none is.
    @inline(__always)
    func first(
        _ role: Role, ofElement isOfElement: Bool = false, in hits: borrowing PlaceHits,
        of bytes: Span<UInt8>, _ values: SessionValues
    ) -> Place? {
        guard lists[role.rawValue].paths & hits.present != 0 else { return nil }
        for index in lists[role.rawValue].places.indices {
            let place = lists[role.rawValue].places[index]
            guard place.isOfElement == isOfElement, hits[place.path].isThere,
                holds(place, in: hits, of: bytes, values)
            else { continue }
            return place
        }
        return nil
    }

    /// Whether something is at one of a list's places, be it empty.
    func has(_ role: Role, in hits: borrowing PlaceHits) -> Bool {
        lists[role.rawValue].paths & hits.present != 0
    }

    /// The sum of the numbers at a list's places; nil where there is none.
    func sum(
        _ role: Role, ofElement isOfElement: Bool = false, in hits: borrowing PlaceHits,
        of bytes: Span<UInt8>, _ values: SessionValues
    ) -> Int? {
        guard lists[role.rawValue].paths & hits.present != 0 else { return nil }
        var sum: Int?
        for index in lists[role.rawValue].places.indices {
            let place = lists[role.rawValue].places[index]
            guard place.isOfElement == isOfElement, let count = hits[place.path].count(in: bytes),
                holds(place, in: hits, of: bytes, values)
            else { continue }
            sum = (sum ?? 0) &+ count
        }
        return sum
    }

    /// Appends what stands at a place, all of it where that is several values, with `join` before each
    /// that is not the first in the buffer.
    ///
    /// - Parameter scope: the part of the document that the place is in: the element, or all of it.
    func append(
        _ place: Place, in hits: borrowing PlaceHits, of bytes: Span<UInt8>, scope: Range<Int>,
        to buffer: inout ByteBuffer, join: [UInt8]
    ) {
        guard hits.areSeveral(at: place.path), let all = place.all else {
            if !buffer.isEmpty { buffer.append(join) }
            return hits[place.path].append(to: &buffer, from: bytes)
        }
        let part = bytes.extracting(scope)
        // It has been read as part of the document, and was well-formed.
        try? all.read(part) { _, token, range in
            let value = PlaceHits.Value(token, range)
            guard value.isThere else { return }
            if !buffer.isEmpty { buffer.append(join) }
            value.append(to: &buffer, from: part)
        }
    }

    /// Whether other places have what they should.
    func holds(
        _ place: Place, in hits: borrowing PlaceHits, of bytes: Span<UInt8>, _ values: SessionValues
    ) -> Bool {
        for index in place.guards {
            let value = hits[guards[index].path]
            var isOne = false
            for choice in guards[index].values.indices where !isOne {
                isOne = Self.matches(guards[index].values[choice], value, in: bytes, values)
            }
            if isOne == guards[index].isNegated { return false }
        }
        return true
    }

    private static func matches(
        _ wanted: Value, _ value: PlaceHits.Value, in bytes: Span<UInt8>, _ values: SessionValues
    ) -> Bool {
        switch wanted {
        case .null: return value.kind == .null
        case .text(let text): return value.text?.equals(text.span, in: bytes) ?? false
        case .literal(let literal):
            switch value.kind {
            case .yes: return literal.span.equals("true", 0..<literal.count)
            case .no: return literal.span.equals("false", 0..<literal.count)
            case .number: return bytes.extracting(value.range).isEqual(to: literal.span)
            default: return false
            }
        case .template(let template):
            var buffer = ByteBuffer()
            template.append(to: &buffer, values, text: Span())
            return value.text?.equals(buffer.bytes.span, in: bytes) ?? false
        }
    }
}

extension ServiceReply {
    /// The places of a part.
    fileprivate func places(of role: ReplyPlaces.Role) -> [GuardedPlace] {
        switch role {
        case .text: return text
        case .reasoning: return reasoning
        case .tool: return tool
        case .error: return error
        case .rejected: return rejected
        case .exhausted: return exhausted
        case .wait: return wait
        case .promptTokens: return promptTokens
        case .replyTokens: return replyTokens
        case .cachedTokens: return cachedTokens
        case .reasoningTokens: return reasoningTokens
        case .finish: return finish
        case .end:
            if case .place(let places) = end { return places }
            return []
        }
    }
}
