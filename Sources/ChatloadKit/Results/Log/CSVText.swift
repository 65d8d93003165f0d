import Networking

/// The text side of CSV: RFC 4180 quoting (line ends are LF), and cells that a spreadsheet would
/// run as a formula defused.
///
/// A text cell that begins with TAB CR LF or ', or with = + - @ in any width behind whatever cannot be
/// seen, gets one ' in front, and readers take one leading ' away, so every text survives the round
/// trip. Numbers are written as they are. (OWASP, CSV injection.)
enum CSVText {
    /// The most bytes a text of `count` bytes can take: doubled quotes, the quotes around, the '.
    static func room(for count: Int) -> Int { 2 * count + 3 }

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
