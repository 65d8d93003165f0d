import Base

/// An escape: bytes that stand for another character in HTML (HTML Standard §13.2.5.72), URLs
/// (RFC 3986 §2.1), JSON (RFC 8259 §7) or the languages that have inherited from C.
struct TextEscape {
    /// How many bytes it takes.
    let length: Int
    /// The character, or the byte where it is one; nil where it stands for nothing.
    private let value: UInt32?
    private let isByte: Bool

    /// Whether an escape may begin with a byte.
    static func opens(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "%") || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "\\")
    }

    /// Whether the frame of a chunk may begin with a byte.
    static func frames(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\r") }

    /// The escape at a place; nil where there is none.
    init?(at index: Int, in bytes: Span<UInt8>) {
        switch bytes[index] {
        case UInt8(ascii: "%"): self.init(percentAt: index, in: bytes)
        case UInt8(ascii: "&"): self.init(entityAt: index, in: bytes)
        case UInt8(ascii: "\\"): self.init(backslashAt: index, in: bytes)
        default: self.init(chunkFrameAt: index, in: bytes)
        }
    }

    private init(_ length: Int, _ value: UInt32?, isByte: Bool = false) {
        self.length = length
        self.value = value
        self.isByte = isByte
    }

    /// Lends what it stands for as UTF-8.
    func forEachByte(_ body: (UInt8) -> Void) {
        guard let value else { return }
        if isByte { return body(UInt8(truncatingIfNeeded: value)) }
        guard let scalar = Unicode.Scalar(value) else { return }
        for byte in UTF8.encode(scalar).map(Array.init) ?? [] { body(byte) }
    }

    private init?(percentAt index: Int, in bytes: Span<UInt8>) {
        if let value = Self.hex(index + 1, 2, bytes) {
            self.init(3, value, isByte: true)
        } else if index + 1 < bytes.count, bytes[index + 1] | 0x20 == UInt8(ascii: "u"),
            let value = Self.hex(index + 2, 4, bytes)
        {
            // What ECMAScript's `escape` writes.
            self.init(6, value)
        } else {
            return nil
        }
    }

    private init?(backslashAt index: Int, in bytes: Span<UInt8>) {
        guard index + 1 < bytes.count else { return nil }
        let next = bytes[index + 1]
        switch next {
        case UInt8(ascii: "u"), UInt8(ascii: "U"): self.init(unicodeAt: index, in: bytes)
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            guard let value = Self.hex(index + 2, 2, bytes) else { return nil }
            self.init(4, value, isByte: true)
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "b"),
            UInt8(ascii: "f"):
            self.init(2, 0x20)
        default:
            if next.isASCIILetterOrDigit { return nil }
            self.init(2, UInt32(next), isByte: true)
        }
    }

    private init?(unicodeAt index: Int, in bytes: Span<UInt8>) {
        if index + 2 < bytes.count, bytes[index + 2] == UInt8(ascii: "{") {
            var end = index + 3
            while end < bytes.count, end < index + 9, bytes[end].hexDigit != nil { end += 1 }
            guard end < bytes.count, bytes[end] == UInt8(ascii: "}"),
                let value = Self.hex(index + 3, end - index - 3, bytes)
            else { return nil }
            self.init(end + 1 - index, value)
            return
        }
        guard let first = Self.hex(index + 2, 4, bytes) else { return nil }
        if first & 0xFC00 == 0xD800, index + 7 < bytes.count,
            bytes[index + 6] == UInt8(ascii: "\\"), bytes[index + 7] | 0x20 == UInt8(ascii: "u"),
            let second = Self.hex(index + 8, 4, bytes), second & 0xFC00 == 0xDC00
        {
            self.init(12, 0x1_0000 + (first & 0x3FF) << 10 + second & 0x3FF)
        } else {
            self.init(6, first)
        }
    }

    private init?(entityAt index: Int, in bytes: Span<UInt8>) {
        guard index + 2 < bytes.count else { return nil }
        guard bytes[index + 1] == UInt8(ascii: "#") else {
            guard let (length, value) = Self.entity(at: index + 1, in: bytes) else { return nil }
            self.init(length + 1, value)
            return
        }
        let isHex = bytes[index + 2] | 0x20 == UInt8(ascii: "x")
        let first = index + (isHex ? 3 : 2)
        var end = first
        var value = 0 as UInt32
        while end < bytes.count, end < first + 12, let digit = bytes[end].hexDigit,
            isHex || digit < 10
        {
            value = min(value * (isHex ? 16 : 10) + UInt32(digit), 0x11_0000)
            end += 1
        }
        if end == first { return nil }
        if end < bytes.count, bytes[end] == UInt8(ascii: ";") { end += 1 }
        self.init(end - index, value)
    }

    /// The line before a chunk of a body, with the end of the chunk before it (RFC 9112 §7.1).
    private init?(chunkFrameAt index: Int, in bytes: Span<UInt8>) {
        let first = index + 2
        guard first < bytes.count, bytes[index + 1] == UInt8(ascii: "\n") else { return nil }
        var end = first
        while end < bytes.count, end < first + 8, bytes[end].hexDigit != nil { end += 1 }
        guard end > first, end + 1 < bytes.count, bytes[end] == UInt8(ascii: "\r"),
            bytes[end + 1] == UInt8(ascii: "\n")
        else { return nil }
        self.init(end + 2 - index, nil)
    }

    private static func hex(_ start: Int, _ count: Int, _ bytes: Span<UInt8>) -> UInt32? {
        guard count > 0, start + count <= bytes.count else { return nil }
        var value = 0 as UInt32
        for index in start..<start + count {
            guard let digit = bytes[index].hexDigit else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

extension UInt8 {
    /// Whether it is a letter or digit of ASCII.
    var isASCIILetterOrDigit: Bool {
        let lower = self | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
            || self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9")
    }
}

/// The names that HTML has for characters (HTML Standard §13.5), as far as they stand for what secrets
/// are made of: punctuation of ASCII, and Latin 1.
extension TextEscape {
    private static let longestName = 16

    /// The character named by what follows a `&`, and how many bytes that is.
    private static func entity(
        at start: Int, in bytes: Span<UInt8>
    ) -> (length: Int, value: UInt32)? {
        var end = start
        while end < bytes.count, end - start < longestName, bytes[end].isASCIILetterOrDigit {
            end += 1
        }
        if end == start { return nil }
        let name = bytes.extracting(start..<end).text
        if end < bytes.count, bytes[end] == UInt8(ascii: ";") {
            return entities[name].map { (end + 1 - start, $0) }
        }
        // These are read without a semicolon too, whatever follows.
        let oldest = ["amp", "AMP", "lt", "LT", "gt", "GT", "quot", "QUOT"]
        guard let old = oldest.first(where: name.hasPrefix), let value = entities[old] else {
            return nil
        }
        return (old.utf8.count, value)
    }

    private static let entities: [String: UInt32] = {
        let punctuation: [(String, String)] = [
            ("&", "amp AMP"), ("<", "lt LT"), (">", "gt GT"), ("\"", "quot QUOT"), ("'", "apos"),
            ("!", "excl"), ("#", "num"), ("$", "dollar"), ("%", "percnt"), ("(", "lpar"),
            (")", "rpar"), ("*", "ast midast"), ("+", "plus"), (",", "comma"), (".", "period"),
            ("/", "sol"), (":", "colon"), (";", "semi"), ("=", "equals"), ("?", "quest"),
            ("@", "commat"), ("[", "lsqb lbrack"), ("\\", "bsol"), ("]", "rsqb rbrack"),
            ("^", "Hat"), ("_", "lowbar UnderBar"), ("`", "grave DiacriticalGrave"),
            ("{", "lcub lbrace"), ("|", "verbar vert VerticalLine"), ("}", "rcub rbrace"),
            ("\t", "Tab"), ("\n", "NewLine"), ("-", "hyphen dash"),
        ]
        // U+00A0 to U+00FF, in their order.
        let latin = """
            nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg \
            plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 \
            iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml \
            Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash \
            Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring \
            aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve \
            oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml
            """
        var values: [String: UInt32] = [:]
        for (character, names) in punctuation {
            for name in names.split(separator: " ") {
                values[String(name)] = character.unicodeScalars.first?.value
            }
        }
        for (place, name) in latin.split(separator: " ").enumerated() {
            values[String(name)] = 0xA0 + UInt32(place)
        }
        return values
    }()
}

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
