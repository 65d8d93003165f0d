import Networking

/// Reads a table's rows one after the other; blank lines are none.
struct RowReader {
    /// The longest row, in bytes.
    static let longestRow = 1 << 20

    let form: DataTable.Form
    /// Where the next row begins, perhaps after blank lines.
    private(set) var position: Int
    /// The line of the row that comes next, from 1, when reading began at the file's first.
    private(set) var line = 1

    init(form: DataTable.Form, position: Int) {
        self.form = form
        self.position = position
    }

    /// The columns' names: the first row of CSV, the keys of the first object of JSON, which remains to
    /// be read as a row; with the line they stand in.
    mutating func header(
        in bytes: Span<UInt8>
    ) throws(RowFault) -> (names: [String], line: Int) {
        skipBlankLines(in: bytes)
        guard position < bytes.count else {
            throw RowFault("the file is empty", line: nil, "its first row must name the columns")
        }
        var names: [String] = []
        let line = line
        switch form {
        case .csv:
            let end = try CSVRow.read(bytes, from: position, line: line) {
                names.append($0.text(in: bytes).trimmed)
            }
            pass(to: end, in: bytes)
        case .jsonLines:
            let row = bytes.extracting(position..<endOfLine(in: bytes))
            try JSONRow.read(row, line: line) { key, _ in names.append(key.string(in: row)) }
        }
        return (names, line)
    }

    /// Passes over the next row, which must have all columns; where it begins, nil at the end.
    mutating func passRow(
        of columns: [String], in bytes: Span<UInt8>
    ) throws(RowFault) -> Int? {
        skipBlankLines(in: bytes)
        let start = position
        guard start < bytes.count else { return nil }
        switch form {
        case .csv:
            var count = 0
            let end = try CSVRow.read(bytes, from: start, line: line) { _ in count += 1 }
            try check(count, of: columns)
            pass(to: end, in: bytes)
        case .jsonLines:
            let end = endOfLine(in: bytes)
            try JSONRow.read(bytes.extracting(start..<end), of: columns, line: line) { _, _ in }
            pass(to: end, in: bytes)
        }
        return start
    }

    /// The values of the next row; nil at the end.
    mutating func row(
        of columns: [String], in bytes: Span<UInt8>
    ) throws(RowFault) -> [String]? {
        skipBlankLines(in: bytes)
        guard position < bytes.count else { return nil }
        var values: [String] = []
        switch form {
        case .csv:
            _ = try CSVRow.read(bytes, from: position, line: line) {
                values.append($0.text(in: bytes))
            }
            try check(values.count, of: columns)
        case .jsonLines:
            values = Array(repeating: "", count: columns.count)
            let row = bytes.extracting(position..<endOfLine(in: bytes))
            try JSONRow.read(row, of: columns, line: line) { place, token in
                values[place] = JSONRow.text(of: token, in: row)
            }
        }
        return values
    }

    private func check(_ count: Int, of columns: [String]) throws(RowFault) {
        guard count != columns.count else { return }
        throw RowFault(
            "this row has \(count) field\(count == 1 ? "" : "s") and the first one has"
                + " \(columns.count)", line: line, "put fields that have commas between quotes")
    }

    private mutating func skipBlankLines(in bytes: Span<UInt8>) {
        while position < bytes.count {
            var index = position
            while index < bytes.count, bytes[index].isBlank, bytes[index] != 0x0A { index += 1 }
            guard index == bytes.count || bytes[index] == 0x0A else { return }
            position = Swift.min(index + 1, bytes.count)
            line += 1
        }
    }

    private func endOfLine(in bytes: Span<UInt8>) -> Int {
        let rest = bytes.extracting(position..<bytes.count)
        return rest.firstIndex(of: 0x0A).map { position + $0 } ?? bytes.count
    }

    /// Goes on behind the row that ends at `end`, counting the lines it takes up.
    private mutating func pass(to end: Int, in bytes: Span<UInt8>) {
        var rest = bytes.extracting(position..<end)
        line += 1
        while let feed = rest.firstIndex(of: 0x0A) {
            line += 1
            rest = rest.extracting(feed + 1..<rest.count)
        }
        position = Swift.min(end + 1, bytes.count)
    }
}

extension String {
    /// The text without blanks at its ends.
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
