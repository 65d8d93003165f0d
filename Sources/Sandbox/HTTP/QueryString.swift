import Base
import Networking

/// Reads `application/x-www-form-urlencoded` query strings the way the imitated servers do: `+` is
/// a space, `%XX` a byte, and a `%` that is not followed by two digits stands for itself.
enum QueryString {
    /// Calls `use` with each pair's name and value, still encoded, in the order they stand.
    static func forEach(
        in bytes: Span<UInt8>, _ range: Range<Int>,
        _ use: (_ name: Range<Int>, _ value: Range<Int>) -> Void
    ) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            var equals: Int?
            while end < range.upperBound, bytes[end] != UInt8(ascii: "&") {
                if equals == nil, bytes[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            if end > start {
                use(start..<(equals ?? end), min((equals ?? end) + 1, end)..<end)
            }
            start = end + 1
        }
    }

    /// Appends the decoded bytes at `range`.
    static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>, to buffer: inout ByteBuffer) {
        var runStart = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "+") || byte == UInt8(ascii: "%") else {
                index += 1
                continue
            }
            buffer.append(bytes.extracting(runStart..<index))
            if byte == UInt8(ascii: "+") {
                buffer.append(byte: 0x20)
                index += 1
            } else if index + 2 < range.upperBound,
                let high = bytes[index + 1].hexDigit, let low = bytes[index + 2].hexDigit
            {
                buffer.append(byte: high << 4 | low)
                index += 3
            } else {
                buffer.append(byte: byte)
                index += 1
            }
            runStart = index
        }
        buffer.append(bytes.extracting(runStart..<range.upperBound))
    }

    /// The decoded value of the first pair called `name`; nil when there is none.
    static func value(of name: StaticString, in request: Request) -> String? {
        let bytes = request.bytes.span
        var found: Range<Int>?
        forEach(in: bytes, request.query) { candidate, value in
            if found == nil, bytes.equals(name, candidate) { found = value }
        }
        guard let found else { return nil }
        var buffer = ByteBuffer(capacity: found.count)
        decode(bytes, found, to: &buffer)
        return buffer.text
    }
}
