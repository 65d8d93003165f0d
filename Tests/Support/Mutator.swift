package import Base
import Networking

/// Makes inputs that are nearly good out of good ones: bits flipped, bytes put in, taken away,
/// doubled and cut off, two inputs joined, numbers driven to their extremes, words of the format put
/// where they do not belong.
package struct Mutator {
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]
    /// What the choices follow from.
    package var random: SeededRandom

    /// The numbers at which readers go wrong.
    private static let extremes = [
        "0", "-1", "00", "1", "255", "256", "65536", "2147483648", "4294967295", "4294967296",
        "999999999999999999", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551616", "99999999999999999999999", "1e999",
        "-1e-999", "0.1", "ffffffffffffffff", "7fffffffffffffff", "1ffffffffffffffff",
    ].map { Array($0.utf8) }

    /// Mutations of `seeds`, of which there must be one, with the words of their format.
    package init(seeds: [[UInt8]], words: [String], seed: UInt64) {
        self.seeds = seeds
        self.words = words.map { Array($0.utf8) } + Self.extremes
        random = SeededRandom(seed: seed)
    }

    /// The next input: one to four changes to a seed; seldom the seed itself, or noise.
    package mutating func next() -> [UInt8] {
        let kind = pick(below: 64)
        if kind == 0 { return noise() }
        var bytes = seeds[pick(below: seeds.count)]
        if kind == 1 { return bytes }
        for _ in 0...pick(below: 4) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = pick(below: bytes.count + 1)
        let some = place..<min(bytes.count, place + 1 + pick(below: 24))
        switch pick(below: 12) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(pick(below: 8))
        case 1 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 2 where place < bytes.count: bytes.remove(at: place)
        case 3 where place < bytes.count: bytes.swapAt(place, pick(below: bytes.count))
        case 4: bytes.removeSubrange(some)
        case 5: bytes.insert(contentsOf: bytes[some], at: pick(below: bytes.count + 1))
        case 6: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        case 7: bytes.replaceSubrange(some, with: word())
        case 8: bytes.removeSubrange(place...)
        case 9:
            let other = seeds[pick(below: seeds.count)]
            bytes.replaceSubrange(place..., with: other[pick(below: other.count + 1)...])
        case 10: changeNumber(in: &bytes, from: place)
        default: bytes.insert(contentsOf: word(), at: place)
        }
    }

    /// Puts an extreme in the place of the next number.
    private mutating func changeNumber(in bytes: inout [UInt8], from place: Int) {
        let isDigit: (UInt8) -> Bool = { $0 &- UInt8(ascii: "0") < 10 }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: Self.extremes[pick(below: Self.extremes.count)])
    }

    private mutating func noise() -> [UInt8] {
        (0..<pick(below: 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private mutating func word() -> [UInt8] { words[pick(below: words.count)] }

    private mutating func pick(below count: Int) -> Int {
        Int(random.next(upperBound: UInt64(count)))
    }
}
