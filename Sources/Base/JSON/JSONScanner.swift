/// A validating pull scanner for JSON (RFC 8259) that allocates nothing and never traps.
///
/// It holds only its place and the kinds of the open containers, not the bytes: the caller hands the
/// same bytes to every call. Each `next` gives one token; a whole document ends with `.end`, and
/// whatever it accepted on the way was valid JSON in valid UTF-8. After an error the scanner is
/// spent. Duplicate keys are the caller's business. On wish it takes `NaN`, `Infinity` and
/// `-Infinity`, which Python's `json` and others write and RFC 8259 does not know, for null.
package struct JSONScanner: Sendable {
    /// How many containers may be open inside each other.
    package static let deepest = 128

    /// The offset of the next unread byte.
    package private(set) var position: Int

    private let takesNaN: Bool
    private var expectation = Expectation.value
    /// One bit for each open container, the innermost lowest: 1 for an object.
    private var kinds: UInt128 = 0
    private var depth = 0

    private enum Expectation { case value, firstElement, firstKey, separator, nothing }

    /// A scanner for the one value that begins, perhaps after white space, at `position`.
    package init(position: Int = 0, takesNaN: Bool = false) {
        self.position = max(position, 0)
        self.takesNaN = takesNaN
    }

    /// The next token.
    ///
    /// - Throws: where and why the bytes are not JSON, also when they end too early.
    package mutating func next(in bytes: Span<UInt8>) throws(JSONError) -> JSONToken {
        skipSpace(in: bytes)
        guard position < bytes.count else {
            if expectation == .nothing { return .end }
            throw JSONError(offset: bytes.count, reason: "the text ends too early")
        }
        let byte = bytes[position]
        switch expectation {
        case .value: return try value(byte, in: bytes)
        case .firstElement: return byte == UInt8(ascii: "]") ? close() : try value(byte, in: bytes)
        case .firstKey: return byte == UInt8(ascii: "}") ? close() : try key(in: bytes)
        case .separator: return try afterElement(byte, in: bytes)
        case .nothing: throw failure("there is more after the end of the value")
        }
    }

    /// Passes over the next whole value: a key's value, an array's element or the document.
    ///
    /// - Throws: as `next`, and when no value comes next.
    package mutating func skipValue(in bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        let token = try next(in: bytes)
        switch token {
        case .key, .endObject, .endArray, .end:
            throw JSONError(offset: start, reason: "a value is expected here")
        case .beginObject, .beginArray, .string, .number, .bool, .null:
            try skipRest(of: token, in: bytes)
        }
    }

    /// Passes over what is left of the value whose first token was just read: up to and with the end
    /// of the container that `token` began, nothing for any other token.
    ///
    /// - Throws: as `next`.
    package mutating func skipRest(of token: JSONToken, in bytes: Span<UInt8>) throws(JSONError) {
        guard token == .beginObject || token == .beginArray else { return }
        let outside = depth - 1
        while depth > outside { _ = try next(in: bytes) }
    }

    private mutating func afterElement(
        _ byte: UInt8, in bytes: Span<UInt8>
    ) throws(JSONError) -> JSONToken {
        let isObject = kinds & 1 == 1
        if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return close() }
        guard byte == UInt8(ascii: ",") else {
            throw failure(isObject ? "',' or '}' is expected here" : "',' or ']' is expected here")
        }
        position += 1
        skipSpace(in: bytes)
        guard position < bytes.count else {
            throw failure("the text ends too early")
        }
        return isObject ? try key(in: bytes) : try value(bytes[position], in: bytes)
    }

    private mutating func key(in bytes: Span<UInt8>) throws(JSONError) -> JSONToken {
        guard bytes[position] == UInt8(ascii: "\"") else {
            throw failure("a key in double quotes is expected here")
        }
        let text = try JSONText.scan(from: position, in: bytes)
        position = text.range.upperBound + 1
        skipSpace(in: bytes)
        guard position < bytes.count else { throw failure("the text ends too early") }
        guard bytes[position] == UInt8(ascii: ":") else { throw failure("':' is expected here") }
        position += 1
        expectation = .value
        return .key(text)
    }

    private mutating func value(
        _ byte: UInt8, in bytes: Span<UInt8>
    ) throws(JSONError) -> JSONToken {
        switch byte {
        case UInt8(ascii: "\""):
            let text = try JSONText.scan(from: position, in: bytes)
            return finish(.string(text), at: text.range.upperBound + 1)
        case UInt8(ascii: "{"): return try open(isObject: true)
        case UInt8(ascii: "["): return try open(isObject: false)
        case UInt8(ascii: "t"): return try word("true", is: .bool(true), in: bytes)
        case UInt8(ascii: "f"): return try word("false", is: .bool(false), in: bytes)
        case UInt8(ascii: "n"): return try word("null", is: .null, in: bytes)
        case UInt8(ascii: "-")
        where takesNaN && bytes.matches("-Infinity", at: position):
            return try notANumber(in: bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let range = try JSONNumber.scan(from: position, in: bytes)
            return finish(.number(range), at: range.upperBound)
        default: return try notANumber(in: bytes)
        }
    }

    private mutating func notANumber(in bytes: Span<UInt8>) throws(JSONError) -> JSONToken {
        guard takesNaN else { throw failure("a value is expected here") }
        if bytes[position] == UInt8(ascii: "N") { return try word("NaN", is: .null, in: bytes) }
        return try word(
            bytes[position] == UInt8(ascii: "-") ? "-Infinity" : "Infinity", is: .null, in: bytes)
    }

    private mutating func word(
        _ word: StaticString, is token: JSONToken, in bytes: Span<UInt8>
    ) throws(JSONError) -> JSONToken {
        let range = position..<position + word.utf8CodeUnitCount
        guard bytes.equals(word, range) else { throw failure("a value is expected here") }
        return finish(token, at: range.upperBound)
    }

    private mutating func open(isObject: Bool) throws(JSONError) -> JSONToken {
        guard depth < Self.deepest else { throw failure("more than 128 levels deep") }
        kinds = kinds << 1 | (isObject ? 1 : 0)
        depth += 1
        position += 1
        expectation = isObject ? .firstKey : .firstElement
        return isObject ? .beginObject : .beginArray
    }

    private mutating func close() -> JSONToken {
        let token = kinds & 1 == 1 ? JSONToken.endObject : .endArray
        kinds >>= 1
        depth -= 1
        return finish(token, at: position + 1)
    }

    private mutating func finish(_ token: JSONToken, at end: Int) -> JSONToken {
        position = end
        expectation = depth == 0 ? .nothing : .separator
        return token
    }

    private mutating func skipSpace(in bytes: Span<UInt8>) {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    private func failure(_ reason: String) -> JSONError {
        JSONError(offset: position, reason: reason)
    }
}

/// One piece of a JSON document, as offsets into the scanned bytes.
package enum JSONToken: Equatable, Sendable {
    case beginObject
    case endObject
    case beginArray
    case endArray
    /// An object's key; its value comes next.
    case key(JSONText)
    case string(JSONText)
    /// Where the number's characters are; `JSONNumber` reads them.
    case number(Range<Int>)
    case bool(Bool)
    case null
    /// The document was complete and nothing but white space follows.
    case end
}

/// Where and why bytes are not JSON.
package struct JSONError: Error, Equatable, Sendable {
    /// The offset of the offending byte; the number of bytes when they end too early.
    package var offset: Int
    /// What is wrong, in words that name no byte of the text.
    package var reason: String

    /// An error at `offset`.
    package init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }
}

/// The numbers of JSON: RFC 8259 §6, nothing laxer.
package enum JSONNumber {
    /// The number's value when it is written as an integer and fits.
    package static func integer(_ range: Range<Int>, in bytes: Span<UInt8>) -> Int? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
        var index = range.lowerBound
        let isNegative = index < range.upperBound && bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        guard index < range.upperBound else { return nil }
        var value = 0
        while index < range.upperBound {
            guard bytes[index].isDigit else { return nil }
            let digit = Int(bytes[index] - UInt8(ascii: "0"))
            let (tens, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.subtractingReportingOverflow(digit)
            if first || second { return nil }
            value = sum
            index += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The number's value, as near as a Double comes; nil when it is beyond all of them.
    package static func double(_ range: Range<Int>, in bytes: Span<UInt8>) -> Double? {
        guard let value = Double(text(range, in: bytes)), value.isFinite else { return nil }
        return value
    }

    /// The number as it is written.
    package static func text(_ range: Range<Int>, in bytes: Span<UInt8>) -> String {
        JSONText(range: range, hasEscapes: false).string(in: bytes)
    }

    /// The extent of the number that begins at `start`.
    static func scan(from start: Int, in bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        var index = start
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "0") {
            index += 1
        } else {
            index = try digits(from: index, in: bytes)
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index = try digits(from: index + 1, in: bytes)
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count,
                bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
            {
                index += 1
            }
            index = try digits(from: index, in: bytes)
        }
        return start..<index
    }

    private static func digits(from start: Int, in bytes: Span<UInt8>) throws(JSONError) -> Int {
        var index = start
        while index < bytes.count, bytes[index].isDigit { index += 1 }
        guard index > start else {
            let reason =
                start < bytes.count ? "a digit is expected here" : "the text ends too early"
            throw JSONError(offset: start, reason: reason)
        }
        return index
    }
}
