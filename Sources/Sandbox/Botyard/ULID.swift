import Networking

/// An identifier of 128 bits that sorts by its creation (github.com/ulid/spec), written in 26
/// characters; Botyard writes them in lower case.
struct ULID: Hashable, Comparable {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    let value: UInt128

    static func < (left: ULID, right: ULID) -> Bool { left.value < right.value }

    init(value: UInt128) { self.value = value }

    /// The identifier written as `text`; nil unless it is written as this program writes it.
    init?(_ text: Span<UInt8>) {
        guard text.count == 26, text[0] <= UInt8(ascii: "7") else { return nil }
        var value: UInt128 = 0
        for index in 0..<26 {
            guard let digit = Self.alphabet.firstIndex(of: text[index]) else { return nil }
            value = value << 5 | UInt128(digit)
        }
        self.value = value
    }

    /// The identifier written as `text`.
    init?(text: String) { self.init(Array(text.utf8).span) }

    /// The 26 characters.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The 26 characters as bytes.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 26) { room, count in
            var rest = value
            for index in stride(from: 25, through: 0, by: -1) {
                room[index] = Self.alphabet[Int(rest & 31)]
                rest >>= 5
            }
            count = 26
        }
    }
}

/// Makes the identifiers of one run of the server: all have the time of its start and so the same
/// first ten characters, and each is greater than the one before.
struct ULIDFactory {
    private var last: UInt128
    private var random: SeededRandom

    /// The identifiers of a server started at `start` (since 1970).
    init(start: Nanoseconds, seed: UInt64) {
        random = SeededRandom(seed: seed, stream: 0x756c_6964)
        let milliseconds = UInt64(clamping: start.count / 1_000_000) & 0xFFFF_FFFF_FFFF
        // The entropy's highest bit stays clear: 2⁷⁹ divided by 2³² a step is room enough.
        let entropy = UInt128(random.next() >> 49) << 64 | UInt128(random.next())
        last = UInt128(milliseconds) << 80 | entropy
    }

    /// The next identifier.
    mutating func next() -> ULID {
        last &+= UInt128(random.next() >> 32) + 1
        return ULID(value: last)
    }
}
