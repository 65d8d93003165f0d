extension ByteBuffer {
    /// Appends a text percent-encoded for a query value or a path segment: everything but the
    /// unreserved characters of RFC 3986 §2.3 (letters, digits, `-._~`) becomes `%XX`.
    ///
    /// A `#`, `&`, `+` or space left bare would cut or change a value on its way to the server.
    package mutating func append(percentEncoded text: String) {
        let utf8 = text.utf8
        append(percentEncoded: utf8.span)
    }

    /// Appends bytes percent-encoded, as above.
    package mutating func append(percentEncoded text: Span<UInt8>) {
        // Swift writes down even an empty array's new size, which is in storage that all share.
        if text.isEmpty { return }
        // Room for the worst case is asked for at once, so that no byte has to ask for its own.
        let (room, overflow) = text.count.multipliedReportingOverflow(by: 3)
        precondition(!overflow, "BUG: a text as large as the address space")
        bytes.append(addingCapacity: room) { output in
            for index in text.indices {
                let byte = text[index]
                if byte.isUnreserved {
                    output.append(byte)
                } else {
                    output.append(UInt8(ascii: "%"))
                    output.append((byte >> 4).upperHexDigit)
                    output.append((byte & 0xF).upperHexDigit)
                }
            }
        }
    }
}

extension UInt8 {
    /// Whether RFC 3986 lets the byte stand for itself everywhere in a URI.
    @inline(__always)
    fileprivate var isUnreserved: Bool {
        guard self < 0x80 else { return false }
        return Self.unreserved[Int(self >> 6)] >> UInt64(self & 63) & 1 == 1
    }

    /// One bit for each ASCII character: `-.0-9`, then `A-Z_a-z~`.
    private static let unreserved: [2 of UInt64] = [0x03FF_6000_0000_0000, 0x47FF_FFFE_87FF_FFFE]

    /// The digit of a number below 16, in upper case as RFC 3986 §2.1 recommends.
    @inline(__always)
    fileprivate var upperHexDigit: UInt8 {
        self < 10 ? UInt8(ascii: "0") &+ self : UInt8(ascii: "A") &+ (self &- 10)
    }
}
