package import Base
import Glibc

/// In which order the rows of the data are used.
package enum DataOrder: String, CaseIterable, Sendable {
    /// As they stand in the file, and from the beginning again.
    case sequential
    /// Round after round, each in an order of its own that follows from the seed.
    case shuffled
    /// As they stand in the file, each once; the run ends with the last.
    case unique
}

/// Who gets a row of the data.
package enum DataScope: String, CaseIterable, Sendable {
    case conversation
    case user
}

/// The data of a run: a table, and who gets which of its rows.
///
/// A pure function of seed, iteration and user number: workers need not talk to each other.
package struct Feeder: Sendable {
    package let table: DataTable
    package let order: DataOrder
    package let per: DataScope
    private let seed: UInt64

    /// The rows of a table, one for every conversation or user.
    package init(table: DataTable, order: DataOrder, per: DataScope, seed: UInt64) {
        self.table = table
        self.order = order
        self.per = per
        self.seed = seed
    }

    /// The number of the row, from 0, that a conversation with this iteration gets when the user with
    /// this number plays it, both counted from 1; nil when there is none left.
    package func index(forIteration iteration: Int, user: Int) -> Int? {
        let place = max(per == .user ? user : iteration, 1) - 1
        switch order {
        case .sequential: return place % table.count
        case .unique: return place < table.count ? place : nil
        case .shuffled:
            let round = Permutation(
                of: table.count, seed: seed ^ Self.stream, index: UInt64(place / table.count))
            return round[place % table.count]
        }
    }

    /// The values of the columns for the run's first conversation, played by its first user.
    package var rowOfFirst: [String]? { index(forIteration: 1, user: 1).flatMap(table.row) }

    /// The most conversations there can be; nil for any number.
    package var conversationLimit: Int? {
        order == .unique && per == .conversation ? table.count : nil
    }

    /// The values of the columns for a conversation, as above.
    ///
    /// - Returns: a `script` failure when there is no row, or when the file has changed.
    func row(forIteration iteration: Int, user: Int) -> Result<[String], ExchangeFailure> {
        guard let index = index(forIteration: iteration, user: user) else {
            return .failure(ExchangeFailure(.script, "\(table.path) has no row left"))
        }
        guard let cells = table.row(at: index) else {
            return .failure(
                ExchangeFailure(
                    .script, "row \(index + 1) of \(table.path) cannot be read any more"))
        }
        return .success(cells)
    }

    /// Keeps the order of rows apart from that of scripts.
    private static let stream: UInt64 = 0x6665_6564_6572
}

/// Reads a table's rows one after the other; blank lines are none.
struct RowReader {
    /// The longest row, in bytes.
    static let longestRow = 1 << 20

    let form: DataTable.Form
    private var cells = CSVCells(limit: .max)
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
    mutating func header(in bytes: Span<UInt8>) throws(Fault) -> (names: [String], line: Int) {
        skipBlankLines(in: bytes)
        guard position < bytes.count else {
            throw Fault("the file is empty", line: nil, hint: "its first row must name the columns")
        }
        var names: [String] = []
        let line = line
        switch form {
        case .csv:
            let next = try scan(bytes)
            names = cells.ranges.indices.map { text($0, of: bytes).trimmed }
            pass(to: next)
        case .jsonLines:
            let row = bytes.extracting(position..<endOfLine(in: bytes))
            try read(row) { key, _ in names.append(key.string(in: row)) }
        }
        return (names, line)
    }

    /// Passes over the next row, which must have all columns; where it begins, nil at the end.
    mutating func passRow(of columns: [String], in bytes: Span<UInt8>) throws(Fault) -> Int? {
        skipBlankLines(in: bytes)
        let start = position
        guard start < bytes.count else { return nil }
        switch form {
        case .csv:
            let next = try scan(bytes, of: columns)
            pass(to: next)
        case .jsonLines:
            let end = endOfLine(in: bytes)
            try read(bytes.extracting(start..<end), of: columns)
            pass(to: Swift.min(end + 1, bytes.count))
        }
        return start
    }

    /// The values of the next row; nil at the end.
    mutating func row(of columns: [String], in bytes: Span<UInt8>) throws(Fault) -> [String]? {
        skipBlankLines(in: bytes)
        guard position < bytes.count else { return nil }
        var values: [String] = []
        switch form {
        case .csv:
            _ = try scan(bytes, of: columns)
            values = cells.ranges.indices.map { text($0, of: bytes) }
        case .jsonLines:
            values = Array(repeating: "", count: columns.count)
            let row = bytes.extracting(position..<endOfLine(in: bytes))
            try read(row, of: columns) { place, token in values[place] = token.text(in: row) }
        }
        return values
    }

    /// Cuts the row of CSV that begins here into cells, as many as there are columns; where the next
    /// one begins.
    private mutating func scan(
        _ bytes: Span<UInt8>, of columns: [String]? = nil
    ) throws(Fault) -> Int {
        let limit = Swift.min(bytes.count, position + Self.longestRow)
        let isWhole = limit == bytes.count
        let scan = cells.scan(bytes.extracting(0..<limit), from: position, isWhole: isWhole)
        guard case .row(let next) = scan else {
            throw isWhole
                ? Fault("a quote in this row is never closed", line: line)
                : Fault(
                    "this row is longer than \(Self.longestRow) bytes", line: line,
                    hint: "look for a quote that is not closed")
        }
        if !bytes.extracting(position..<next).isUTF8 {
            throw Fault(
                "this row is not UTF-8", line: line,
                hint: "save the file as UTF-8, or convert it with iconv")
        }
        if cells.isMalformed {
            throw Fault(
                "there is something behind the closing quote of a field", line: line,
                hint: "double the quotes that stand inside quotes")
        }
        let count = cells.ranges.count
        guard let columns, count != columns.count else { return next }
        throw Fault(
            "this row has \(count) field\(count == 1 ? "" : "s") and the first one has"
                + " \(columns.count)", line: line,
            hint: "put fields that have commas between quotes")
    }

    private func text(_ cell: Int, of bytes: Span<UInt8>) -> String {
        CSVText.content(ofCell: bytes.extracting(cells.ranges[cell]))
    }

    private mutating func skipBlankLines(in bytes: Span<UInt8>) {
        while position < bytes.count {
            var index = position
            while index < bytes.count, bytes[index].isJSONSpace, bytes[index] != 0x0A {
                index += 1
            }
            guard index == bytes.count || bytes[index] == 0x0A else { return }
            position = Swift.min(index + 1, bytes.count)
            line += 1
        }
    }

    private func endOfLine(in bytes: Span<UInt8>) -> Int {
        bytes.firstIndex(of: 0x0A, from: position) ?? bytes.count
    }

    /// Goes on with the row that begins at `next`.
    private mutating func pass(to next: Int) {
        line += 1 + cells.innerLines
        position = next
    }
}

/// Rows as JSON objects of strings, numbers, `true`, `false` and `null`.
extension RowReader {
    /// Hands keys and values of a row to `take`, in their order.
    private func read(_ row: Span<UInt8>, take: (JSONText, JSONToken) -> Void) throws(Fault) {
        guard row.count <= Self.longestRow else {
            throw Fault("this row is longer than \(Self.longestRow) bytes", line: line)
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
    /// passed over, and none may be missing.
    private func read(
        _ row: Span<UInt8>, of columns: [String], take: (Int, JSONToken) -> Void = { _, _ in }
    ) throws(Fault) {
        var seen = Array(repeating: false, count: columns.count)
        var next = 0
        var isRepeated = false
        try read(row) { key, token in
            let place =
                next < columns.count && key.equals(columns[next].utf8.span, in: row)
                ? next : columns.firstIndex { key.equals($0.utf8.span, in: row) }
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
}

extension String {
    /// The text without blanks at its ends.
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}

extension JSONToken {
    /// A single value as text; nothing for null.
    fileprivate func text(in row: Span<UInt8>) -> String {
        switch self {
        case .string(let text): text.string(in: row)
        case .number(let digits): JSONNumber.text(digits, in: row)
        case .bool(let flag): flag ? "true" : "false"
        default: ""
        }
    }
}

/// The rows of a file with named columns: CSV (RFC 4180) with a header, or one JSON object a line.
///
/// The file is mapped, and only every 32nd row's offset is kept: a file of several gigabytes costs a
/// few megabytes of memory. A row is taken apart when it is needed, in some microseconds.
package struct DataTable: Sendable {
    /// How the rows are written.
    enum Form: Sendable {
        case csv
        case jsonLines
    }

    /// What has happened to the file since it was opened; nil where nothing has.
    package var change: Fault? { file.change }

    /// Rows from one kept offset to the next.
    private static let stride = 32

    /// The file as it was named.
    package var path: String { file.path }
    /// The names of the columns, in the file's order.
    package let columns: [String]
    /// The number of rows, the header not counted; at least 1.
    package let count: Int

    let file: MappedFile
    private let form: Form
    /// Where rows 0, 32, 64 … begin.
    private let offsets: [Int]

    /// Opens a file and reads all of it once. What it is shows from its first character: `{` begins
    /// JSON.
    ///
    /// - Throws: what is wrong with it, in which line.
    package static func open(_ path: String) throws(Fault) -> DataTable {
        let file = try MappedFile(path: path, isTable: true)
        do throws(Fault) {
            let table = try table(in: file)
            if let change = file.change { throw change }
            return table
        } catch {
            throw file.change ?? error
        }
    }

    private static func table(in file: MappedFile) throws(Fault) -> DataTable {
        try file.withBytes(in: 0..<file.count) { bytes throws(Fault) in
            let start = bytes.lengthOfMark
            let first = bytes.skipJSONSpace(from: start)
            let isJSON = first < bytes.count && bytes[first] == UInt8(ascii: "{")
            var reader = RowReader(form: isJSON ? .jsonLines : .csv, position: start)
            do throws(Fault) {
                return try DataTable(file: file, reading: &reader, in: bytes)
            } catch {
                throw Fault(error.message, at: .file(file.path, line: error.line), hint: error.hint)
            }
        }
    }

    private init(
        file: MappedFile, reading reader: inout RowReader, in bytes: Span<UInt8>
    ) throws(Fault) {
        file.expect(sequentialReading: true)
        defer { file.expect(sequentialReading: false) }
        self.file = file
        form = reader.form
        let header = try reader.header(in: bytes)
        columns = header.names
        try Self.check(columns, line: header.line)
        var (count, remembered) = (0, 0)
        var offsets: [Int] = []
        while let start = try reader.passRow(of: columns, in: bytes) {
            if count % Self.stride == 0 { offsets.append(start) }
            count += 1
            if reader.position - remembered >= ElementIndex.stretch {
                file.forget(remembered..<reader.position)
                remembered = reader.position
            }
        }
        guard count > 0 else {
            throw Fault("there is no row in here", line: nil, hint: "write one row a line")
        }
        self.count = count
        self.offsets = offsets
    }

    /// The values of the row at an index, in the order of the columns; nil when the index is out of
    /// range or the file is not what it was.
    package func row(at index: Int) -> [String]? {
        guard index >= 0, index < count, offsets.indices.contains(index / Self.stride) else {
            return nil
        }
        file.noteLookup()
        let values = file.withBytes(in: 0..<file.count) { bytes -> [String]? in
            var reader = RowReader(form: form, position: offsets[index / Self.stride])
            do throws(Fault) {
                for _ in 0..<index % Self.stride {
                    _ = try reader.passRow(of: columns, in: bytes)
                }
                return try reader.row(of: columns, in: bytes)
            } catch {
                return nil
            }
        }
        return file.change == nil ? values : nil
    }

    private static func check(_ columns: [String], line: Int) throws(Fault) {
        for (place, name) in columns.enumerated() {
            if name.isEmpty || name.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "}") }) {
                throw Fault(
                    "column \(place + 1) has no name that could stand in ${…}", line: line,
                    hint: "the first row must name the columns")
            }
            if VariableScope.builtIn.contains(name) {
                throw Fault(
                    "the column \"\(name)\" has the name of a built-in variable", line: line,
                    hint: "give it another name")
            }
            if columns[..<place].contains(name) {
                throw Fault("the column \"\(name.shortened)\" is there twice", line: line)
            }
        }
        guard columns.count == 1, let name = columns.first else { return }
        if let mark = name.first(where: { $0 == ";" || $0 == "\t" }) {
            throw Fault(
                "columns are divided by \(mark == ";" ? "semicolons" : "tabs") here", line: line,
                hint: "divide them by commas")
        }
    }
}
