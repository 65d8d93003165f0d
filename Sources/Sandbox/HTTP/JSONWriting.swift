import Base
import Networking

/// How a service's JSON encoder escapes strings beyond what JSON demands.
enum JSONStyle {
    /// Node's `JSON.stringify`: nothing more.
    case plain
    /// Go's `encoding/json`: `<`, `>`, `&` and U+2028/9 as `\u….`.
    case go
    /// Python's `json.dumps`, and so Django REST Framework with its own encoder's defaults: the
    /// framework leaves non-ASCII as it is, but escapes U+2028/9.
    case django
}

extension ByteBuffer {
    /// Appends `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
    mutating func append(json text: Span<UInt8>, _ style: JSONStyle = .plain) {
        guard text.isUTF8 else { return append(json: text.text, style) }
        append(byte: UInt8(ascii: "\""))
        var runStart = 0
        var index = 0
        while index < text.count {
            let length = text.escapeLength(at: index, style)
            if length > 0 {
                append(text.extracting(runStart..<index))
                appendEscape(of: text[index], last: text[index + length - 1])
                runStart = index + length
            }
            index += max(length, 1)
        }
        append(text.extracting(runStart..<text.count))
        append(byte: UInt8(ascii: "\""))
    }

    /// Appends `text` as a JSON string with its quotes.
    mutating func append(json text: String, _ style: JSONStyle = .plain) {
        append(json: Array(text.utf8).span, style)
    }

    private mutating func appendEscape(of byte: UInt8, last: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(fixed: "\\\"")
        case UInt8(ascii: "\\"): append(fixed: "\\\\")
        case 0x0A: append(fixed: "\\n")
        case 0x0D: append(fixed: "\\r")
        case 0x09: append(fixed: "\\t")
        case 0xE2: append(fixed: last == 0xA8 ? "\\u2028" : "\\u2029")
        default:
            append(fixed: "\\u00")
            append(byte: Self.digit(byte >> 4))
            append(byte: Self.digit(byte & 15))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension Span<UInt8> {
    /// How many bytes from `index` on have to be written as one escape; 0 for none.
    fileprivate func escapeLength(at index: Int, _ style: JSONStyle) -> Int {
        let byte = self[index]
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return 1 }
        if style == .plain { return 0 }
        if byte == 0xE2 {
            return matches("\u{2028}", at: index) || matches("\u{2029}", at: index) ? 3 : 0
        }
        let isMarkup =
            byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "&")
        return style == .go && isMarkup ? 1 : 0
    }

    /// Whether the bytes are valid UTF-8; quick for ASCII.
    var isUTF8: Bool {
        var index = 0
        while index < count, self[index] < 0x80 { index += 1 }
        if index == count { return true }
        return withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) != nil }
    }
}
