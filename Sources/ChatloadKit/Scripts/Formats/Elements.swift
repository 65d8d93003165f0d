import Base
import Glibc

/// How the elements of a file follow each other. An element is what holds one conversation, a part of
/// one, or several: a line, an object of an array, a row of a table.
enum ElementOrder: Sendable, Equatable {
    /// One a line; blank lines, and those that begin with `//` perhaps after white space, are none.
    /// The first may begin at an offset, with so many lines before it.
    case lines(from: Int, after: Int = 0)
    /// One a row of CSV, whose quotes may hold line ends; the first may begin at an offset, with so
    /// many lines before it.
    case rows(from: Int, after: Int)
    /// The elements of a JSON array whose first one begins, perhaps after white space, at an offset.
    case array(from: Int)
    /// JSON values with nothing but white space between them.
    case values(from: Int)

    /// Where the first element may begin.
    var start: Int {
        switch self {
        case .lines(let start, _), .rows(let start, _), .array(let start), .values(let start): start
        }
    }

    /// The lines before the first element that were not walked through; nil where people know an
    /// element by its place and not by its line.
    var passedLines: Int? {
        switch self {
        case .lines(_, let passed), .rows(_, let passed): passed
        case .array, .values: nil
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
        line += order.passedLines ?? 0
    }

    /// The next element; nil when there is none.
    ///
    /// Where an array or a value is broken off, the rest of the file is one last element, so that
    /// whoever reads it finds out what is wrong.
    mutating func next(in file: MappedFile) -> Element? {
        switch order {
        case .lines: nextLine(in: file)
        case .rows: nextRow(in: file)
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

    private mutating func nextRow(in file: MappedFile) -> Element? {
        let range = file.withBytes(in: 0..<file.count) { bytes -> Range<Int>? in
            let start = bytes.skipJSONSpace(from: offset)
            guard start < bytes.count else { return nil }
            var cells = CSVCells()
            guard case .row(let next) = cells.scan(bytes, from: start, isWhole: true) else {
                return start..<bytes.count
            }
            return start..<(bytes[next - 1] == 0x0A ? next - 1 : next)
        }
        return move(to: range, next: range?.upperBound ?? file.count, in: file)
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
        var start = bytes.skipJSONSpace(from: offset)
        if start < bytes.count, bytes[start] == UInt8(ascii: "]") { return (nil, over) }
        if !isFirst {
            guard start < bytes.count, bytes[start] == UInt8(ascii: ",") else {
                return (start..<bytes.count, over)
            }
            start = bytes.skipJSONSpace(from: start + 1)
        }
        guard let end = bytes.endOfJSON(from: start) else { return (start..<bytes.count, over) }
        return (start..<end, end)
    }

    private mutating func nextValue(in file: MappedFile) -> Element? {
        let (range, next) = file.withBytes(in: 0..<file.count) { bytes -> (Range<Int>?, Int) in
            let start = bytes.skipJSONSpace(from: offset)
            guard start < bytes.count else { return (nil, bytes.count) }
            let end = bytes.endOfJSON(from: start) ?? bytes.count
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

/// Where the elements of a file are.
///
/// It marks one element in 32, or the first one in each 4 KB where they are longer, with 16 bytes: a
/// gigabyte costs 4 MB, or half a byte for each element where they are short. The others are found
/// by walking from the mark before them.
struct ElementIndex: Sendable {
    /// Bytes between two signs of progress, and between two chances for the kernel to take memory
    /// back.
    static let stretch = 8 << 20

    private static let stride = 32
    private static let distance = 4 << 10

    let order: ElementOrder
    /// The number of elements.
    private(set) var count = 0
    /// Offsets, which elements begin there, and the number of the line there.
    private var marks: [(offset: Int, ordinal: UInt32, line: UInt32)] = []

    /// Walks through the whole file once and shows every element to `visit`.
    init(of file: MappedFile, order: ElementOrder, visit: (Element) -> Void = { _ in }) {
        self.order = order
        file.expect(sequentialReading: true)
        defer { file.expect(sequentialReading: false) }
        var cursor = ElementCursor(order)
        var remembered = 0
        var before = cursor
        while count < UInt32.max, let element = cursor.next(in: file) {
            mark(before, element)
            visit(element)
            count += 1
            before = cursor
            if cursor.offset - remembered >= Self.stretch {
                file.forget(remembered..<min(cursor.offset, file.count))
                remembered = cursor.offset
            }
        }
    }

    /// Marks an element that is far enough from the last marked one; `cursor` stands before it.
    private mutating func mark(_ cursor: ElementCursor, _ element: Element) {
        if let last = marks.last, element.ordinal - Int(last.ordinal) < Self.stride,
            element.range.lowerBound - last.offset < Self.distance
        {
            return
        }
        marks.append(
            (cursor.offset, UInt32(clamping: element.ordinal), UInt32(clamping: cursor.line)))
    }

    /// The element with this ordinal, which must be below `count`. The cursor is left behind it:
    /// asking for the elements in turn with the same cursor walks through the file but once.
    func element(at ordinal: Int, in file: MappedFile, from cursor: inout ElementCursor) -> Element
    {
        precondition(ordinal >= 0 && ordinal < count, "BUG: no element \(ordinal)")
        if cursor.ordinal != ordinal { move(&cursor, near: ordinal) }
        while let element = cursor.next(in: file) {
            if element.ordinal == ordinal { return element }
        }
        // The file has changed since it was indexed.
        return Element(range: file.count..<file.count, ordinal: ordinal, line: cursor.line)
    }

    /// Moves a cursor to the last mark at or before an element, unless it stands between the two.
    private func move(_ cursor: inout ElementCursor, near ordinal: Int) {
        let next = marks.partitioningIndex { Int($0.ordinal) > ordinal }
        let mark = marks[max(next - 1, 0)]
        if cursor.ordinal <= ordinal, cursor.ordinal >= Int(mark.ordinal) { return }
        cursor.offset = mark.offset
        cursor.ordinal = Int(mark.ordinal)
        cursor.line = Int(mark.line)
    }
}

/// Which elements of a file belong to the same conversation, and in which order.
///
/// Eight bytes an element; while the file is opened, some sixty for each that belongs to others.
struct ElementGroups: Sendable {
    /// An element of the conversation named `key`, within which elements are ordered by `time`, and by
    /// their place in the file where that is the same.
    typealias Member = (key: UInt64, time: Nanoseconds, ordinal: UInt32)

    /// The elements, conversation by conversation.
    private var order: [UInt32] = []
    /// Where each conversation begins in them.
    private var starts: [UInt32] = []

    /// The number of conversations.
    var count: Int { starts.count }

    /// The elements of a conversation.
    func elements(of conversation: Int) -> [Int] {
        let start = Int(starts[conversation])
        let end = conversation + 1 < starts.count ? Int(starts[conversation + 1]) : order.count
        return order[start..<end].map(Int.init)
    }

    /// The conversations of `count` elements, in the order of their first elements; those that are no
    /// members are conversations of their own. Nil when all are.
    init?(of members: [Member], among count: Int) {
        if members.isEmpty { return nil }
        let members = members.sorted { $0 < $1 }
        // For each element the first of its conversation, and the one that comes after it.
        var leads = Array(repeating: true, count: count)
        var next = Array(repeating: UInt32.max, count: count)
        for (member, follower) in zip(members, members.dropFirst())
        where member.key == follower.key {
            leads[Int(follower.ordinal)] = false
            next[Int(member.ordinal)] = follower.ordinal
        }
        order.reserveCapacity(count)
        for lead in 0..<count where leads[lead] {
            starts.append(UInt32(clamping: order.count))
            var element = UInt32(clamping: lead)
            while element != .max {
                order.append(element)
                element = next[Int(element)]
            }
        }
    }
}

/// Where the values of a JSON text end, found by brackets and quotes alone: several times as fast as
/// reading them, and good enough to tell elements apart that are read later.
///
/// Of a text that is no JSON it finds some end or none, never one outside the bytes.
extension Span<UInt8> {
    /// The offset behind the value that begins at `start`; nil when the bytes end before it does, or
    /// when no value can begin there.
    func endOfJSON(from start: Int) -> Int? {
        guard start >= 0, start < count else { return nil }
        switch self[start] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return endOfContainer(from: start)
        case UInt8(ascii: "\""): return endOfString(from: start)
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"): return nil
        default: return endOfWord(from: start)
        }
    }

    /// The first offset from `start` on that holds no white space; the number of bytes when there is
    /// none.
    func skipJSONSpace(from start: Int) -> Int {
        var index = Swift.max(start, 0)
        while index < count, self[index].isJSONSpace { index += 1 }
        return index
    }

    private func endOfContainer(from start: Int) -> Int? {
        var depth = 0
        var index = start
        while index < count {
            switch self[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            case UInt8(ascii: "\""):
                guard let end = endOfString(from: index) else { return nil }
                index = end - 1
            default: break
            }
            index += 1
        }
        return nil
    }

    /// A quote ends its string unless an odd number of backslashes stands before it.
    private func endOfString(from start: Int) -> Int? {
        withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return nil }
            var from = start + 1
            while from < raw.count,
                let found = memchr(base + from, Int32(UInt8(ascii: "\"")), raw.count - from)
            {
                let quote = UnsafeRawPointer(found) - base
                var first = quote
                while first > from, raw[first - 1] == UInt8(ascii: "\\") { first -= 1 }
                if (quote - first).isMultiple(of: 2) { return quote + 1 }
                from = quote + 1
            }
            return nil
        }
    }

    /// A number, `true`, `false`, `null`, or whatever else stands there.
    private func endOfWord(from start: Int) -> Int {
        var index = start
        while index < count {
            switch self[index] {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): return index
            case let byte where byte.isJSONSpace: return index
            default: index += 1
            }
        }
        return index
    }
}

extension UInt8 {
    /// Whether the byte is white space between the tokens of JSON.
    var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
