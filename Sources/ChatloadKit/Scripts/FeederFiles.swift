import Base
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
    ) throws(Fault) -> Int {
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
                throw Fault(
                    "there is something behind the closing quote of a field", line: line,
                    hint: "double the quotes that stand inside quotes")
            }
        }
    }

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")

    private static func quoted(
        _ bytes: Span<UInt8>, from start: Int, to limit: Int, line: Int
    ) throws(Fault) -> Field {
        var field = Field(range: start + 1..<start + 1)
        var index = start + 1
        while true {
            let rest = bytes.extracting(index..<limit)
            guard let found = rest.firstIndex(of: quote) else {
                throw limit < bytes.count
                    ? tooLong(line)
                    : Fault("a quote in this row is never closed", line: line)
            }
            index += found
            guard index + 1 < limit, bytes[index + 1] == quote else { break }
            field.hasQuotes = true
            index += 2
        }
        field.range = start + 1..<index
        return field
    }

    private static func check(_ field: Span<UInt8>, line: Int) throws(Fault) {
        guard field.hasHighBytes, !field.isUTF8 else { return }
        throw Fault(
            "this row is not UTF-8", line: line,
            hint: "save the file as UTF-8, or convert it with iconv")
    }

    private static func tooLong(_ line: Int) -> Fault {
        Fault(
            "this row is longer than \(RowReader.longestRow) bytes", line: line,
            hint: "look for a quote that is not closed")
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

/// A row of data as a JSON object of strings, numbers, `true`, `false` and `null`.
enum JSONRow {
    /// Hands keys and values to `take`, in the row's order.
    ///
    /// - Throws: what is wrong with the row, which stands in the given line.
    static func read(
        _ row: Span<UInt8>, line: Int, take: (JSONText, JSONToken) -> Void
    ) throws(Fault) {
        guard row.count <= RowReader.longestRow else {
            throw Fault("this row is longer than \(RowReader.longestRow) bytes", line: line)
        }
        var scanner = JSONScanner()
        do throws(JSONError) {
            let first = try scanner.next(in: row)
            guard first == .beginObject else {
                throw JSONError(offset: 0, reason: "a row is an object, like {\"order\":1}")
            }
            while case .key(let key) = try scanner.next(in: row) {
                let token = try scanner.next(in: row)
                if token == .beginObject || token == .beginArray {
                    throw JSONError(
                        offset: scanner.position - 1,
                        reason: "\"\(key.string(in: row).shortened)\" is \(token.kind); values are"
                            + " strings, numbers, true, false or null")
                }
                take(key, token)
            }
            _ = try scanner.next(in: row)
        } catch {
            throw Fault("byte \(error.offset + 1): \(error.reason)", line: line)
        }
    }

    /// Hands the values of the given columns to `take`, each with its column's place; other keys are
    /// passed over.
    ///
    /// - Throws: as above, and when a column is missing.
    static func read(
        _ row: Span<UInt8>, of columns: [String], line: Int, take: (Int, JSONToken) -> Void
    ) throws(Fault) {
        var seen = Array(repeating: false, count: columns.count)
        var next = 0
        var isRepeated = false
        try read(row, line: line) { key, token in
            let place =
                next < columns.count && key.equals(columns[next], in: row)
                ? next : columns.firstIndex { key.equals($0, in: row) }
            guard let place else { return }
            next = place + 1
            isRepeated = isRepeated || seen[place]
            seen[place] = true
            take(place, token)
        }
        if isRepeated { throw Fault("this row has a key twice", line: line) }
        guard let gap = seen.firstIndex(of: false) else { return }
        throw Fault("this row has no \"\(columns[gap].shortened)\"", line: line)
    }

    /// A value as text; nothing for null.
    static func text(of token: JSONToken, in row: Span<UInt8>) -> String {
        switch token {
        case .string(let text): text.string(in: row)
        case .number(let digits): JSONNumber.text(digits, in: row)
        case .bool(let flag): flag ? "true" : "false"
        default: ""
        }
    }
}

extension JSONText {
    /// Whether the text is exactly `text`.
    fileprivate func equals(_ text: String, in bytes: Span<UInt8>) -> Bool {
        if hasEscapes { return string(in: bytes) == text }
        let wanted = text.utf8.span
        guard range.count == wanted.count else { return false }
        for index in 0..<wanted.count where bytes[range.lowerBound + index] != wanted[index] {
            return false
        }
        return true
    }
}
