import Networking

/// The text side of CSV: RFC 4180 quoting (line ends are LF), and cells that a spreadsheet would
/// run as a formula defused.
///
/// A text cell that begins with = + - @ TAB CR LF or ' gets one ' in front, and readers take one
/// leading ' away, so every text survives the round trip. Numbers are written as they are.
enum CSVText {
    /// The most bytes a text of `count` bytes can take: doubled quotes, the quotes around, the '.
    static func room(for count: Int) -> Int { 2 * count + 3 }

    /// Whether a text that begins with `byte` must be defused.
    static func isFormulaStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"),
            UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: "'"):
            true
        default: false
        }
    }

    /// Whether a cell that holds `byte` must be quoted.
    static func needsQuotes(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    /// A text as a cell.
    static func cell(_ text: String) -> String {
        var room = [UInt8](repeating: 0, count: Self.room(for: text.utf8.count))
        var end = 0
        var cells = room.mutableSpan
        cells.put(text: text, at: &end)
        return String(decoding: room.prefix(end), as: UTF8.self)
    }

    /// The text behind a cell's bytes, as they stand between the commas.
    static func text(ofCell bytes: Span<UInt8>) -> String {
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count)
        let isQuoted = bytes.count >= 2 && bytes[0] == UInt8(ascii: "\"")
        var at = isQuoted ? 1 : 0
        let end = isQuoted ? bytes.count - 1 : bytes.count
        while at < end {
            content.append(bytes[at])
            let isDoubled = isQuoted && bytes[at] == UInt8(ascii: "\"")
            at += isDoubled ? 2 : 1
        }
        let isDefused = content.first == UInt8(ascii: "'")
        return String(decoding: isDefused ? content.dropFirst() : content[...], as: UTF8.self)
    }
}

extension MutableSpan<UInt8> {
    /// Writes one byte at `end` and moves it on.
    mutating func put(byte: UInt8, at end: inout Int) {
        self[end] = byte
        end += 1
    }

    /// Writes bytes as they are.
    mutating func put(_ bytes: [UInt8], at end: inout Int) {
        for byte in bytes {
            self[end] = byte
            end += 1
        }
    }

    /// Writes a number in decimal: at most 20 bytes.
    mutating func put(_ number: Int64, at end: inout Int) {
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
    mutating func put(text: String, at end: inout Int) {
        let bytes = text.utf8.span
        guard let first = bytes.isEmpty ? nil : bytes[0] else { return }
        let start = end
        if CSVText.isFormulaStart(first) { put(byte: UInt8(ascii: "'"), at: &end) }
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
        if CSVText.isFormulaStart(bytes[0]) { put(byte: UInt8(ascii: "'"), at: &end) }
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "\"") { put(byte: UInt8(ascii: "\""), at: &end) }
            put(byte: bytes[index], at: &end)
        }
        put(byte: UInt8(ascii: "\""), at: &end)
    }
}
