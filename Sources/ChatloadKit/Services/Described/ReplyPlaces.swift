import Base

/// Places that a reply's parts are looked for at, all of them found in one pass over a document.
///
/// An object, so that reading costs no copies of its tables.
final class ReplyPlaces: Sendable {
    /// Part of a reply.
    enum Role: Int, CaseIterable {
        case text, reasoning, tool
        case error, rejected, exhausted, wait
        case promptTokens, replyTokens, cachedTokens, reasoningTokens
        case finish, end, others
    }

    /// Place of one of the paths, and what others must have for it to count.
    struct Place: Sendable {
        var path: Int
        /// Of `guards`.
        var guards: Range<Int>
        /// Whether it is in the elements that `each` leads to.
        var isOfElement: Bool
        /// Which of `severals` finds all of its values again; -1 where it leads to one.
        var several = -1
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

    private let fields: JSONFields
    private let places: [Place]
    /// By role: which of the places are its own, of which the first that is there counts, and the bits of
    /// their paths.
    private let ranges: [Range<Int>]
    private let masks: [UInt32]
    private let guards: [Guard]
    /// What finds all values of one path, from the element on.
    private let severals: [JSONFields]
    /// The path to the elements, which comes last of all, and the bits of the paths within them.
    private let element: Int
    private let elementPaths: UInt32
    let signs: [(place: Place, texts: [String])]
    let captures: [(place: Place, capture: Int)]

    /// The places of a reply.
    ///
    /// - Throws: that there are too many of them.
    init(_ reply: ServiceReply, _ parameters: ParameterValues) throws(Fault) {
        var builder = Builder(each: reply.each, parameters: parameters)
        var places: [Place] = []
        var ranges: [Range<Int>] = []
        var masks: [UInt32] = []
        for role in Role.allCases {
            let own = reply.places(of: role).map { builder.add($0) }
            ranges.append(places.count..<places.count + own.count)
            masks.append(own.reduce(0) { $0 | Self.bit($1.path) })
            places += own
        }
        signs = reply.overflow.map { (builder.add($0.place), $0.texts) }
        captures = reply.captures.compactMap { capture, source in
            guard case .place(let place) = source else { return nil }
            return (builder.add(place), capture)
        }
        element = reply.each == nil ? -1 : builder.paths.count
        builder.paths += [reply.each].compactMap(\.self)
        guard builder.paths.count <= JSONFields.mostPaths else {
            throw Fault(
                "a reply is looked for at \(builder.paths.count) different paths, and at most"
                    + " \(JSONFields.mostPaths) can be",
                hint: "leave out places that this service does not use")
        }
        (self.places, self.ranges, self.masks) = (places, ranges, masks)
        (guards, severals) = (builder.guards, builder.severals)
        elementPaths = builder.elementPaths
        fields = JSONFields(builder.paths)
    }

    private static func bit(_ path: Int) -> UInt32 { 1 << UInt32(truncatingIfNeeded: path) }

    /// The tables, while they are made.
    private struct Builder {
        let each: JSONPath?
        let parameters: ParameterValues
        var paths: [JSONPath] = []
        var guards: [Guard] = []
        var severals: [JSONFields] = []
        var elementPaths: UInt32 = 0

        mutating func add(_ place: GuardedPlace) -> Place {
            let isOfElement = each != nil && !place.isOfWhole
            let start = guards.count
            for condition in place.guards {
                let path = number(of: condition.path, isOfElement)
                guards.append(
                    Guard(
                        path: path, values: condition.values.compactMap(value),
                        isNegated: condition.isNegated))
            }
            var made = Place(
                path: number(of: place.path, isOfElement), guards: start..<guards.count,
                isOfElement: isOfElement)
            if place.path.isMultiple {
                made.several = severals.count
                severals.append(JSONFields([place.path]))
            }
            return made
        }

        private mutating func number(of path: JSONPath, _ isOfElement: Bool) -> Int {
            let whole = isOfElement ? each?.appending(path) ?? path : path
            let number = paths.firstIndex { $0.isSamePlace(as: whole) } ?? paths.count
            if number == paths.count { paths.append(whole) }
            if isOfElement { elementPaths |= ReplyPlaces.bit(number) }
            return number
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
}

/// Looking up.
extension ReplyPlaces {
    /// Reads a document.
    ///
    /// - Parameters:
    ///   - recurring: what it is compared with before it is read, and what is kept for the next then.
    ///   - element: called at the end of every element that `each` leads to, with its range; what was
    ///     found in it is forgotten then.
    /// - Throws: where and why it is not JSON.
    @inline(__always)
    func read(
        _ bytes: Span<UInt8>, like recurring: RecurringEvent? = nil,
        each element: (borrowing PlaceHits, Range<Int>) -> Void
    ) throws(JSONError) -> PlaceHits {
        guard let recurring else { return try readWhole(bytes, each: element) }
        if let hits = recurring.hits(in: bytes) { return hits }
        let hits = try readWhole(bytes, each: element)
        recurring.keep(bytes, hits)
        return hits
    }

    private func readWhole(
        _ bytes: Span<UInt8>, each element: (borrowing PlaceHits, Range<Int>) -> Void
    ) throws(JSONError) -> PlaceHits {
        var hits = PlaceHits()
        try fields.read(bytes) { path, token, range in
            guard path == self.element else { return hits.add(token, range, at: path) }
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
        guard masks[role.rawValue] & hits.present != 0 else { return nil }
        for index in ranges[role.rawValue] {
            let place = places[index]
            guard place.isOfElement == isOfElement, hits[place.path].isThere,
                holds(place, in: hits, of: bytes, values)
            else { continue }
            return place
        }
        return nil
    }

    /// Whether something is at one of a list's places, be it empty.
    func has(_ role: Role, in hits: borrowing PlaceHits) -> Bool {
        masks[role.rawValue] & hits.present != 0
    }

    /// The sum of the numbers at a list's places; nil where there is none.
    func sum(
        _ role: Role, ofElement isOfElement: Bool = false, in hits: borrowing PlaceHits,
        of bytes: Span<UInt8>, _ values: SessionValues
    ) -> Int? {
        guard masks[role.rawValue] & hits.present != 0 else { return nil }
        var sum: Int?
        for index in ranges[role.rawValue] {
            let place = places[index]
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
        guard hits.areSeveral(at: place.path), place.several >= 0 else {
            if !buffer.isEmpty { buffer.append(join) }
            return hits[place.path].append(to: &buffer, from: bytes)
        }
        let part = bytes.extracting(scope)
        // It has been read as part of the document, and was well-formed.
        try? severals[place.several].read(part) { _, token, range in
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
        case .others: return others
        case .end:
            if case .place(let places) = end { return places }
            return []
        }
    }
}
