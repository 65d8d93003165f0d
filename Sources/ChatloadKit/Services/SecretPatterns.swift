import Base

/// Patterns of secrets, made ready to be found in a text, all of them in one pass.
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
        let folding = Self.folding.span
        loose.find(in: bytes, steps: &steps, body) { folding[Int($0)] }
        if steps < 0 { return }
        exact.find(in: bytes, steps: &steps, body) { $0 }
        for word in words { Self.find(word, in: bytes, body) }
    }

    private static func find(_ word: [UInt8], in bytes: Span<UInt8>, _ body: (Int, Int) -> Void) {
        guard bytes.count >= word.count else { return }
        for start in 0...bytes.count - word.count
        where word.indices.allSatisfy({ bytes[start + $0] == word[$0] }) {
            let end = start + word.count
            if bytes.isWordEdge(start), bytes.isWordEdge(end) { body(start, end - 1) }
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

/// A table of patterns by their last bytes.
struct SecretTable: Sendable {
    /// How many of the last bytes they are looked up by, at most eight.
    private let width: Int
    /// Whether what folding makes zero is left out.
    private var isLoose: Bool { width == 8 }
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

    /// Calls `body` with the first and the last place of every pattern in bytes that are read through
    /// `folding`; a table of loose patterns leaves out those that become zero.
    @inline(__always)
    func find(
        in bytes: Span<UInt8>, steps: inout Int, _ body: (Int, Int) -> Void,
        folding: (UInt8) -> UInt8
    ) {
        if isEmpty { return }
        let mask = UInt64.max >> UInt64(64 - 8 * width)
        var window = 0 as UInt64
        for end in 0..<bytes.count {
            let byte = folding(bytes[end])
            if isLoose, byte == 0 { continue }
            window = (window << 8 | UInt64(byte)) & mask
            var place = slots[slot(of: window)]
            while place >= 0 {
                if keys[Int(place)] == window,
                    let start = start(
                        of: patterns[Int(place)], endingAt: end, in: bytes, &steps, folding)
                {
                    body(start, end)
                }
                place = following[Int(place)]
            }
            if isLoose, steps < 0 { return }
        }
    }

    /// Where a pattern begins that ends at a place; nil where it is not there.
    @inline(__always)
    private func start(
        of pattern: [UInt8], endingAt end: Int, in bytes: Span<UInt8>, _ steps: inout Int,
        _ folding: (UInt8) -> UInt8
    ) -> Int? {
        let isLoose = isLoose
        var index = end
        var place = pattern.count - 1
        while index >= 0 {
            let byte = folding(bytes[index])
            steps -= 1
            if byte != 0 || !isLoose {
                guard byte == pattern[place], steps >= 0 else { return nil }
                if place == 0 { return index }
                place -= 1
            }
            index -= 1
        }
        return nil
    }
}

extension Span<UInt8> {
    /// Whether no word goes on across `index`: at both ends, and beside what is part of none.
    func isWordEdge(_ index: Int) -> Bool {
        index == 0 || index == count || !self[index - 1].isWordByte || !self[index].isWordByte
    }
}

extension UInt8 {
    /// Whether a byte is part of a word.
    var isWordByte: Bool { isASCIILetterOrDigit || self == UInt8(ascii: "_") }
}
