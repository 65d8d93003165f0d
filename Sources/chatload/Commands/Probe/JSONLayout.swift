import Base
import Networking

/// JSON with every member and element on a line of its own.
enum JSONLayout {
    /// The text of a JSON object or array, laid out; nil for everything else. Numbers and strings
    /// stay as they are written.
    static func lines(of bytes: [UInt8]) -> String? {
        guard let first = bytes.first(where: { !isSpace($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "["), isJSON(bytes)
        else { return nil }
        var layout = Layout()
        var isInside = false
        var isEscaped = false
        for byte in bytes {
            if isInside {
                layout.result.append(byte)
                isInside = byte != UInt8(ascii: "\"") || isEscaped
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            } else if !isSpace(byte) {
                layout.add(byte)
                isInside = byte == UInt8(ascii: "\"")
            }
        }
        return String(decoding: layout.result, as: UTF8.self)
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        while true {
            guard let token = try? scanner.next(in: bytes.span) else { return false }
            if token == .end { return true }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

    private struct Layout {
        var result: [UInt8] = []
        private var depth = 0
        /// Whether nothing has followed an opening bracket yet.
        private var isEmpty = false

        mutating func add(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                begin()
                result.append(byte)
                depth += 1
                isEmpty = true
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if !isEmpty { breakLine() }
                isEmpty = false
                result.append(byte)
            case UInt8(ascii: ","):
                result.append(byte)
                breakLine()
            case UInt8(ascii: ":"): result += [byte, 0x20]
            default:
                begin()
                result.append(byte)
            }
        }

        private mutating func begin() {
            if isEmpty { breakLine() }
            isEmpty = false
        }

        private mutating func breakLine() {
            result.append(0x0A)
            result.append(contentsOf: repeatElement(0x20, count: 2 * depth))
        }
    }
}
