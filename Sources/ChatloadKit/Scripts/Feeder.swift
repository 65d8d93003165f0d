package import Base
import Glibc
import Networking

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
/// A pure function of seed, ticket and user number: workers need not talk to each other.
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

    /// The number of the row, from 0, that a conversation with this ticket gets when the user with
    /// this number plays it, both counted from 1; nil when there is none left.
    package func index(forTicket ticket: Int, user: Int) -> Int? {
        let place = max(per == .user ? user : ticket, 1) - 1
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
    package var rowOfFirst: [String]? { index(forTicket: 1, user: 1).flatMap(table.row) }

    /// The most conversations there can be; nil for any number.
    package var conversationLimit: Int? {
        order == .unique && per == .conversation ? table.count : nil
    }

    /// The values of the columns for a conversation, as above.
    ///
    /// - Returns: a `script` failure when there is no row, or when the file has changed.
    func row(forTicket ticket: Int, user: Int) -> Result<[String], ExchangeFailure> {
        guard let index = index(forTicket: ticket, user: user) else {
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
    ) throws(Fault) -> (names: [String], line: Int) {
        skipBlankLines(in: bytes)
        guard position < bytes.count else {
            throw Fault("the file is empty", line: nil, hint: "its first row must name the columns")
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
    ) throws(Fault) -> Int? {
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
    ) throws(Fault) -> [String]? {
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

    private func check(_ count: Int, of columns: [String]) throws(Fault) {
        guard count != columns.count else { return }
        throw Fault(
            "this row has \(count) field\(count == 1 ? "" : "s") and the first one has"
                + " \(columns.count)", line: line,
            hint: "put fields that have commas between quotes")
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
            let first = bytes.firstIndex(from: start) { !$0.isBlank }
            var reader = RowReader(
                form: first.map { bytes[$0] } == UInt8(ascii: "{") ? .jsonLines : .csv,
                position: start)
            do throws(Fault) {
                return try DataTable(file: file, reading: &reader, in: bytes)
            } catch {
                throw Fault(
                    error.message, at: .file(file.path, line: error.line, column: nil),
                    hint: error.hint)
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

extension UInt8 {
    /// Whether it is white space of a line.
    var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0D || self == 0x0A }
}

extension Span<UInt8> {
    /// The first index from `start` on whose byte is wanted.
    func firstIndex(from start: Int = 0, where isWanted: (UInt8) -> Bool) -> Int? {
        var index = start
        while index < count {
            if isWanted(self[index]) { return index }
            index += 1
        }
        return nil
    }

    /// The first index whose byte is this one.
    func firstIndex(of byte: UInt8) -> Int? {
        withUnsafeBytes { raw in
            guard let start = raw.baseAddress,
                let found = memchr(start, Int32(byte), raw.count)
            else { return nil }
            return UnsafeRawPointer(found) - start
        }
    }
}
