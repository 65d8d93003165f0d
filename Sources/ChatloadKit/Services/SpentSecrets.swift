import Base

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
