import Base
import Testing

@Suite struct ByteSearchTests {
    @Test(arguments: [
        ("", "", 0), ("abc", "", 0), ("abc", "abc", 0), ("abcabd", "abd", 3), ("aaa", "aaaa", nil),
        ("", "a", nil), ("a\u{0}b", "\u{0}b", 1), ("xé東", "東", 3),
    ])
    func finds(text: String, needle: String, offset: Int?) {
        let found = Array(text.utf8).span.firstRange(of: Array(needle.utf8).span)
        #expect(found?.lowerBound == offset)
        #expect(found.map(\.count) == offset.map { _ in needle.utf8.count })
    }

    /// Counted eight bytes at a time as byte by byte, whatever the bytes are.
    @Test func countsScalars() {
        var random = SeededRandom(seed: 9)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            var buffer = ByteBuffer()
            buffer.append(bytes)
            #expect(buffer.scalarCount == bytes.count { $0 & 0xC0 != 0x80 })
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.scalarCount == text.unicodeScalars.count)
        }
    }
}
