/// CSV cells of one row (RFC 4180): fields divided by commas, between quotes where they hold commas,
/// quotes (doubled) or line ends; a quote within a field that does not begin with one is itself.
/// Reused for every row.
package struct CSVCells: Sendable {
    /// How a row ends.
    package enum Scan: Equatable, Sendable {
        /// The next row begins there.
        case row(next: Int)
        /// The bytes end within the row: within quotes, or before its line feed.
        case incomplete(isQuoted: Bool)
    }

    /// Where each cell begins and ends, quotes included.
    package private(set) var ranges: [Range<Int>] = []
    /// Line feeds inside the row's quoted cells.
    package private(set) var innerLines = 0
    /// Whether a quoted cell goes on after its closing quote, or there are too many cells.
    package private(set) var isMalformed = false
    /// The most cells a row may have.
    private let limit: Int

    /// No row yet. By default rows may have more cells than any log has.
    package init(limit: Int = 256) { self.limit = limit }

    /// Cuts the row that begins at `start`.
    ///
    /// - Parameter isWhole: whether the end of the bytes ends a row, too.
    package mutating func scan(
        _ bytes: Span<UInt8>, from start: Int, isWhole: Bool = false
    ) -> Scan {
        ranges.removeAll(keepingCapacity: true)
        innerLines = 0
        isMalformed = false
        var at = start
        var cell = start
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: ",") {
                add(cell..<at)
                cell = at + 1
            } else if byte == UInt8(ascii: "\n") {
                addLast(cell..<at, of: bytes)
                return .row(next: at + 1)
            } else if byte == UInt8(ascii: "\""), at == cell {
                guard let end = quotedEnd(bytes, from: at + 1, isWhole: isWhole) else {
                    return .incomplete(isQuoted: true)
                }
                at = end
                continue
            }
            at += 1
        }
        guard isWhole else { return .incomplete(isQuoted: false) }
        addLast(cell..<at, of: bytes)
        return .row(next: at)
    }

    /// The same, where rows that had no end were given up before: what lies before `unclosed` is
    /// inside their quotes wherever a line of it ends. So a row that begins there ends with its own
    /// line or not at all, and nothing behind that line is looked at again. Sets `unclosed` where
    /// the row has no end.
    package mutating func scan(_ bytes: Span<UInt8>, from start: Int, unclosed: inout Int) -> Scan {
        if start >= unclosed {
            let scan = scan(bytes, from: start)
            if case .incomplete = scan { unclosed = bytes.count }
            return scan
        }
        guard let feed = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) else {
            return .incomplete(isQuoted: false)
        }
        return scan(bytes.extracting(0..<feed + 1), from: start)
    }

    /// The place after the closing quote of a cell whose content begins at `start`.
    private mutating func quotedEnd(_ bytes: Span<UInt8>, from start: Int, isWhole: Bool) -> Int? {
        var at = start
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") { innerLines += 1 }
            if bytes[at] == UInt8(ascii: "\"") {
                guard at + 1 < bytes.count else { return isWhole ? at + 1 : nil }
                switch bytes[at + 1] {
                case UInt8(ascii: "\""): at += 1
                case UInt8(ascii: ","), UInt8(ascii: "\n"): return at + 1
                case UInt8(ascii: "\r")
                where at + 2 >= bytes.count || bytes[at + 2] == UInt8(ascii: "\n"):
                    return at + 1
                default:
                    isMalformed = true
                    return at + 1
                }
            }
            at += 1
        }
        return nil
    }

    private mutating func add(_ range: Range<Int>) {
        if ranges.count < limit { ranges.append(range) } else { isMalformed = true }
    }

    /// Adds a row's last cell, to which a carriage return at its end does not belong.
    private mutating func addLast(_ range: Range<Int>, of bytes: Span<UInt8>) {
        let hasReturn = !range.isEmpty && bytes[range.upperBound - 1] == UInt8(ascii: "\r")
        add(hasReturn ? range.lowerBound..<range.upperBound - 1 : range)
    }

    /// The cell as a text of ours, see `CSVText`.
    package func text(_ index: Int, of bytes: Span<UInt8>) -> String {
        CSVText.text(ofCell: bytes.extracting(ranges[index]))
    }

    /// Whether the cell says exactly `word`.
    package func cell(_ index: Int, of bytes: Span<UInt8>, is word: StaticString) -> Bool {
        bytes.equals(word, ranges[index])
    }

    /// The cell as a whole number: nil when it is empty, and `isNumber` false when it is anything
    /// else that is not one.
    package func number(_ index: Int, of bytes: Span<UInt8>, isNumber: inout Bool) -> Int64? {
        let range = ranges[index]
        var at = range.lowerBound
        let end = range.upperBound
        if at == end { return nil }
        let isNegative = bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        if at == end || end - at > 18 {
            let value = Int64(text(index, of: bytes))
            if value == nil { isNumber = false }
            return value
        }
        var value: Int64 = 0
        while at < end {
            let digit = bytes[at] &- UInt8(ascii: "0")
            if digit > 9 {
                isNumber = false
                return nil
            }
            value = value &* 10 &+ Int64(digit)
            at += 1
        }
        return isNegative ? -value : value
    }
}

/// CSV text: RFC 4180 quoting (line ends are LF), and cells that a spreadsheet would
/// run as a formula defused.
///
/// A text cell that begins with TAB CR LF or ', or with = + - @ in any width behind whatever cannot be
/// seen, gets one ' in front, and readers take one leading ' away, so every text survives the round
/// trip. Numbers are written as they are. (OWASP, CSV injection.)
package enum CSVText {
    /// The most bytes a text of `count` bytes can take: doubled quotes, the quotes around, the '.
    package static func room(for count: Int) -> Int { 2 * count + 3 }

    /// Whether a text must be defused.
    static func isFormula(_ text: Span<UInt8>) -> Bool {
        guard let first = text.isEmpty ? nil : text[0] else { return false }
        // As good as every text begins with a letter or a digit.
        if first > 0x40, first < 0x7F { return false }
        switch first {
        case UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: "'"):
            return true
        default: return isHiddenFormula(text)
        }
    }

    private static func isHiddenFormula(_ text: Span<UInt8>) -> Bool {
        var place = 0
        while place < text.count {
            let (scalar, length) = scalar(of: text, at: place)
            switch scalar {
            case 0x2B, 0x2D, 0x3D, 0x40: return true
            // Small and full width.
            case 0xFE62, 0xFE63, 0xFE66, 0xFE6B, 0xFF0B, 0xFF0D, 0xFF1D, 0xFF20: return true
            // Controls, blanks of any kind, and what has no width.
            case 0...0x20, 0x7F...0xA0, 0xAD, 0x34F, 0x61C, 0x115F...0x1160, 0x1680,
                0x17B4...0x17B5,
                0x180B...0x180E, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x206F, 0x3000, 0x3164,
                0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9...0xFFFB:
                place += length
            default: return false
            }
        }
        return false
    }

    /// The scalar of up to three bytes at a place, and its length; beyond the BMP nothing matters.
    private static func scalar(of text: Span<UInt8>, at place: Int) -> (scalar: UInt32, length: Int)
    {
        func rest(_ offset: Int) -> UInt32 { UInt32(text[place + offset] & 0x3F) }
        let lead = UInt32(text[place])
        switch lead {
        case 0xC0..<0xE0 where place + 1 < text.count: return ((lead & 0x1F) << 6 | rest(1), 2)
        case 0xE0..<0xF0 where place + 2 < text.count:
            return ((lead & 0xF) << 12 | rest(1) << 6 | rest(2), 3)
        default: return (lead < 0x80 ? lead : 0xFFFD, 1)
        }
    }

    /// Whether a cell that holds `byte` must be quoted.
    static func needsQuotes(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    /// A text as a cell.
    package static func cell(_ text: String) -> String {
        var room = [UInt8](repeating: 0, count: Self.room(for: text.utf8.count))
        var end = 0
        var cells = room.mutableSpan
        cells.put(text: text, at: &end)
        return String(decoding: room.prefix(end), as: UTF8.self)
    }

    /// The text behind a cell's bytes, as they stand between the commas.
    package static func text(ofCell bytes: Span<UInt8>) -> String {
        let content = content(ofCell: bytes)
        let isDefused = content.utf8.first == UInt8(ascii: "'")
        return isDefused ? String(content.unicodeScalars.dropFirst()) : content
    }

    /// What a cell of anybody's says: its bytes without the quotes around and with doubled ones once.
    package static func content(ofCell bytes: Span<UInt8>) -> String {
        let quote = UInt8(ascii: "\"")
        guard bytes.count >= 2, bytes[0] == quote else { return bytes.text }
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count)
        var at = 1
        while at < bytes.count - 1 {
            content.append(bytes[at])
            at += bytes[at] == quote ? 2 : 1
        }
        return String(decoding: content, as: UTF8.self)
    }
}

extension MutableSpan<UInt8> {
    /// Writes one byte at `end` and moves it on.
    @inlinable public mutating func put(byte: UInt8, at end: inout Int) {
        self[end] = byte
        end += 1
    }

    /// Writes bytes as they are.
    @inlinable public mutating func put(_ bytes: [UInt8], at end: inout Int) {
        for byte in bytes {
            self[end] = byte
            end += 1
        }
    }

    /// Writes a number in decimal: at most 20 bytes.
    @inlinable public mutating func put(_ number: Int64, at end: inout Int) {
        if number < 0 { put(byte: UInt8(ascii: "-"), at: &end) }
        var rest = number.magnitude
        var digits = 1
        var power: UInt64 = 10
        while digits < 19, rest >= power {
            digits += 1
            power &*= 10
        }
        if digits == 19, rest >= 10_000_000_000_000_000_000 { digits = 20 }
        var at = end + digits
        end = at
        repeat {
            at -= 1
            self[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }

    /// Writes a text as a cell: at most `CSVText.room(for:)` bytes.
    package mutating func put(text: String, at end: inout Int) {
        let bytes = text.utf8.span
        if bytes.isEmpty { return }
        let start = end
        if CSVText.isFormula(bytes) { put(byte: UInt8(ascii: "'"), at: &end) }
        var isPlain = true
        for index in bytes.indices {
            let byte = bytes[index]
            if CSVText.needsQuotes(byte) { isPlain = false }
            self[end] = byte
            end += 1
        }
        if !isPlain { putQuoted(bytes, at: &end, from: start) }
    }

    private mutating func putQuoted(_ bytes: Span<UInt8>, at end: inout Int, from start: Int) {
        end = start
        put(byte: UInt8(ascii: "\""), at: &end)
        if CSVText.isFormula(bytes) { put(byte: UInt8(ascii: "'"), at: &end) }
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "\"") { put(byte: UInt8(ascii: "\""), at: &end) }
            put(byte: bytes[index], at: &end)
        }
        put(byte: UInt8(ascii: "\""), at: &end)
    }
}

/// CSV table: a header and rows of texts as one text, with the quoting of `CSVText`.
package struct CSVTable {
    /// What has been written.
    package private(set) var text: String

    /// A table with these columns and no row.
    package init(columns: [String]) { text = columns.joined(separator: ",") + "\n" }

    /// A row of texts and, after them, figures, whose signs stand as they are.
    package mutating func add(_ cells: [String], figures: [Double?] = []) {
        text += (cells.map(CSVText.cell) + figures.map(Self.number)).joined(separator: ",") + "\n"
    }

    /// A figure as short as it can be written exactly; nothing where there is none.
    package static func number(_ value: Double?) -> String {
        guard let value else { return "" }
        if let whole = Int(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
