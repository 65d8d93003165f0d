import Networking

/// How the elements of a file follow each other. An element is what holds one conversation, a part of
/// one, or several: a line, an object of an array, a row of a table.
enum ElementOrder: Sendable, Equatable {
    /// One a line; blank lines, and those that begin with `//` perhaps after white space, are none.
    /// The first may begin at an offset, with so many lines before it.
    case lines(from: Int, after: Int = 0)
    /// The elements of a JSON array whose first one begins, perhaps after white space, at an offset.
    case array(from: Int)
    /// JSON values with nothing but white space between them.
    case values(from: Int)

    /// Where the first element may begin.
    var start: Int {
        switch self {
        case .lines(let start, _), .array(let start), .values(let start): start
        }
    }
}

/// One element: where it is, and its number.
struct Element: Equatable {
    /// Its bytes.
    var range: Range<Int>
    /// Its place among the file's elements, from 0.
    var ordinal: Int
    /// The number of the line it begins on, from 1.
    var line: Int
}

/// A walk through a file's elements.
struct ElementCursor: Sendable {
    let order: ElementOrder
    /// Where the next element is looked for.
    var offset: Int
    /// The next element's ordinal.
    var ordinal = 0
    /// The number of the line at `offset`, from 1.
    var line = 1

    /// Before the first element.
    init(_ order: ElementOrder) {
        self.order = order
        offset = order.start
        if case .lines(_, let passed) = order { line += passed }
    }

    /// The next element; nil when there is none.
    ///
    /// Where an array or a value is broken off, the rest of the file is one last element, so that
    /// whoever reads it finds out what is wrong.
    mutating func next(in file: MappedFile) -> Element? {
        switch order {
        case .lines: nextLine(in: file)
        case .array: nextOfArray(in: file)
        case .values: nextValue(in: file)
        }
    }

    private mutating func nextLine(in file: MappedFile) -> Element? {
        while offset < file.count {
            let end = file.endOfLine(from: offset)
            // Files with marks that were put together have them in between too.
            let mark = file.withBytes(in: offset..<end) { $0.lengthOfMark }
            let range = offset + mark..<end
            offset = range.upperBound + 1
            line += 1
            guard file.withBytes(in: range, Self.holdsElement) else { continue }
            ordinal += 1
            return Element(range: range, ordinal: ordinal - 1, line: line - 1)
        }
        return nil
    }

    private static func holdsElement(_ line: Span<UInt8>) -> Bool {
        for index in 0..<line.count {
            switch line[index] {
            case 0x20, 0x09, 0x0D: continue
            case UInt8(ascii: "/"):
                return !(index + 1 < line.count && line[index + 1] == UInt8(ascii: "/"))
            default: return true
            }
        }
        return false
    }

    private mutating func nextOfArray(in file: MappedFile) -> Element? {
        if offset > file.count { return nil }
        let (range, next) = file.withBytes(in: 0..<file.count) { bytes in
            Self.elementOfArray(from: offset, isFirst: ordinal == 0, in: bytes)
        }
        return move(to: range, next: next, in: file)
    }

    /// The element and where to go on: beyond the end when the array is over.
    private static func elementOfArray(
        from offset: Int, isFirst: Bool, in bytes: Span<UInt8>
    ) -> (Range<Int>?, next: Int) {
        let over = bytes.count + 1
        var start = JSONExtent.skipSpace(from: offset, in: bytes)
        if start < bytes.count, bytes[start] == UInt8(ascii: "]") { return (nil, over) }
        if !isFirst {
            guard start < bytes.count, bytes[start] == UInt8(ascii: ",") else {
                return (start..<bytes.count, over)
            }
            start = JSONExtent.skipSpace(from: start + 1, in: bytes)
        }
        guard let end = JSONExtent.end(from: start, in: bytes) else {
            return (start..<bytes.count, over)
        }
        return (start..<end, end)
    }

    private mutating func nextValue(in file: MappedFile) -> Element? {
        let (range, next) = file.withBytes(in: 0..<file.count) { bytes -> (Range<Int>?, Int) in
            let start = JSONExtent.skipSpace(from: offset, in: bytes)
            guard start < bytes.count else { return (nil, bytes.count) }
            let end = JSONExtent.end(from: start, in: bytes) ?? bytes.count
            return (start..<end, end)
        }
        return move(to: range, next: next, in: file)
    }

    /// Steps over an element, counting the lines that end on the way.
    private mutating func move(to range: Range<Int>?, next: Int, in file: MappedFile) -> Element? {
        defer { offset = next }
        guard let range else { return nil }
        line += file.lineFeeds(in: offset..<range.lowerBound)
        let element = Element(range: range, ordinal: ordinal, line: line)
        line += file.lineFeeds(in: range)
        ordinal += 1
        return element
    }
}
