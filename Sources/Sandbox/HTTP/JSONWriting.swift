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
        var start = 0
        for index in text.indices {
            guard let escape = text.escape(at: index, style) else { continue }
            append(jsonEscaped: text.extracting(start..<index))
            append(fixed: escape.text)
            start = index + escape.length
        }
        append(jsonEscaped: text.extracting(start..<text.count))
        append(byte: UInt8(ascii: "\""))
    }

    /// Appends `text` as a JSON string with its quotes.
    mutating func append(json text: String, _ style: JSONStyle = .plain) {
        append(json: Array(text.utf8).span, style)
    }
}

extension Span<UInt8> {
    /// The escape of a character at `index` that JSON would not demand, and how many bytes that is; nil
    /// where there is none.
    fileprivate func escape(at index: Int, _ style: JSONStyle) -> (text: StaticString, length: Int)?
    {
        switch (self[index], style) {
        case (0xE2, .go), (0xE2, .django):
            if matches("\u{2028}", at: index) { return ("\\u2028", 3) }
            return matches("\u{2029}", at: index) ? ("\\u2029", 3) : nil
        case (UInt8(ascii: "<"), .go): return ("\\u003c", 1)
        case (UInt8(ascii: ">"), .go): return ("\\u003e", 1)
        case (UInt8(ascii: "&"), .go): return ("\\u0026", 1)
        default: return nil
        }
    }
}
