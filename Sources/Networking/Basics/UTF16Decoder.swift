/// Decoder of UTF-16 (RFC 2781) into UTF-8, from pieces cut anywhere. A surrogate without its other
/// half becomes U+FFFD, as everywhere in Unicode's own algorithms.
package struct UTF16Decoder {
    private let isLittleEndian: Bool
    private var half: UInt8?
    private var lead: UInt16?

    /// A decoder of this byte order.
    package init(isLittleEndian: Bool) { self.isLittleEndian = isLittleEndian }

    /// Appends what more bytes say.
    package mutating func decode(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        for index in 0..<bytes.count {
            guard let first = half else {
                half = bytes[index]
                continue
            }
            half = nil
            let (low, high) = isLittleEndian ? (first, bytes[index]) : (bytes[index], first)
            take(UInt16(high) << 8 | UInt16(low), into: &text)
        }
    }

    /// Whether the text was whole.
    package mutating func finish() -> Bool { half == nil && lead == nil }

    private mutating func take(_ unit: UInt16, into text: inout [UInt8]) {
        if let first = lead {
            lead = nil
            if (0xDC00...0xDFFF).contains(unit) {
                let code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(unit) - 0xDC00)
                append(Unicode.Scalar(code), to: &text)
                return
            }
            append(nil, to: &text)
        }
        if (0xD800...0xDBFF).contains(unit) {
            lead = unit
        } else {
            append(Unicode.Scalar(unit), to: &text)
        }
    }

    private func append(_ scalar: Unicode.Scalar?, to text: inout [UInt8]) {
        text.append(
            contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
    }
}
