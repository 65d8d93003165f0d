import Networking

/// Secrets made ready to be found in a text, all of them in one pass.
///
/// Each is looked up by its last few bytes, which of keys and tokens differ most, and then compared
/// backwards. A secret of eight bytes or more is found in any case of its letters and with white
/// space and pluses (blanks in forms) left out or put in; a shorter one only as it is, and one below
/// four characters only where it is a word of its own.
final class SecretPatterns: Sendable {
    /// Shorter secrets would be found where they are not, were their case and blanks left open.
    private static let fewestLoose = 8
    /// The length from which a secret need not be a word of its own.
    static let fewestWithin = 4
    /// Less than this of a secret's beginning tells nothing.
    private static let fewestBegun = 4
    /// How often the values themselves are read as escaped.
    private static let depth = 3

    private let loose: SecretTable
    private let exact: SecretTable
    private let words: [[UInt8]]

    /// The patterns of some values.
    init(_ values: some Sequence<[UInt8]>) {
        var loose = SecretTable(width: 8)
        var exact = SecretTable(width: 4)
        var words: [[UInt8]] = []
        for value in values.lazy.flatMap(Self.forms) {
            let folded = value.map { Self.folding[Int($0)] }.filter { $0 != 0 }
            if folded.count >= Self.fewestLoose {
                loose.add(folded)
            } else if value.count >= Self.fewestWithin {
                exact.add(value)
            } else if !value.isEmpty {
                words.append(value)
            }
        }
        loose.index()
        exact.index()
        self.loose = loose
        self.exact = exact
        self.words = words
    }

    /// A value, and what it is read as in a text that is unescaped.
    private static func forms(of value: [UInt8]) -> [[UInt8]] {
        var forms = [value]
        var units = TextUnits(value)
        for _ in 0..<depth {
            guard let next = units.unescaped() else { break }
            units = next
            if units.count >= fewestWithin { forms.append(units.bytes) }
        }
        return forms
    }

    var isEmpty: Bool { loose.isEmpty && exact.isEmpty && words.isEmpty }

    /// Letters in lower case; zero for what is left out.
    static let folding: [UInt8] = (0..<256).map { byte in
        let byte = UInt8(byte)
        if byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") { return byte | 0x20 }
        return " \t\r\n\u{B}\u{C}+".utf8.contains(byte) ? 0 : byte
    }

    /// Calls `body` with the first and the last place of every secret in `units`.
    ///
    /// - Parameter steps: how many bytes may still be compared; below zero nothing more is found.
    func find(in units: TextUnits, steps: inout Int, _ body: (Int, Int) -> Void) {
        let bytes = units.bytes.span
        if !loose.isEmpty {
            let folding = Self.folding.span
            var window = 0 as UInt64
            for index in 0..<bytes.count {
                let byte = folding[Int(bytes[index])]
                if byte == 0 { continue }
                window = window << 8 | UInt64(byte)
                loose.forEach(endingIn: window) { pattern in
                    let start = Self.start(of: pattern, endingAt: index, in: bytes, &steps) {
                        folding[Int($0)]
                    }
                    if let start { body(start, index) }
                }
                if steps < 0 { return }
            }
        }
        if !exact.isEmpty {
            var window = 0 as UInt64
            for index in 0..<bytes.count {
                window = (window << 8 | UInt64(bytes[index])) & 0xFFFF_FFFF
                exact.forEach(endingIn: window) { pattern in
                    let start = Self.start(of: pattern, endingAt: index, in: bytes, &steps) { $0 }
                    if let start { body(start, index) }
                }
            }
        }
        for word in words { Self.find(word, in: bytes, body) }
    }

    /// Where a pattern begins that ends at a place; nil where it is not there.
    private static func start(
        of pattern: [UInt8], endingAt end: Int, in bytes: Span<UInt8>, _ steps: inout Int,
        folding: (UInt8) -> UInt8
    ) -> Int? {
        var index = end
        var place = pattern.count - 1
        while index >= 0 {
            let byte = folding(bytes[index])
            steps -= 1
            if byte != 0 {
                guard byte == pattern[place], steps >= 0 else { return nil }
                if place == 0 { return index }
                place -= 1
            }
            index -= 1
        }
        return nil
    }

    private static func find(
        _ word: [UInt8], in bytes: Span<UInt8>, _ body: (Int, Int) -> Void
    ) {
        guard bytes.count >= word.count else { return }
        for start in 0...bytes.count - word.count
        where word.indices.allSatisfy({ bytes[start + $0] == word[$0] }) {
            let end = start + word.count
            let joinsBefore = start > 0 && bytes[start - 1].isWordByte && bytes[start].isWordByte
            let joinsAfter =
                end < bytes.count && bytes[end].isWordByte && bytes[end - 1].isWordByte
            if !joinsBefore, !joinsAfter { body(start, end - 1) }
        }
    }

    /// Where the beginning of a secret stands at the very end of `units`, of which the rest was cut
    /// off; nil where none does.
    func begun(atEndOf units: TextUnits) -> Int? {
        var tail: [(byte: UInt8, place: Int)] = []
        for place in units.bytes.indices.reversed() where tail.count < loose.longest {
            let byte = Self.folding[Int(units.bytes[place])]
            if byte != 0 { tail.append((byte, place)) }
        }
        tail.reverse()
        var steps = 1_000_000
        for from in tail.indices where tail.count - from >= Self.fewestBegun {
            let length = tail.count - from
            for pattern in loose.patterns where pattern.count > length {
                var same = 0
                while same < length, pattern[same] == tail[from + same].byte { same += 1 }
                steps -= same + 1
                if same == length || steps < 0 { return tail[from].place }
            }
        }
        return nil
    }
}

/// Patterns by their last bytes.
struct SecretTable: Sendable {
    /// How many of the last bytes they are looked up by, at most eight.
    private let width: Int
    private(set) var patterns: [[UInt8]] = []
    private var keys: [UInt64] = []
    /// The first pattern of each slot, and the next of each pattern's.
    private var slots: [Int32] = []
    private var following: [Int32] = []
    private(set) var longest = 0

    init(width: Int) { self.width = width }

    var isEmpty: Bool { patterns.isEmpty }

    mutating func add(_ pattern: [UInt8]) {
        patterns.append(pattern)
        keys.append(pattern.suffix(width).reduce(0) { $0 << 8 | UInt64($1) })
        longest = max(longest, pattern.count)
    }

    /// Makes them ready to be found.
    mutating func index() {
        if isEmpty { return }
        var size = 64
        while size < patterns.count * 8 { size *= 2 }
        slots = [Int32](repeating: -1, count: size)
        following = []
        for (place, key) in keys.enumerated() {
            let slot = slot(of: key)
            following.append(slots[slot])
            slots[slot] = Int32(truncatingIfNeeded: place)
        }
    }

    private func slot(of key: UInt64) -> Int {
        let mixed = key &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32) & (slots.count - 1)
    }

    /// Calls `body` with every pattern that ends in these bytes.
    @inline(__always)
    func forEach(endingIn window: UInt64, _ body: ([UInt8]) -> Void) {
        var place = slots[slot(of: window)]
        while place >= 0 {
            if keys[Int(place)] == window { body(patterns[Int(place)]) }
            place = following[Int(place)]
        }
    }
}

extension UInt8 {
    /// Whether a byte is part of a word.
    var isWordByte: Bool { isASCIILetterOrDigit || self == UInt8(ascii: "_") }
}
