import Base
import Networking

/// Secrets: texts that no output may contain, and the one way to take them out.
package struct Secrets: Sendable, Equatable {
    /// What stands where a secret stood.
    package static let mark = "***"
    /// The most characters of a detail.
    package static let detailLimit = 200

    /// The values, longest first; empty ones are dropped.
    package let values: [String]

    /// The values, ready to be found.
    let patterns: SecretPatterns

    /// These values as secrets.
    package init(_ values: [String]) {
        self.values = Set(values).filter { !$0.isEmpty }.sorted {
            let (first, second) = ($0.utf8.count, $1.utf8.count)
            return first == second ? $0 < $1 : first > second
        }
        patterns = SecretPatterns(self.values.map { Array($0.utf8) })
    }

    package static func == (left: Secrets, right: Secrets) -> Bool { left.values == right.values }

    /// These secrets and further ones.
    package func adding(_ values: [String]) -> Secrets {
        values.isEmpty ? self : Secrets(self.values + values)
    }

    /// Bytes with every secret replaced, however it is written, and nothing else changed.
    ///
    /// - Parameter isCut: whether more followed, so that at the end a secret may stand in part.
    package func mask(_ bytes: [UInt8], isCut: Bool = false) -> [UInt8] {
        SecretMask(secrets: self).mask(bytes, isCut: isCut)
    }

    /// `text` with every secret replaced, on one line and at most `limit` characters long. Secrets are
    /// taken out before the text is cut.
    package func mask(_ text: String, limit: Int = Secrets.detailLimit) -> String {
        SecretMask(secrets: self).mask(text, limit: limit)
    }

    /// Whether one of the values is so short that it is only masked where it is a word of its own.
    package var hasShortValues: Bool {
        values.contains { $0.utf8.count < SecretPatterns.fewestWithin }
    }
}

/// Names of header fields whose values let somebody in.
extension Secrets {
    private static let words: Set<String> = [
        "session", "sessionid", "sid", "jwt", "sign", "signature", "auth", "authorization",
        "authentication", "token", "accesstoken", "authtoken", "key", "apikey", "secret", "cookie",
        "password", "passwd", "credential", "credentials",
    ]

    /// Whether a field has such a name: whether one of its words, which end at dashes, underscores and before capitals, is such a
    /// word: `X-Session` and `X-ApiKey`, not `X-Design`.
    package static func areIn(header name: String) -> Bool {
        parts(of: name).contains { words.contains($0.lowercased()) }
            || name.split { $0 == "-" || $0 == "_" }.contains { words.contains($0.lowercased()) }
    }

    private static func parts(of name: String) -> [String] {
        let letters = Array(name)
        var parts = [""]
        for (place, letter) in letters.enumerated() {
            if letter == "-" || letter == "_" {
                parts.append("")
                continue
            }
            let follows = place > 0 && letters[place - 1].isUppercase
            let precedes = place + 1 < letters.count && letters[place + 1].isLowercase
            // In a run of capitals the last one begins the next word: `JWTToken`.
            if letter.isUppercase, !follows || precedes { parts.append("") }
            parts[parts.count - 1].append(letter)
        }
        return parts
    }
}

/// Secrets of a session: the cookies that a simulated user was given. Of each the last values, since a service may still
/// name one that it has replaced or deleted. Values before those are known by their hashes. Confined
/// to its worker.
final class SessionSecrets {
    /// Shorter values are no keys, and would be found where they are not.
    private static let fewestBytes = 8
    /// How many values of a cookie are kept as they are, and how many bytes of all.
    private static let mostValues = 8
    private static let mostBytes = 16_384
    private static let headLength = 6

    let spent: SpentSecrets
    /// The values from the oldest to the latest, each after a hash of its cookie's name (four bytes)
    /// and its length (two).
    private var entries: [UInt8] = []

    init(spent: SpentSecrets) { self.spent = spent }

    /// Adds a cookie's value.
    func add(name: Span<UInt8>, value quoted: Span<UInt8>) {
        let value = quoted.extracting(Self.unquoted(quoted))
        guard value.count >= Self.fewestBytes else { return }
        guard value.count <= CookieJar.maximumLength else { return spent.add(value) }
        let name = Self.hash(of: name)
        var place = 0
        var oldest: Int?
        var count = 0
        while place < entries.count {
            let next = end(of: place)
            if hash(at: place) == name {
                if next - place - Self.headLength == value.count, isValue(at: place, value) {
                    // The latest again is what most services send most often.
                    if next == entries.count { return }
                    entries.removeSubrange(place..<next)
                    continue
                }
                count += 1
                oldest = oldest ?? place
            }
            place = next
        }
        if count >= Self.mostValues, let oldest { spend(oldest) }
        while entries.count + Self.headLength + value.count > Self.mostBytes { spend(0) }
        append(name, value)
    }

    private func append(_ name: UInt32, _ value: Span<UInt8>) {
        for shift in stride(from: 0 as UInt32, to: 32, by: 8) {
            entries.append(UInt8(truncatingIfNeeded: name >> shift))
        }
        entries.append(UInt8(truncatingIfNeeded: value.count))
        entries.append(UInt8(truncatingIfNeeded: value.count >> 8))
        value.withUnsafeBufferPointer { entries.append(contentsOf: $0) }
    }

    /// Lets a value be known by its hash alone.
    private func spend(_ place: Int) {
        let end = end(of: place)
        let value = Array(entries[place + Self.headLength..<end])
        spent.add(value.span)
        entries.removeSubrange(place..<end)
    }

    /// The values that are kept.
    var values: [[UInt8]] {
        var values: [[UInt8]] = []
        var place = 0
        while place < entries.count {
            let end = end(of: place)
            values.append(Array(entries[place + Self.headLength..<end]))
            place = end
        }
        return values
    }

    private func end(of place: Int) -> Int {
        place + Self.headLength + Int(entries[place + 4]) + Int(entries[place + 5]) << 8
    }

    private func hash(at place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(entries[place + $1]) << UInt32(8 * $1) }
    }

    private func isValue(at place: Int, _ value: Span<UInt8>) -> Bool {
        let start = place + Self.headLength
        return value.indices.allSatisfy { entries[start + $0] == value[$0] }
    }

    /// Two names in one hash would only share their room.
    private static func hash(of name: Span<UInt8>) -> UInt32 {
        var hash = FNV1a()
        hash.add(words: name)
        return UInt32(truncatingIfNeeded: hash.value)
    }

    /// Where the value lies between the quotes that may stand around it (RFC 6265 §4.1.1).
    private static func unquoted(_ value: Span<UInt8>) -> Range<Int> {
        let quote = UInt8(ascii: "\"")
        let isQuoted = value.count >= 2 && value[0] == quote && value[value.count - 1] == quote
        return isQuoted ? 1..<value.count - 1 : 0..<value.count
    }
}

/// Spent secrets: cookies' values that are known by keyed hashes of 64 bits alone, the latest of them, in a table of
/// fixed size for all users of a worker. They are found where they stand as words of their own.
/// Confined to its worker.
final class SpentSecrets {
    /// How many hashes are kept, and how many lengths of values.
    private static let size = 1 << 14
    private static let waysInSet = 8
    private static let mostLengths = 32

    /// Nobody can choose values that meet in the table.
    private let key = UInt64.random(in: .min ... .max) | 1
    private var hashes: [UInt64] = []
    private var turn = 0
    /// The lengths of the values in the table, those of the latest first.
    private var lengths: [Int] = []

    var isEmpty: Bool { lengths.isEmpty }

    /// Adds a value, and what it stands for where it is percent-encoded.
    func add(_ value: Span<UInt8>) {
        insert(value)
        let bytes = value.withUnsafeBufferPointer {
            $0.contains(UInt8(ascii: "%")) ? Array($0) : []
        }
        if let plain = TextUnits(bytes).unescaped(), plain.count >= 8 { insert(plain.bytes.span) }
    }

    private func insert(_ value: Span<UInt8>) {
        if hashes.isEmpty { hashes = [UInt64](repeating: 0, count: Self.size) }
        if lengths.first != value.count { note(length: value.count) }
        let hash = hash(of: value)
        let set = firstOfSet(of: hash)
        // Zero is a place that is free.
        for way in 0..<Self.waysInSet where hashes[set + way] == hash || hashes[set + way] == 0 {
            hashes[set + way] = hash
            return
        }
        hashes[set + turn] = hash
        turn = (turn + 1) % Self.waysInSet
    }

    private func note(length: Int) {
        lengths.removeAll { $0 == length }
        lengths.insert(length, at: 0)
        if lengths.count > Self.mostLengths { lengths.removeLast() }
    }

    private func firstOfSet(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> 32) & (Self.size / Self.waysInSet - 1) * Self.waysInSet
    }

    private func contains(_ hash: UInt64) -> Bool {
        let set = firstOfSet(of: hash)
        for way in 0..<Self.waysInSet where hashes[set + way] == hash { return true }
        return false
    }

    /// Calls `body` with the first and the last place of every value in `units`.
    ///
    /// - Parameter steps: how much may still be done; below zero nothing more is found.
    func find(in units: TextUnits, steps: inout Int, _ body: (Int, Int) -> Void) {
        if isEmpty { return }
        let bytes = units.bytes.span
        var edges: [Int] = []
        var isEdge = [Bool](repeating: false, count: bytes.count + 1)
        for index in 0...bytes.count where bytes.isWordEdge(index) {
            edges.append(index)
            isEdge[index] = true
        }
        steps -= bytes.count * 2
        for start in edges {
            steps -= lengths.count
            for length in lengths where start + length < isEdge.count && isEdge[start + length] {
                steps -= 4 + length / 4
                if contains(hash(of: bytes.extracting(start..<start + length))) {
                    body(start, start + length - 1)
                }
            }
            if steps < 0 { return }
        }
    }

    /// Eight bytes at a time, whatever the case of the letters; never zero.
    private func hash(of value: Span<UInt8>) -> UInt64 {
        value.withUnsafeBytes { bytes in
            var hash = key ^ UInt64(truncatingIfNeeded: bytes.count)
            var index = 0
            while index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                hash = mixed(hash, word | 0x2020_2020_2020_2020)
                index += 8
            }
            var rest = 0 as UInt64
            while index < bytes.count {
                rest = rest << 8 | UInt64(bytes[index] | 0x20)
                index += 1
            }
            return max(mixed(hash, rest), 1)
        }
    }

    /// The two halves of a product, as in wyhash.
    private func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: key ^ 0xA076_1D64_78BD_642F)
        return product.high ^ product.low ^ word
    }
}
