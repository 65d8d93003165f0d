import Base

/// Units of a text: bytes as a reader may understand them, each with the range of the text that it was read from.
struct TextUnits {
    private(set) var bytes: [UInt8]
    /// Where each byte begins and ends in the text; both empty where the bytes are the text.
    private var starts: [Int32] = []
    private var ends: [Int32] = []
    private let isText: Bool

    /// A text of at most 2 GB as it is.
    init(_ text: [UInt8]) {
        bytes = text
        isText = true
    }

    private init(capacity: Int) {
        bytes = []
        isText = false
        bytes.reserveCapacity(capacity)
        starts.reserveCapacity(capacity)
        ends.reserveCapacity(capacity)
    }

    var count: Int { bytes.count }

    /// Where a byte begins in the text.
    func start(_ index: Int) -> Int { isText ? index : Int(starts[index]) }

    /// Where a byte ends in the text.
    func end(_ index: Int) -> Int { isText ? index + 1 : Int(ends[index]) }

    private mutating func append(_ byte: UInt8, _ start: Int, _ end: Int) {
        bytes.append(byte)
        starts.append(Int32(truncatingIfNeeded: start))
        ends.append(Int32(truncatingIfNeeded: end))
    }

    /// The bytes with every escape of HTML, URLs, JSON and its like read once; nil where there is
    /// none.
    func unescaped() -> TextUnits? { read(where: TextEscape.opens) }

    /// The bytes without the lines that frame the chunks of a body; nil where there are none.
    func unframed() -> TextUnits? { read(where: TextEscape.frames) }

    @inline(__always)
    private func read(where opens: (UInt8) -> Bool) -> TextUnits? {
        var units: TextUnits?
        var index = 0
        let span = bytes.span
        while index < span.count {
            let byte = span[index]
            if opens(byte), let escape = TextEscape(at: index, in: span) {
                let start = start(index)
                let end = end(index + escape.length - 1)
                if units == nil { units = prefix(index) }
                escape.forEachByte { units?.append($0, start, end) }
                index += escape.length
            } else {
                units?.append(byte, start(index), end(index))
                index += 1
            }
        }
        return units
    }

    /// The first `length` bytes.
    func prefix(_ length: Int) -> TextUnits {
        var units = TextUnits(capacity: count)
        for index in 0..<length { units.append(bytes[index], start(index), end(index)) }
        return units
    }

    /// What the runs of digits hold that may be base64 or hexadecimal, once for each digit of a
    /// group that it may begin with. Empty where there is no run long enough for a secret.
    func contents(of code: DigitCode) -> [TextUnits] {
        var results = [TextUnits](repeating: TextUnits(capacity: 0), count: code.digitsInGroup)
        var run: [(value: UInt8, index: Int)] = []
        for index in 0..<count {
            let value = code.value(bytes[index])
            if value < 64 {
                run.append((value, index))
            } else if value == DigitCode.ends {
                take(run, of: code, into: &results)
                run.removeAll(keepingCapacity: true)
            }
        }
        take(run, of: code, into: &results)
        return results.filter { $0.count > 0 }
    }

    private func take(
        _ run: [(value: UInt8, index: Int)], of code: DigitCode, into results: inout [TextUnits]
    ) {
        guard run.count >= code.fewestDigits else { return }
        for phase in 0..<code.digitsInGroup {
            var bits = 0 as UInt32
            var held = 0
            var first = phase
            for place in phase..<run.count {
                bits = bits << UInt32(code.bits) | UInt32(run[place].value)
                held += code.bits
                guard held >= 8 else { continue }
                held -= 8
                let byte = UInt8(truncatingIfNeeded: bits >> UInt32(held))
                results[phase].append(byte, start(run[first].index), end(run[place].index))
                first = held == 0 ? place + 1 : place
            }
            // Nothing goes on from one run to the next.
            let last = end(run[run.count - 1].index)
            results[phase].append(DigitCode.border, last, last)
        }
    }
}

/// A digit code: a way to write bytes as digits.
enum DigitCode: CaseIterable {
    /// RFC 4648 §4 and §5, broken into lines or not.
    case base64
    /// Pairs of digits, also with something between them.
    case hex

    /// What stands between the contents of two runs: in no secret.
    static let border = 1 as UInt8
    /// What is no digit and ends a run, and what may stand within one.
    static let ends = 0xFF as UInt8
    private static let passes = 0xFE as UInt8

    var bits: Int { self == .base64 ? 6 : 4 }
    var digitsInGroup: Int { self == .base64 ? 4 : 2 }
    /// Shorter runs hold no secret that would be looked for in them.
    var fewestDigits: Int { self == .base64 ? 8 : 12 }

    /// What a digit stands for.
    func value(_ byte: UInt8) -> UInt8 {
        self == .base64 ? Self.base64Values[Int(byte)] : Self.hexValues[Int(byte)]
    }

    private static let base64Values: [UInt8] = {
        var values = [UInt8](repeating: ends, count: 256)
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, digit) in digits.utf8.enumerated() { values[Int(digit)] = UInt8(value) }
        for (value, digit) in zip(62..., "-_".utf8) { values[Int(digit)] = UInt8(value) }
        for byte in "\r\n".utf8 { values[Int(byte)] = passes }
        return values
    }()

    private static let hexValues: [UInt8] = (0..<256).map { byte in
        if let value = UInt8(byte).hexDigit { return value }
        return " +:-,\r\n\t".utf8.contains(UInt8(byte)) ? passes : ends
    }
}
