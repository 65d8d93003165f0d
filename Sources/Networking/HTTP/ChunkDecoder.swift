import Base

/// Decoder of the chunked transfer coding of a body that arrives in arbitrary pieces (RFC 9112
/// §7.1).
///
/// Extensions and trailers are read over. Total: whatever the bytes, it ends in `done` or throws.
struct ChunkDecoder {
    private enum State {
        case size
        /// After a strict size's carriage return.
        case sizeEnd
        case sizeExtension
        case data
        case dataEnd
        case trailerStart
        case trailer
        case done
    }

    /// Of strict decoding: the longest line, and the most bytes of trailers.
    private static let longestLine = 4_096
    private static let mostTrailerBytes = 8_192

    /// Whether lines have to end with CR LF and sizes have at most eight digits, as a server wants it
    /// that tests clients; a client takes what servers send.
    private let isStrict: Bool
    private var state = State.size
    private var previous: UInt8 = 0
    private var size = 0
    private var digits = 0
    /// Bytes of content that all chunks so far have announced.
    private var content = 0
    /// Bytes of line ends, extensions and trailers since the last byte of content, or of strict
    /// decoding in the line; so many count against a limit.
    private var overhead = 0
    private var trailerBytes = 0

    init(isStrict: Bool = false) { self.isStrict = isStrict }

    /// Whether the last chunk and its trailers have been read.
    var isDone: Bool { state == .done }

    /// Whether the last chunk has been read.
    var isAfterContent: Bool { state == .trailerStart || state == .trailer || state == .done }

    /// Reads on from `position` to the next content.
    ///
    /// - Returns: where in `bytes` the content lies, with `position` behind it; nil when `bytes` are
    ///   used up or the body is over, with `position` behind what belongs to the body.
    mutating func next(
        in bytes: Span<UInt8>, at position: inout Int, limits: HTTPLimits
    ) throws(HTTPError) -> Range<Int>? {
        while position < bytes.count, state != .done {
            if state == .data {
                let start = position
                let count = min(size, bytes.count - position)
                position += count
                size -= count
                overhead = 0
                if size == 0 { beginLine(.dataEnd) }
                return start..<position
            }
            try takeFraming(bytes[position], limits)
            position += 1
        }
        return nil
    }

    private mutating func beginLine(_ next: State) {
        state = next
        previous = 0
    }

    private mutating func takeFraming(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPError) {
        let isEnd = byte == UInt8(ascii: "\n") && (!isStrict || previous == UInt8(ascii: "\r"))
        if isStrict || state != .size { try countOverhead(limits, isLineEnd: isEnd) }
        switch state {
        case .size: try takeSize(byte, limits)
        case .sizeEnd:
            guard isEnd else { throw Self.noSize }
            return try endOfSize(limits)
        case .sizeExtension: if isEnd { return try endOfSize(limits) }
        case .dataEnd:
            if isEnd { return beginLine(.size) }
            guard byte == UInt8(ascii: "\r"), !isStrict || previous == 0 else {
                throw .malformed("a chunk is longer than it says")
            }
        case .trailerStart, .trailer:
            if isEnd { return beginLine(state == .trailerStart ? .done : .trailerStart) }
            let mayEnd = byte == UInt8(ascii: "\r") && (!isStrict || previous == 0)
            if !mayEnd { state = .trailer }
        case .data, .done: break
        }
        previous = byte
    }

    private static let noSize = HTTPError.malformed(
        "a chunk's size is not a hexadecimal number")

    /// A chunk that would be too much is refused by what it announces: its sender may never send it.
    private mutating func takeSize(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPError) {
        if let digit = byte.hexDigit {
            digits += 1
            guard digits <= (isStrict ? 8 : 16) else {
                throw .malformed("a chunk's size is too long")
            }
            size = size << 4 | Int(digit)
            // A strict reader says what is wrong with the line before what it asks for.
            if !isStrict { try checkSize(limits) }
            return
        }
        guard digits > 0 else { throw .malformed("a chunk has no size") }
        switch byte {
        case UInt8(ascii: "\n") where !isStrict: try endOfSize(limits)
        case UInt8(ascii: "\r"): state = isStrict ? .sizeEnd : .sizeExtension
        case UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t"): state = .sizeExtension
        default: throw Self.noSize
        }
    }

    private func checkSize(_ limits: HTTPLimits) throws(HTTPError) {
        guard size >= 0, size <= limits.body - content else { throw limits.bodyTooLarge }
    }

    private mutating func endOfSize(_ limits: HTTPLimits) throws(HTTPError) {
        try checkSize(limits)
        beginLine(size == 0 ? .trailerStart : .data)
        content += size
        digits = 0
    }

    private mutating func countOverhead(
        _ limits: HTTPLimits, isLineEnd: Bool
    ) throws(HTTPError) {
        overhead += 1
        guard isStrict else {
            guard overhead <= limits.head else {
                throw .tooLarge("chunk extensions and trailers beyond \(limits.head) bytes")
            }
            return
        }
        guard overhead <= Self.longestLine + 2 else {
            throw .malformed("a line of the chunks' framing is too long")
        }
        guard isLineEnd else { return }
        if isAfterContent { trailerBytes += overhead }
        guard trailerBytes <= Self.mostTrailerBytes || state == .trailerStart else {
            throw .tooLarge("trailers beyond \(Self.mostTrailerBytes) bytes")
        }
        overhead = 0
    }
}
