import Base
import Networking
import Testing

struct EncodingTests {
    @Test(arguments: [
        ("", ""), ("abcXYZ019-._~", "abcXYZ019-._~"), ("a b", "a%20b"),
        ("Bear#3437", "Bear%233437"),
        ("a+b&c=d%", "a%2Bb%26c%3Dd%25"), ("t!", "t%21"), ("ü", "%C3%BC"), ("😀", "%F0%9F%98%80"),
        ("/?:@\r\n\0", "%2F%3F%3A%40%0D%0A%00"),
    ])
    func percentEncodes(text: String, expected: String) {
        var buffer = ByteBuffer()
        buffer.append("<")
        buffer.append(percentEncoded: text)
        #expect(buffer.text == "<" + expected)
    }

    @Test func leavesExactlyTheUnreservedBare() {
        let digits = Array("0123456789ABCDEF")
        for byte in UInt8.min...UInt8.max {
            var buffer = ByteBuffer()
            buffer.append(percentEncoded: [byte].span)
            let character = Character(Unicode.Scalar(byte))
            let isBare =
                byte < 0x80
                && (character.isLetter || character.isNumber || "-._~".contains(character))
            let encoded = "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            #expect(buffer.text == (isBare ? String(character) : encoded))
        }
    }

    /// Every byte at every place of a word, and behind it.
    @Test func escapesAtEveryPlace() {
        for place in 0..<20 {
            for special in ["\"", "\\", "\n"] {
                let before = String(repeating: "a", count: place)
                var buffer = ByteBuffer()
                buffer.append(jsonEscaped: before + special + "é" + before)
                let escaped = special == "\n" ? "\\n" : "\\" + special
                #expect(buffer.text == before + escaped + "é" + before)
            }
        }
    }

    @Test(arguments: [
        ("", ""), ("plain ü 😀", "plain ü 😀"), ("a\"b\\c", #"a\"b\\c"#),
        ("\n\r\t", #"\n\r\t"#), ("\u{0}\u{1F}\u{8}", #"\u0000\u001f\u0008"#),
        ("</script>&\u{7F}", "</script>&\u{7F}"), ("\"", #"\""#),
    ])
    func escapesForJSON(text: String, expected: String) {
        var buffer = ByteBuffer()
        buffer.append(jsonEscaped: text)
        #expect(buffer.text == expected)
    }

    /// Whatever is escaped, the scanner reads back.
    @Test func escapedTextReadsBack() throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let scalars = (0..<Int.random(in: 0..<40, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0..<0x300, using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            var buffer = ByteBuffer()
            buffer.append("\"")
            buffer.append(jsonEscaped: text)
            buffer.append("\"")
            var scanner = JSONScanner()
            let token = try scanner.next(in: buffer.bytes.span)
            guard case .string(let read) = token else {
                Issue.record("no string: \(token)")
                continue
            }
            #expect(read.string(in: buffer.bytes.span) == text)
        }
    }
}
