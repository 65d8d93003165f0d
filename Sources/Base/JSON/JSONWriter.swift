/// JSON written straight into a buffer (RFC 8259): objects, members, arrays, elements and values, in
/// the order they are appended and without white space.
///
/// Commas come by themselves: `member` and `element` put one where what is there does not end with an
/// opening bracket, which no whole value does.
extension ByteBuffer {
    /// Appends an object; `members` appends what is in it.
    package mutating func append(_ members: (inout ByteBuffer) -> Void) {
        append(byte: UInt8(ascii: "{"))
        members(&self)
        append(byte: UInt8(ascii: "}"))
    }

    /// Appends an array of what `element` appends for each of `elements`.
    package mutating func append<Elements: Sequence>(
        array elements: Elements, _ element: (inout ByteBuffer, Elements.Element) -> Void
    ) {
        append(byte: UInt8(ascii: "["))
        for each in elements {
            separate(from: UInt8(ascii: "["))
            element(&self, each)
        }
        append(byte: UInt8(ascii: "]"))
    }

    /// Appends a text as a string with its quotes.
    package mutating func append(jsonString text: String) {
        append(byte: UInt8(ascii: "\""))
        append(jsonEscaped: text)
        append(byte: UInt8(ascii: "\""))
    }

    /// Appends a member's key, with the comma before it and the colon behind; its value is to follow.
    package mutating func append(key: String) {
        separate(from: UInt8(ascii: "{"))
        append(jsonString: key)
        append(byte: UInt8(ascii: ":"))
    }

    /// Appends a member with a text, or null.
    package mutating func append(_ key: String, _ text: String?) {
        append(key: key)
        if let text { append(jsonString: text) } else { append("null") }
    }

    /// Appends a member with a whole number, or null.
    package mutating func append(_ key: String, _ number: Int?) {
        append(key: key)
        if let number { append(decimal: number) } else { append("null") }
    }

    /// Appends a member with texts.
    package mutating func append(_ key: String, _ texts: [String]) {
        append(key: key)
        append(array: texts) { $0.append(jsonString: $1) }
    }

    /// Appends a member with a value that is written as it describes itself (a number, a truth
    /// value), or null.
    package mutating func append(_ key: String, literal value: (any CustomStringConvertible)?) {
        append(key: key)
        append(value?.description ?? "null")
    }

    /// Appends a member with an object; `members` appends what is in it.
    package mutating func append(_ key: String, _ members: (inout ByteBuffer) -> Void) {
        append(key: key)
        append(members)
    }

    /// A comma, unless nothing has followed the opening bracket yet.
    private mutating func separate(from bracket: UInt8) {
        if bytes.last != bracket { append(byte: UInt8(ascii: ",")) }
    }
}

extension ByteBuffer {
    /// Appends a text as the inside of a JSON string (RFC 8259 §7), without the quotes.
    ///
    /// Only what must be escaped is: quotes, backslashes and control characters. Runs without any
    /// of them are copied at once.
    package mutating func append(jsonEscaped text: String) {
        let utf8 = text.utf8
        append(jsonEscaped: utf8.span)
    }

    /// Appends UTF-8 as the inside of a JSON string, as above.
    package mutating func append(jsonEscaped text: Span<UInt8>) {
        var start = 0
        while true {
            let end = text.endOfPlainRun(from: start)
            append(text.extracting(start..<end))
            if end == text.count { return }
            append(escapeOf: text[end])
            start = end + 1
        }
    }

    private mutating func append(escapeOf byte: UInt8) {
        append(byte: UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte: byte)
        case UInt8(ascii: "\n"): append(byte: UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): append(byte: UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): append(byte: UInt8(ascii: "t"))
        default:
            append("u00")
            append(byte: UInt8(ascii: "0") &+ (byte >> 4))
            let low = byte & 0xF
            append(byte: low < 10 ? UInt8(ascii: "0") &+ low : UInt8(ascii: "a") &+ (low &- 10))
        }
    }
}

extension Span<UInt8> {
    /// The first index from `start` on whose byte is a quote, a backslash or a control character, or,
    /// where the run has to be ASCII, is none of its bytes; the count when there is none.
    ///
    /// Looks at eight bytes at a time. With `ones` = 0x01…01, `(word − n·ones) & ~word & 0x80…80`
    /// marks the bytes below n, and after the lowest marked byte perhaps wrong ones, because of the
    /// borrow; only the lowest is used.
    @inline(__always)
    func endOfPlainRun(from start: Int, isASCII: Bool = false) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let raw = bytes
        var index = start
        while index &+ 8 <= count {
            let loaded = raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let word = UInt64(littleEndian: loaded)
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let controls = (word &- ones &* 0x20) & ~word
            let equal = (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
            let hits = (controls | equal | (isASCII ? word : 0)) & (ones &* 0x80)
            if hits != 0 { return index &+ hits.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < count {
            let byte = self[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || isASCII && byte >= 0x80 { break }
            index &+= 1
        }
        return index
    }
}
