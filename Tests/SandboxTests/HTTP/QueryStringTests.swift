import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Query strings")
struct QueryStringTests {
    @Test(arguments: [
        ("a+b", "a b"), ("a%20b", "a b"), ("%2B%26%23%25", "+&#%"), ("%", "%"), ("%2", "%2"),
        ("%zz", "%zz"), ("100%", "100%"), ("%e2%82%ac", "€"), ("%ff", "\u{FFFD}"), ("", ""),
        ("a=b", "a=b"), ("what?", "what?"),
    ])
    func decodes(encoded: String, decoded: String) {
        let bytes = Array(encoded.utf8)
        var buffer = ByteBuffer()
        QueryString.decode(bytes.span, 0..<bytes.count, to: &buffer)
        #expect(buffer.text == decoded)
    }

    @Test func takesPairsApart() {
        let bytes = Array("a=1&&b&=2&c=x=y&".utf8)
        var pairs: [String] = []
        QueryString.forEach(in: bytes.span, 0..<bytes.count) { name, value in
            pairs.append(
                String(decoding: bytes[name], as: UTF8.self) + ":"
                    + String(decoding: bytes[value], as: UTF8.self))
        }
        #expect(pairs == ["a:1", "b:", ":2", "c:x=y"])
    }
}

@Suite("JSON strings as each service's encoder writes them")
struct JSONWritingTests {
    @Test(arguments: [
        (
            JSONStyle.plain, "a\"b\\c\n\t\r\u{1}<&>é\u{2028}",
            "\"a\\\"b\\\\c\\n\\t\\r\\u0001<&>é\u{2028}\""
        ),
        (.go, "<b> & \u{2028}\u{2029}é", "\"\\u003cb\\u003e \\u0026 \\u2028\\u2029é\""),
        (.django, "<b>\u{2028}", "\"<b>\\u2028\""),
    ])
    func escapes(style: JSONStyle, text: String, expected: String) {
        var buffer = ByteBuffer()
        buffer.append(json: text, style)
        #expect(buffer.text == expected)
    }

    @Test func repairsWhatIsNotUTF8() {
        var buffer = ByteBuffer()
        buffer.append(json: [0x61, 0xFF, 0x62].span)
        #expect(buffer.text == "\"a\u{FFFD}b\"")
    }
}

@Suite("Dates")
struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_700_000_000, "Tue, 14 Nov 2023 22:13:20 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func writesDates(second: Int64, text: String) {
        #expect(HTTPDate.text(second: second) == text)
    }
}
