/// A body that arrives in chunks (RFC 9112 §7.1), put together as it comes.
///
/// Extensions and trailers are passed over. Every line of the framing is bounded.
struct ChunkedBody {
    enum Progress: Equatable { case incomplete, complete, refused(RequestParser.Refusal) }

    private enum Phase { case size, data(Int), endOfData, trailers }

    private static let longestLine = 4096
    private static let mostTrailerBytes = 8192

    /// The content so far.
    private(set) var bytes: [UInt8] = []
    private let limit: Int
    private var phase = Phase.size
    private var trailerBytes = 0

    init(limit: Int) { self.limit = limit }

    /// Uses what has arrived from `position` on and moves it behind what was used.
    mutating func advance(in bytes: [UInt8], at position: inout Int) -> Progress {
        let input = bytes.span
        while true {
            let step: Progress?
            switch phase {
            case .size: step = readSize(in: input, at: &position)
            case .data(let rest): step = readData(rest, in: input, at: &position)
            case .endOfData: step = readEndOfData(in: input, at: &position)
            case .trailers: step = readTrailer(in: input, at: &position)
            }
            if let step { return step }
        }
    }

    private mutating func readSize(in input: Span<UInt8>, at position: inout Int) -> Progress? {
        guard let end = Self.endOfLine(in: input, from: position) else {
            return input.count - position > Self.longestLine ? .refused(.malformed) : .incomplete
        }
        guard let size = Self.size(in: input, position..<end) else { return .refused(.malformed) }
        guard size <= limit - bytes.count else { return .refused(.bodyTooLarge) }
        position = end + 2
        phase = size == 0 ? .trailers : .data(size)
        return nil
    }

    private mutating func readData(
        _ rest: Int, in input: Span<UInt8>, at position: inout Int
    ) -> Progress? {
        let taken = min(rest, input.count - position)
        input.extracting(position..<position + taken).withUnsafeBufferPointer {
            bytes.append(contentsOf: $0)
        }
        position += taken
        phase = taken == rest ? .endOfData : .data(rest - taken)
        return taken == rest ? nil : .incomplete
    }

    private mutating func readEndOfData(
        in input: Span<UInt8>, at position: inout Int
    ) -> Progress? {
        guard input.count - position >= 2 else { return .incomplete }
        guard input[position] == 0x0D, input[position + 1] == 0x0A else {
            return .refused(.malformed)
        }
        position += 2
        phase = .size
        return nil
    }

    private mutating func readTrailer(in input: Span<UInt8>, at position: inout Int) -> Progress? {
        guard let end = Self.endOfLine(in: input, from: position) else {
            return input.count - position > Self.longestLine ? .refused(.malformed) : .incomplete
        }
        let isLast = end == position
        trailerBytes += end + 2 - position
        position = end + 2
        if isLast { return .complete }
        return trailerBytes > Self.mostTrailerBytes ? .refused(.headTooLarge) : nil
    }

    /// The index of the next CR LF.
    private static func endOfLine(in input: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        let last = min(input.count, start + longestLine + 2)
        while index + 1 < last {
            if input[index] == 0x0D, input[index + 1] == 0x0A { return index }
            index += 1
        }
        return nil
    }

    /// The hexadecimal number before an extension; nil when there is none or it is absurd.
    private static func size(in input: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var size = 0
        var index = range.lowerBound
        while index < range.upperBound, let digit = Hexadecimal.value(input[index]) {
            guard index - range.lowerBound < 8 else { return nil }
            size = size << 4 | Int(digit)
            index += 1
        }
        guard index > range.lowerBound else { return nil }
        guard index < range.upperBound else { return size }
        let next = input[index]
        return next == UInt8(ascii: ";") || next == 0x20 || next == 0x09 ? size : nil
    }
}

/// Hexadecimal digits.
enum Hexadecimal {
    /// The value of a digit in either case; nil for any other byte.
    static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
