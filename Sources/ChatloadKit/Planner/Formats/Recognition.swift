import Networking

/// What a file is, by what is in it.
struct Recognition: Equatable {
    var format: WorkloadFormat
    var order: ElementOrder
    /// The columns, where the file is a table.
    var table: TraceTable?

    /// Elements that are looked at until one has keys that are known.
    private static let mostLooks = 20
    /// Bytes of a table's first line.
    private static let longestHeader = 1 << 16

    /// Looks at the beginning of a file. What is not recognised is taken for chatload's own, one
    /// script a line, so that reading it tells what is wrong.
    ///
    /// - Parameter forced: what the user says it is.
    /// - Throws: that the file cannot be of that format at all.
    init(of file: MappedFile, as forced: WorkloadFormat? = nil) throws(ScriptComplaint) {
        let start = file.lengthOfMark
        let found =
            file.withBytes(in: 0..<file.count) { bytes in
                Self.recognised(file, start: start, in: bytes)
            } ?? Recognition(.chatload, .lines(from: start))
        guard let forced, forced != found.format else {
            self = found
            return
        }
        if forced.isTable || found.format.isTable || (forced == .har) != (found.format == .har) {
            throw ScriptComplaint(
                file: file.path,
                message:
                    "this is no \(forced.rawValue) file: it looks like \(found.format.rawValue)",
                suggestion: "leave out --format")
        }
        self = Recognition(forced, found.order)
    }

    private init(_ format: WorkloadFormat, _ order: ElementOrder, table: TraceTable? = nil) {
        self.format = format
        self.order = order
        self.table = table
    }

    private static func recognised(
        _ file: MappedFile, start: Int, in bytes: Span<UInt8>
    ) -> Recognition? {
        let begin = beginning(of: file, from: start, in: bytes)
        guard begin < bytes.count else { return nil }
        switch bytes[begin] {
        case UInt8(ascii: "{"): return object(at: begin, of: file, start: start, in: bytes)
        case UInt8(ascii: "["): return array(at: begin, of: file, start: start, in: bytes)
        default: return table(at: begin, of: file, in: bytes)
        }
    }

    /// Where the first line begins, behind its white space, that is neither blank nor a comment.
    private static func beginning(
        of file: MappedFile, from start: Int, in bytes: Span<UInt8>
    ) -> Int {
        var begin = JSONExtent.skipSpace(from: start, in: bytes)
        while begin + 1 < bytes.count, bytes[begin] == UInt8(ascii: "/"),
            bytes[begin + 1] == UInt8(ascii: "/")
        {
            begin = JSONExtent.skipSpace(from: file.endOfLine(from: begin), in: bytes)
        }
        return begin
    }

    /// A table, if its first line names columns that are known.
    private static func table(
        at begin: Int, of file: MappedFile, in bytes: Span<UInt8>
    ) -> Recognition? {
        var end = begin
        while end < min(bytes.count, begin + longestHeader), bytes[end] != 0x0A { end += 1 }
        return TraceTable(header: bytes.extracting(begin..<end)).map { table in
            let passed = file.lineFeeds(in: 0..<end) + 1
            return Recognition(table.format, .lines(from: end + 1, after: passed), table: table)
        }
    }

    /// Objects, as a rule one a line; a capture; or objects that take several lines each.
    private static func object(
        at begin: Int, of file: MappedFile, start: Int, in bytes: Span<UInt8>
    ) -> Recognition? {
        if let entries = entriesOfCapture(at: begin, in: bytes) {
            return Recognition(.har, .array(from: entries))
        }
        let lines = ElementOrder.lines(from: start)
        var isWhole = false
        let sketch = KeySketch(of: bytes, from: begin, isWhole: &isWhole)
        let isOneLine = JSONExtent.end(from: begin, in: bytes).map {
            file.lineFeeds(in: begin..<$0) == 0
        }
        if isWhole, isOneLine == false, let format = sketch.format, format != .chatload {
            return Recognition(format, .values(from: begin))
        }
        return Recognition(format(of: lines, in: file) ?? sketch.format ?? .chatload, lines)
    }

    private static func array(
        at begin: Int, of file: MappedFile, start: Int, in bytes: Span<UInt8>
    ) -> Recognition? {
        let inside = JSONExtent.skipSpace(from: begin + 1, in: bytes)
        let order = ElementOrder.array(from: begin + 1)
        guard inside < bytes.count else { return Recognition(.chatload, order) }
        if bytes[inside] == UInt8(ascii: "[") { return Recognition(.messages, order) }
        var isWhole = false
        let sketch = KeySketch(of: bytes, from: inside, isWhole: &isWhole)
        guard sketch.isMessage else {
            return Recognition(format(of: order, in: file) ?? sketch.format ?? .chatload, order)
        }
        // One array of messages is one conversation; more of them stand on lines of their own.
        let end = JSONExtent.end(from: begin, in: bytes)
        let isOneLine = end.map { file.lineFeeds(in: begin..<$0) == 0 } ?? true
        return Recognition(
            .messages, isOneLine ? .lines(from: start) : .values(from: begin))
    }

    /// The format of the first element that has keys which are known.
    private static func format(of order: ElementOrder, in file: MappedFile) -> WorkloadFormat? {
        var cursor = ElementCursor(order)
        for _ in 0..<mostLooks {
            guard let element = cursor.next(in: file) else { return nil }
            var isWhole = false
            let sketch = file.withBytes(in: element.range) {
                KeySketch(of: $0, from: 0, isWhole: &isWhole)
            }
            if isWhole, let format = sketch.format { return format }
        }
        return nil
    }

    /// Where the entries of a HAR capture begin, behind the bracket.
    private static func entriesOfCapture(at begin: Int, in bytes: Span<UInt8>) -> Int? {
        do throws(JSONError) {
            var scanner = JSONScanner(position: begin, takesNaN: true)
            guard try scanner.next(in: bytes) == .beginObject else { return nil }
            for key: StaticString in ["log", "entries"] {
                var isFound = false
                while !isFound, case .key(let name) = try scanner.next(in: bytes) {
                    isFound = name.equals(key, in: bytes)
                    if !isFound { try scanner.skipValue(in: bytes) }
                }
                if !isFound { return nil }
                let token = try scanner.next(in: bytes)
                guard token == (key.utf8CodeUnitCount == 3 ? .beginObject : .beginArray) else {
                    return nil
                }
            }
            return scanner.position
        } catch {
            return nil
        }
    }
}
