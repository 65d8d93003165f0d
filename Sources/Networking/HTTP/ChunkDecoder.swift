/// Takes the chunked transfer coding off a body that arrives in arbitrary pieces (RFC 9112 §7.1).
///
/// Extensions and trailers are read over. Total: whatever the bytes, it ends in `done` or throws.
struct ChunkDecoder {
    private enum State {
        case size
        case sizeExtension
        case data
        case dataEnd
        case trailerStart
        case trailer
        case done
    }

    private var state = State.size
    private var size = 0
    private var digits = 0
    /// Bytes of line ends, extensions and trailers since the last byte of content; so many in a row
    /// count against the limit of a head.
    private var overhead = 0

    /// Whether the last chunk and its trailers have been read.
    var isDone: Bool { state == .done }

    /// Decodes `bytes` from `position` on and appends the content to `output`.
    ///
    /// - Returns: the position after the last byte that belongs to the body.
    mutating func decode(
        _ bytes: Span<UInt8>, from start: Int, into output: inout [UInt8], limits: HTTPLimits
    ) throws(HTTPError) -> Int {
        var position = start
        while position < bytes.count, state != .done {
            if state == .data {
                position += takeData(bytes, from: position, into: &output)
            } else {
                try takeFraming(bytes[position], after: output.count, limits: limits)
                position += 1
            }
        }
        return position
    }

    private mutating func takeData(
        _ bytes: Span<UInt8>, from position: Int, into output: inout [UInt8]
    ) -> Int {
        let count = min(size, bytes.count - position)
        bytes.extracting(position..<position + count).withUnsafeBufferPointer {
            output.append(contentsOf: $0)
        }
        size -= count
        overhead = 0
        if size == 0 { state = .dataEnd }
        return count
    }

    private mutating func takeFraming(
        _ byte: UInt8, after decoded: Int, limits: HTTPLimits
    ) throws(HTTPError) {
        switch state {
        case .size: try takeSize(byte, after: decoded, limits: limits)
        case .sizeExtension:
            try countOverhead(limits)
            if byte == UInt8(ascii: "\n") { endOfSize() }
        case .dataEnd:
            try countOverhead(limits)
            if byte == UInt8(ascii: "\n") {
                state = .size
            } else if byte != UInt8(ascii: "\r") {
                throw .malformed("a chunk is longer than it says")
            }
        case .trailerStart, .trailer:
            try countOverhead(limits)
            takeTrailer(byte)
        case .data, .done: break
        }
    }

    /// A chunk that would be too much is refused by what it announces: its sender may never send it.
    private mutating func takeSize(
        _ byte: UInt8, after decoded: Int, limits: HTTPLimits
    ) throws(HTTPError) {
        if let digit = Self.hexValue(byte) {
            digits += 1
            guard digits <= 16 else { throw .malformed("a chunk's size is too long") }
            size = size << 4 | digit
            guard size <= limits.body - decoded else {
                throw .tooLarge("body beyond \(limits.body) bytes")
            }
            return
        }
        guard digits > 0 else { throw .malformed("a chunk has no size") }
        switch byte {
        case UInt8(ascii: "\n"): endOfSize()
        case UInt8(ascii: "\r"), UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t"):
            state = .sizeExtension
        default: throw .malformed("a chunk's size is not a hexadecimal number")
        }
    }

    private mutating func endOfSize() {
        state = size == 0 ? .trailerStart : .data
        digits = 0
    }

    private mutating func takeTrailer(_ byte: UInt8) {
        if byte == UInt8(ascii: "\n") {
            state = state == .trailerStart ? .done : .trailerStart
        } else if byte != UInt8(ascii: "\r") {
            state = .trailer
        }
    }

    private mutating func countOverhead(_ limits: HTTPLimits) throws(HTTPError) {
        overhead += 1
        guard overhead <= limits.head else {
            throw .tooLarge("chunk extensions and trailers beyond \(limits.head) bytes")
        }
    }

    private static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
