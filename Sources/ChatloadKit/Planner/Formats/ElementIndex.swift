import Networking

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

    private struct Mark {
        var offset: Int
        var ordinal: UInt32
        /// The number of the line at the offset.
        var line: UInt32
    }

    let order: ElementOrder
    /// The number of elements.
    private(set) var count = 0
    private var marks: [Mark] = []

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
            Mark(
                offset: cursor.offset, ordinal: UInt32(clamping: element.ordinal),
                line: UInt32(clamping: cursor.line)))
    }

    /// A cursor before the first element.
    func cursor() -> ElementCursor { ElementCursor(order) }

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
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = low + (high - low) / 2
            if Int(marks[middle].ordinal) > ordinal { high = middle } else { low = middle + 1 }
        }
        let mark = marks[max(low - 1, 0)]
        if cursor.ordinal <= ordinal, cursor.ordinal >= Int(mark.ordinal) { return }
        cursor.offset = mark.offset
        cursor.ordinal = Int(mark.ordinal)
        cursor.line = Int(mark.line)
    }
}
