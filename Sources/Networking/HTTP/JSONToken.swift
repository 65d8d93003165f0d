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
            guard isDigit(bytes[index]) else { return nil }
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
    static func scan(
        from start: Int, in bytes: Span<UInt8>
    ) throws(JSONError) -> Range<Int> {
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

    private static func digits(
        from start: Int, in bytes: Span<UInt8>
    ) throws(JSONError) -> Int {
        var index = start
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        guard index > start else {
            let reason =
                start < bytes.count ? "a digit is expected here" : "the text ends too early"
            throw JSONError(offset: start, reason: reason)
        }
        return index
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
