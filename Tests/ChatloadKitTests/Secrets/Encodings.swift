import FoundationEssentials
import Base
import Networking

@testable import ChatloadKit

/// The ways in which services write what they were told, made apart from how they are read.
enum Encoding: CaseIterable {
    case percentAll, percentSome, formBlank, htmlNamed, htmlDecimal, htmlHex
    case unicodeLower, unicodeUpper, json, jsonSlash, hexLower, hexUpper, base64, base64URL, lines

    var isDigits: Bool { [.hexLower, .hexUpper, .base64, .base64URL].contains(self) }

    func encode(_ text: String, _ random: inout SeededRandom) -> String {
        switch self {
        case .percentAll: text.utf8.map { "%" + Self.hex($0, 2, random.next() % 2 == 0) }.joined()
        case .percentSome:
            text.utf8.map {
                Self.isPlain($0) || "/!'()*".utf8.contains($0) && $0 != UInt8(ascii: "%")
                    ? String(UnicodeScalar($0)) : "%" + Self.hex($0, 2, true)
            }.joined()
        case .formBlank:
            text.utf8.map {
                $0 == 0x20
                    ? "+"
                    : Self.isPlain($0)
                        ? String(UnicodeScalar($0)) : "%" + Self.hex($0, 2, true)
            }.joined()
        case .htmlNamed:
            Self.mapped(
                text, ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "=": "&equals;"])
        case .htmlDecimal: Self.mapped(text) { "&#\($0);" }
        case .htmlHex: Self.mapped(text) { "&#x\(String($0, radix: 16));" }
        case .unicodeLower: text.utf16.map { "\\u" + Self.hex($0, 4, false) }.joined()
        case .unicodeUpper:
            text.utf16.map {
                $0 < 0x7F && Self.isPlain(UInt8($0))
                    ? String(UnicodeScalar(UInt8($0))) : "\\u" + Self.hex($0, 4, true)
            }.joined()
        case .json: Self.mapped(text, ["\\": "\\\\", "\"": "\\\""])
        case .jsonSlash: Self.mapped(text, ["\\": "\\\\", "\"": "\\\"", "/": "\\/"])
        case .hexLower: text.utf8.map { Self.hex($0, 2, false) }.joined()
        case .hexUpper: text.utf8.map { Self.hex($0, 2, true) }.joined(separator: " ")
        case .base64:
            Data((["", "u:", "id:"][Int(random.next() % 3)] + text).utf8).base64EncodedString()
        case .base64URL:
            Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        case .lines:
            String(
                text.unicodeScalars.enumerated().map {
                    ($0.offset % 7 == 6 ? "\r\n" : "") + String($0.element)
                }.joined())
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte.isWordByte }

    private static func hex(_ value: some BinaryInteger, _ width: Int, _ isUpper: Bool) -> String {
        let digits = String(value, radix: 16, uppercase: isUpper)
        return String(repeating: "0", count: width - digits.count) + digits
    }

    private static func mapped(_ text: String, _ table: [Unicode.Scalar: String]) -> String {
        text.unicodeScalars.map { table[$0] ?? String($0) }.joined()
    }

    private static func mapped(_ text: String, _ entity: (UInt32) -> String) -> String {
        text.unicodeScalars.map {
            $0.isASCII && isPlain(UInt8($0.value)) ? String($0) : entity($0.value)
        }.joined()
    }
}
