import Networking

/// A row of CSV as RFC 4180 has it: fields divided by commas, between quotes where they hold commas,
/// quotes (doubled) or line ends. A quote inside a field without quotes is itself.
enum CSVRow {
    /// Where a field stands, and whether there are doubled quotes in it.
    struct Field {
        var range: Range<Int>
        var hasQuotes = false

        /// What it says.
        func text(in bytes: Span<UInt8>) -> String {
            let text = bytes.extracting(range).text
            return hasQuotes ? text.replacing("\"\"", with: "\"") : text
        }
    }

    /// Hands the fields of the row that begins at `start` to `take`; where the row ends: at its line
    /// feed, or at the end of the bytes.
    ///
    /// - Throws: what is wrong with the row, which stands in the given line.
    static func read(
        _ bytes: Span<UInt8>, from start: Int, line: Int, take: (Field) -> Void
    ) throws(RowFault) -> Int {
        let limit = Swift.min(bytes.count, start + RowReader.longestRow)
        var index = start
        while true {
            var field = Field(range: index..<index)
            if index < limit, bytes[index] == quote {
                field = try quoted(bytes, from: index, to: limit, line: line)
                index = field.range.upperBound + 1
                if index < limit, bytes[index] == 0x0D { index += 1 }
            } else {
                index = bytes.endOfField(from: index, to: limit)
                let hasReturn = index > field.range.lowerBound && bytes[index - 1] == 0x0D
                let isLast = index == bytes.count || bytes[index] == 0x0A
                field.range = field.range.lowerBound..<(hasReturn && isLast ? index - 1 : index)
            }
            try check(bytes.extracting(field.range), line: line)
            take(field)
            if index == bytes.count { return index }
            guard index < limit else { throw tooLong(line) }
            switch bytes[index] {
            case comma: index += 1
            case 0x0A: return index
            default:
                throw RowFault(
                    "there is something behind the closing quote of a field", line: line,
                    "double the quotes that stand inside quotes")
            }
        }
    }

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")

    private static func quoted(
        _ bytes: Span<UInt8>, from start: Int, to limit: Int, line: Int
    ) throws(RowFault) -> Field {
        var field = Field(range: start + 1..<start + 1)
        var index = start + 1
        while true {
            let rest = bytes.extracting(index..<limit)
            guard let found = rest.firstIndex(of: quote) else {
                throw limit < bytes.count
                    ? tooLong(line)
                    : RowFault("a quote in this row is never closed", line: line)
            }
            index += found
            guard index + 1 < limit, bytes[index + 1] == quote else { break }
            field.hasQuotes = true
            index += 2
        }
        field.range = start + 1..<index
        return field
    }

    private static func check(_ field: Span<UInt8>, line: Int) throws(RowFault) {
        guard field.hasHighBytes, !field.isUTF8 else { return }
        throw RowFault(
            "this row is not UTF-8", line: line, "save the file as UTF-8, or convert it with iconv")
    }

    private static func tooLong(_ line: Int) -> RowFault {
        RowFault(
            "this row is longer than \(RowReader.longestRow) bytes", line: line,
            "look for a quote that is not closed")
    }
}

extension Span<UInt8> {
    /// The first index from `start` on with a comma or a line feed; `limit` when there is none.
    fileprivate func endOfField(from start: Int, to limit: Int) -> Int {
        var index = start
        while index < limit, self[index] != UInt8(ascii: ","), self[index] != 0x0A { index += 1 }
        return index
    }

    fileprivate var hasHighBytes: Bool {
        var all: UInt8 = 0
        for index in 0..<count { all |= self[index] }
        return all >= 0x80
    }

    fileprivate var isUTF8: Bool {
        withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) != nil }
    }
}
