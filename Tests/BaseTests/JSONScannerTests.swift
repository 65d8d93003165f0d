import Base
import Testing

/// All tokens of a text, written one after the other, or the error that ended them.
private func outline(_ bytes: [UInt8]) -> String {
    var scanner = JSONScanner()
    var words: [String] = []
    do {
        while true {
            let token = try scanner.next(in: bytes.span)
            switch token {
            case .beginObject: words.append("{")
            case .endObject: words.append("}")
            case .beginArray: words.append("[")
            case .endArray: words.append("]")
            case .key(let text): words.append("\(text.string(in: bytes.span)):")
            case .string(let text): words.append("'\(text.string(in: bytes.span))'")
            case .number(let range): words.append(JSONNumber.text(range, in: bytes.span))
            case .bool(let value): words.append("\(value)")
            case .null: words.append("null")
            case .end: return words.joined(separator: " ")
            }
        }
    } catch {
        return "\(error.offset): \(error.reason)"
    }
}

@Suite struct JSONScannerTests {
    @Test(arguments: [
        (#"{}"#, "{ }"),
        (#" [ ] "#, "[ ]"),
        (#"{"a":1,"b":[true,false,null]}"#, "{ a: 1 b: [ true false null ] }"),
        (#"[{"a":{}},[[]], "x" ]"#, "[ { a: { } } [ [ ] ] 'x' ]"),
        ("\t\r\n\"x\"\n", "'x'"),
        (#"-0.5e+10"#, "-0.5e+10"),
        (#"[0,-0,1E5,12.50]"#, "[ 0 -0 1E5 12.50 ]"),
        (#""\"\\\/\b\f\n\r\t""#, "'\"\\/\u{8}\u{C}\n\r\t'"),
        (
            #""\u00e9 \ud83d\ude00 \uD83D \ude00x \ud83d\u0041""#,
            "'é 😀 \u{FFFD} \u{FFFD}x \u{FFFD}A'"
        ),
        ("\"käse 東京 😀\"", "'käse 東京 😀'"),
        (#"{"\u0061b":"c"}"#, "{ ab: 'c' }"),
    ])
    func reads(text: String, expected: String) {
        #expect(outline(Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        ("", "0: the text ends too early"),
        ("  ", "2: the text ends too early"),
        ("[", "1: the text ends too early"),
        ("[1,", "3: the text ends too early"),
        ("[1,]", "3: a value is expected here"),
        ("[,1]", "1: a value is expected here"),
        ("[1 2]", "3: ',' or ']' is expected here"),
        ("[1}", "2: ',' or ']' is expected here"),
        (#"{"a"}"#, "4: ':' is expected here"),
        (#"{"a" 1}"#, "5: ':' is expected here"),
        (#"{"a""#, "4: the text ends too early"),
        (#"{"a":1,}"#, "7: a key in double quotes is expected here"),
        (#"{a:1}"#, "1: a key in double quotes is expected here"),
        (#"{'a':1}"#, "1: a key in double quotes is expected here"),
        (#"{"a":}"#, "5: a value is expected here"),
        (#"{"a":1]"#, "6: ',' or '}' is expected here"),
        ("1 2", "2: there is more after the end of the value"),
        ("nul", "0: a value is expected here"),
        ("True", "0: a value is expected here"),
        ("NaN", "0: a value is expected here"),
        ("01", "1: there is more after the end of the value"),
        ("+1", "0: a value is expected here"),
        ("-", "1: the text ends too early"),
        ("1.", "2: the text ends too early"),
        ("[1.]", "3: a digit is expected here"),
        (".5", "0: a value is expected here"),
        ("1e", "2: the text ends too early"),
        (#""abc"#, "4: the text ends inside a string"),
        (#""a\"#, "3: the text ends inside a string"),
        (#""a\u12"#, "6: the text ends inside a string"),
        (#""\x""#, "1: JSON has no such escape"),
        (#""\u12g4""#, "5: \\u needs four hexadecimal digits"),
        ("\"a\nb\"", "2: a control character must be escaped"),
        ("\"12345678\u{1}\"", "9: a control character must be escaped"),
    ])
    func refuses(text: String, expected: String) {
        #expect(outline(Array(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
            [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(bytes: [UInt8]) {
        #expect(outline([0x22] + bytes + [0x22]) == "1: the string is not UTF-8")
    }

    /// The scanner looks at eight bytes at a time: every kind of byte at every place among plain
    /// ones must be seen, and nothing else.
    @Test func seesEveryByteAtEveryPlace() {
        for length in 0...24 {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: 0x61, count: length)
                    bytes[place] = byte
                    let said = outline([0x22] + bytes + [0x22])
                    let isPlain = byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
                    let plain = "'\(String(decoding: bytes, as: UTF8.self))'"
                    #expect((said == plain) == isPlain, "\(byte) at \(place) of \(length)")
                }
            }
        }
    }

    @Test func limitsTheDepth() {
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(outline(Array(deep.utf8)).hasPrefix("[ ["))
        #expect(outline(Array("[\(deep)]".utf8)) == "128: more than 128 levels deep")
    }

    @Test func skipsWholeValues() throws {
        let bytes = Array(#"{"a":[1,{"b":"]}"}],"c":"x","d":2} "#.utf8)
        var scanner = JSONScanner()
        var kept: [String] = []
        #expect(try scanner.next(in: bytes.span) == .beginObject)
        while case .key(let key) = try scanner.next(in: bytes.span) {
            if key.equals("d", in: bytes.span) {
                kept.append("\(try scanner.next(in: bytes.span))")
            } else {
                try scanner.skipValue(in: bytes.span)
            }
        }
        #expect(kept == ["\(JSONToken.number(32..<33))"])
        #expect(try scanner.next(in: bytes.span) == .end)
        #expect(try scanner.next(in: bytes.span) == .end)
    }

    @Test func skipValueNeedsAValue() throws {
        let bytes = Array("[]".utf8)
        var scanner = JSONScanner()
        _ = try scanner.next(in: bytes.span)
        #expect(throws: JSONError(offset: 1, reason: "a value is expected here")) {
            try scanner.skipValue(in: bytes.span)
        }
    }

    @Test func skipsTheRestOfAContainer() throws {
        let bytes = Array("[[1,[2],3],4]".utf8)
        var scanner = JSONScanner()
        _ = try scanner.next(in: bytes.span)
        let inner = try scanner.next(in: bytes.span)
        _ = try scanner.next(in: bytes.span)
        try scanner.skipRest(of: inner, in: bytes.span)
        #expect(try scanner.next(in: bytes.span) == .number(11..<12))
    }

    @Test(
        arguments: [
            ("é", "é", true), ("\\u00e9", "é", true), ("\\u00e8", "é", false), ("", "", true),
            ("say", "say", true), ("sa\\u0079", "say", true), ("say", "says", false),
        ] as [(String, StaticString, Bool)])
    func compares(text: String, with other: StaticString, expected: Bool) throws {
        let bytes = Array("\"\(text)\"".utf8)
        var scanner = JSONScanner()
        guard case .string(let found) = try scanner.next(in: bytes.span) else {
            Issue.record("not a string")
            return
        }
        #expect(found.equals(other, in: bytes.span) == expected)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-17", -17), ("9223372036854775807", .max),
            ("-9223372036854775808", .min), ("9223372036854775808", nil), ("1.0", nil),
            ("1e3", nil),
            ("99999999999999999999", nil),
        ] as [(String, Int?)])
    func readsIntegers(text: String, expected: Int?) {
        let bytes = Array(text.utf8)
        #expect(JSONNumber.integer(0..<bytes.count, in: bytes.span) == expected)
    }

    @Test func readsDoubles() {
        let bytes = Array("1.5e3 1e999".utf8)
        #expect(JSONNumber.double(0..<5, in: bytes.span) == 1500)
        #expect(JSONNumber.double(6..<11, in: bytes.span) == nil)
    }
}

@Suite struct JSONScannerFuzzTests {
    private static let document = Array(
        #"{"id":"a","n":[-1.5e3,0,true,null],"t":[{"say":"h\u00e9 \"x\" 東京😀 plain words"}]}"#.utf8)

    @Test func everyTruncationIsRefused() {
        for length in 0..<Self.document.count {
            let said = outline(Array(Self.document[..<length]))
            #expect(said.contains(": "), "\(length)")
            #expect(said.contains("end") || said.contains("expected") || said.contains("UTF-8"))
        }
    }
}
