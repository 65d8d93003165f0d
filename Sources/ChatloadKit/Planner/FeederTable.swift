import Glibc
import Networking

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
    package var change: ScriptComplaint? { file.change }

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
    package static func open(_ path: String) throws(ScriptComplaint) -> DataTable {
        let file = try MappedFile(path: path, isTable: true)
        do throws(ScriptComplaint) {
            let table = try table(in: file)
            if let change = file.change { throw change }
            return table
        } catch {
            throw file.change ?? error
        }
    }

    private static func table(in file: MappedFile) throws(ScriptComplaint) -> DataTable {
        try file.withBytes(in: 0..<file.count) { bytes throws(ScriptComplaint) in
            let start = bytes.lengthOfMark
            let first = bytes.firstIndex(from: start) { !$0.isBlank }
            var reader = RowReader(
                form: first.map { bytes[$0] } == UInt8(ascii: "{") ? .jsonLines : .csv,
                position: start)
            do throws(RowFault) {
                return try DataTable(file: file, reading: &reader, in: bytes)
            } catch {
                throw ScriptComplaint(
                    file: file.path, line: error.line, message: error.message,
                    suggestion: error.suggestion)
            }
        }
    }

    private init(
        file: MappedFile, reading reader: inout RowReader, in bytes: Span<UInt8>
    ) throws(RowFault) {
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
            throw RowFault("there is no row in here", line: nil, "write one row a line")
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
            do throws(RowFault) {
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

    private static func check(_ columns: [String], line: Int) throws(RowFault) {
        for (place, name) in columns.enumerated() {
            if name.isEmpty || name.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "}") }) {
                throw RowFault(
                    "column \(place + 1) has no name that could stand in ${…}", line: line,
                    "the first row must name the columns")
            }
            if VariableScope.builtIn.contains(name) {
                throw RowFault(
                    "the column \"\(name)\" has the name of a built-in variable", line: line,
                    "give it another name")
            }
            if columns[..<place].contains(name) {
                throw RowFault("the column \"\(name.shortened)\" is there twice", line: line)
            }
        }
        guard columns.count == 1, let name = columns.first else { return }
        if let mark = name.first(where: { $0 == ";" || $0 == "\t" }) {
            throw RowFault(
                "columns are divided by \(mark == ";" ? "semicolons" : "tabs") here", line: line,
                "divide them by commas")
        }
    }
}

/// What is wrong with a row of data.
struct RowFault: Error, Equatable {
    /// The line, from 1; nil when the whole file is meant.
    var line: Int?
    var message: String
    var suggestion: String?

    init(_ message: String, line: Int?, _ suggestion: String? = nil) {
        self.message = message
        self.line = line
        self.suggestion = suggestion
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
