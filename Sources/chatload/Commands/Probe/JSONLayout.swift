import Base

extension ProbedMessage {
    /// The text of a JSON object or array with every member and element on a line of its own; nil
    /// for everything else. Numbers and strings stay as they are written.
    static func laidOut(_ bytes: [UInt8]) -> String? {
        var scanner = JSONScanner()
        var layout = ByteBuffer()
        var depth = 0
        // What the next token follows: an opening bracket, a key, or a value.
        var (isFirst, isAfterKey) = (true, false)
        func breakLine() { layout.append("\n" + String(repeating: " ", count: 2 * depth)) }
        while true {
            guard let token = try? scanner.next(in: bytes.span) else { return nil }
            switch token {
            case .end: return layout.text
            case .endObject, .endArray:
                depth -= 1
                if !isFirst { breakLine() }
            default:
                if depth == 0, token != .beginObject, token != .beginArray { return nil }
                if !isFirst, !isAfterKey { layout.append(",") }
                if depth > 0, !isAfterKey { breakLine() }
            }
            append(token, of: bytes, to: &layout)
            (isFirst, isAfterKey) = (false, false)
            switch token {
            case .beginObject, .beginArray: (depth, isFirst) = (depth + 1, true)
            case .key:
                layout.append(": ")
                isAfterKey = true
            default: break
            }
        }
    }

    private static func append(_ token: JSONToken, of bytes: [UInt8], to layout: inout ByteBuffer) {
        switch token {
        case .beginObject: layout.append("{")
        case .endObject: layout.append("}")
        case .beginArray: layout.append("[")
        case .endArray: layout.append("]")
        case .key(let text), .string(let text):
            layout.append(Array(bytes[text.range.lowerBound - 1...text.range.upperBound]))
        case .number(let range): layout.append(Array(bytes[range]))
        case .bool(let value): layout.append(value ? "true" : "false")
        case .null: layout.append("null")
        case .end: break
        }
    }
}
