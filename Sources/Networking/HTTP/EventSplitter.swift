import Base

/// Splitter of a streamed body into its events, whatever the pieces in which it comes. It knows what
/// divides events and nothing of what is in them.
///
/// An event that lies whole in a piece is lent from there; only one that comes in pieces is copied
/// together. Total: any bytes lead to events or to the one error that there is.
package struct EventSplitter {
    /// Form of a streamed body.
    package enum Form: Sendable {
        /// Server-sent events (WHATWG HTML, "Parsing an event stream"). Identifiers and times for
        /// reconnecting are passed over, as nobody reconnects.
        case serverSent
        /// A value a line, as in NDJSON; blank lines are passed over.
        case lines
    }

    /// The most bytes that an event may have, or a line of it.
    package static let longest = 1 << 20

    private static let tooLong = HTTPError.tooLarge("an event beyond \(longest) bytes")

    private let form: Form
    /// A line that has begun in an earlier piece and has not ended yet.
    private var line: [UInt8] = []
    /// The event at hand as far as it does not lie in the piece: its data, its type.
    private var data: [UInt8] = []
    private var type: [UInt8] = []
    private var hasData = false
    /// Whether no line has ended yet, so that a byte order mark may come.
    private var isAtStart = true
    /// Whether a line feed that comes next belongs to the carriage return before it.
    private var skipsLineFeed = false

    /// A splitter before the first byte.
    package init(_ form: Form) { self.form = form }

    /// Ready for another body, memory kept unless it is much.
    package mutating func reset() {
        Self.empty(&line)
        Self.empty(&data)
        Self.empty(&type)
        hasData = false
        isAtStart = true
        skipsLineFeed = false
    }

    private static func empty(_ bytes: inout [UInt8]) {
        if bytes.capacity > 4_096 { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    }

    /// Hands each event that ends in `piece` to `take`: its type, which is empty where it has none,
    /// and its data. Stops where that says false; what follows is lost then.
    ///
    /// - Throws: that an event is too long; nothing is to be fed after that.
    package mutating func feed(
        _ piece: Span<UInt8>, _ take: (Span<UInt8>, Span<UInt8>) -> Bool
    ) throws(HTTPError) {
        var start = 0
        if skipsLineFeed, !piece.isEmpty {
            skipsLineFeed = false
            if piece[0] == UInt8(ascii: "\n") { start = 1 }
        }
        var ends = LineEnds(form)
        // The data of the event at hand, where it is one line of this piece.
        var held: Range<Int>?
        while let end = ends.next(in: piece, from: start) {
            let content = start..<end
            start = end + 1
            if piece[end] == UInt8(ascii: "\r"), form == .serverSent {
                if start == piece.count {
                    skipsLineFeed = true
                } else if piece[start] == UInt8(ascii: "\n") {
                    start += 1
                }
            }
            let goesOn =
                line.isEmpty
                ? try takeLine(of: piece, content, &held, take)
                : try takeBrokenLine(piece.extracting(content), &held, in: piece, take)
            if !goesOn { return }
        }
        if let held { keep(piece.extracting(held)) }
        try store(piece.extracting(start..<piece.count))
    }

    /// The body is over: hands over what has no end, if that is something.
    ///
    /// - Throws: that the event is too long.
    package mutating func end(_ take: (Span<UInt8>, Span<UInt8>) -> Bool) throws(HTTPError) {
        var held: Range<Int>?
        if !line.isEmpty {
            guard try takeBrokenLine(Span(), &held, in: Span(), take) else { return }
        }
        if hasData { _ = take(type.span, data.span) }
    }

    // MARK: Lines

    /// Takes a line that lies whole in the piece; whether more is wanted.
    private mutating func takeLine(
        of piece: Span<UInt8>, _ range: Range<Int>, _ held: inout Range<Int>?,
        _ take: (Span<UInt8>, Span<UInt8>) -> Bool
    ) throws(HTTPError) -> Bool {
        let field = field(of: piece.extracting(range))
        isAtStart = false
        let value =
            range.lowerBound + field.value.lowerBound..<range.lowerBound + field.value.upperBound
        switch field.name {
        case .none: return true
        case .type: type = piece.extracting(value).array
        case .data:
            guard value.count <= Self.longest - data.count else { throw Self.tooLong }
            if hasData || held != nil {
                if let first = held { keep(piece.extracting(first)) }
                held = nil
                keep(piece.extracting(value))
            } else {
                held = value
            }
            if form == .lines { return dispatch(held, in: piece, &held, take) }
        case .end: return dispatch(held, in: piece, &held, take)
        }
        return true
    }

    /// Takes a line that began in an earlier piece and ends with `rest`.
    private mutating func takeBrokenLine(
        _ rest: Span<UInt8>, _ held: inout Range<Int>?, in piece: Span<UInt8>,
        _ take: (Span<UInt8>, Span<UInt8>) -> Bool
    ) throws(HTTPError) -> Bool {
        try store(rest)
        let field = field(of: line.span)
        isAtStart = false
        var goesOn = true
        switch field.name {
        case .none: break
        case .type: type = Array(line[field.value])
        case .data:
            guard field.value.count <= Self.longest - data.count else { throw Self.tooLong }
            if hasData { data.append(UInt8(ascii: "\n")) }
            data.append(contentsOf: line[field.value])
            hasData = true
            if form == .lines { goesOn = dispatch(nil, in: piece, &held, take) }
        case .end: goesOn = dispatch(nil, in: piece, &held, take)
        }
        Self.empty(&line)
        return goesOn
    }

    /// Hands the event at hand over, if it has data, and begins the next.
    private mutating func dispatch(
        _ value: Range<Int>?, in piece: Span<UInt8>, _ held: inout Range<Int>?,
        _ take: (Span<UInt8>, Span<UInt8>) -> Bool
    ) -> Bool {
        held = nil
        var goesOn = true
        if let value {
            goesOn = take(type.span, piece.extracting(value))
        } else if hasData {
            goesOn = take(type.span, data.span)
            Self.empty(&data)
            hasData = false
        }
        if !type.isEmpty { type.removeAll(keepingCapacity: true) }
        return goesOn
    }

    /// Adds a line to the data that is kept.
    private mutating func keep(_ value: Span<UInt8>) {
        if hasData { data.append(UInt8(ascii: "\n")) }
        value.withUnsafeBufferPointer { data.append(contentsOf: $0) }
        hasData = true
    }

    private mutating func store(_ rest: Span<UInt8>) throws(HTTPError) {
        if rest.isEmpty { return }
        // A field's name and the mark at the start are no part of the event.
        guard rest.count <= Self.longest + 16 - line.count else { throw Self.tooLong }
        rest.withUnsafeBufferPointer { line.append(contentsOf: $0) }
    }

    // MARK: Fields

    private enum FieldName { case none, data, type, end }

    /// What a line says, and where in it the value is.
    private func field(of line: Span<UInt8>) -> (name: FieldName, value: Range<Int>) {
        let start = isAtStart ? line.lengthOfMark : 0
        if form == .lines {
            let isBlank = line.trimmed(start..<line.count).allSatisfy { line[$0] == 0x0D }
            return (isBlank ? .none : .data, start..<line.count)
        }
        if start == line.count { return (.end, start..<start) }
        if line.matches("data", at: start), let value = Self.value(in: line, behind: start + 4) {
            return (.data, value)
        }
        if line.matches("event", at: start), let value = Self.value(in: line, behind: start + 5) {
            return (.type, value)
        }
        return (.none, start..<start)
    }

    /// The value of a field whose name ends at `end`; nil where the name goes on.
    private static func value(in line: Span<UInt8>, behind end: Int) -> Range<Int>? {
        if end == line.count { return end..<end }
        guard line[end] == UInt8(ascii: ":") else { return nil }
        let start = end + 1
        let hasBlank = start < line.count && line[start] == UInt8(ascii: " ")
        return (hasBlank ? start + 1 : start)..<line.count
    }
}

/// Ends of a piece's lines: line feeds, and of server-sent events carriage returns too. Each byte is
/// looked at twice at most, whatever stands in the piece.
private struct LineEnds {
    private let hasReturns: Bool
    /// The next of each from where it was last looked for; nil before that.
    private var feed: Int?
    private var carriage: Int?

    init(_ form: EventSplitter.Form) { hasReturns = form == .serverSent }

    /// The first end from `start` on; nil where there is none.
    mutating func next(in piece: Span<UInt8>, from start: Int) -> Int? {
        if feed ?? -1 < start {
            feed = piece.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? .max
        }
        if hasReturns, carriage ?? -1 < start {
            carriage = piece.firstIndex(of: UInt8(ascii: "\r"), from: start) ?? .max
        }
        let end = min(feed ?? .max, carriage ?? .max)
        return end == .max ? nil : end
    }
}
