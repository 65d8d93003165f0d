import Base
import Support
import Testing

@testable import ChatloadKit

/// Documents that are compared instead of read.
@Suite struct RecurringDocumentTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var kept: String
        var next: String
        /// The values that are told to differ; nil where it has to be read.
        var differs: [String]?

        init(_ kept: String, _ next: String, _ differs: [String]?) {
            (self.kept, self.next, self.differs) = (kept, next, differs)
        }

        var testDescription: String { "\(kept) → \(next)" }
    }

    static let rows = [
        Row(#"{"a":"x","b":1}"#, #"{"a":"x","b":1}"#, []),
        Row(#"{"a":"x","b":1}"#, #"{"a":"y","b":1}"#, ["y"]),
        Row(#"{"a":"x","b":1}"#, #"{"a":"xx","b":12}"#, ["xx", "12"]),
        Row(#"{"a":"xx","b":12}"#, #"{"a":"","b":1}"#, ["", "1"]),
        Row(
            #"{"a":"","b":1}"#, #"{"a":"a long text, ä","b":-1.5e3}"#, ["a long text, ä", "-1.5e3"]),
        Row(#"{"a":"","b":"","c":""}"#, #"{"a":"","b":"x","c":"\""}"#, ["x", #"\""#]),
        Row(#"["a","b"]"#, #"["a\"","b"]"#, [#"a\""#]),
        Row("[1,2]", "[1.0,20]", ["1.0", "20"]),
        Row("12", "123", ["123"]),
        Row("123", "12", ["12"]),
        Row(#""x""#, #""y""#, ["y"]),
        // Another structure, another key, another kind of value.
        Row(#"{"a":"x"}"#, #"{"b":"x"}"#, nil),
        Row(#"{"a":"x"}"#, #"{"a":1}"#, nil),
        Row(#"{"a":1}"#, #"{"a":null}"#, nil),
        Row(#"{"a":null}"#, #"{"a":true}"#, nil),
        Row(#"{"a":[1]}"#, #"{"a":[1,2]}"#, nil),
        Row(#"{"a":"x"}"#, #"{"a":"x","b":1}"#, nil),
        Row("[1,2]", "[1 ,2]", nil),
        Row("[1]", "[1] ", nil),
        Row("[1] ", "[1]", nil),
        // No JSON.
        Row(#"{"a":"x"}"#, #"{"a":"x""#, nil),
        Row(#"{"a":"x"}"#, #"{"a":"\x"}"#, nil),
        Row(#"{"a":"x"}"#, "{\"a\":\"\n\"}", nil),
        Row("[1]", "[01]", nil),
        Row("[1]", "[1.]", nil),
        Row("[1]", "[-]", nil),
        Row("", "", nil),
        Row("[1", "[1", nil),
    ]

    @Test(arguments: rows)
    func saysWhatDiffers(row: Row) {
        var document = RecurringDocument()
        document.keep(Array(row.kept.utf8).span)
        let next = Array(row.next.utf8)
        var differs: [String] = []
        let recurs = document.recurs(as: next.span) { _, token in
            switch token {
            case .string(let text): differs.append(next.span.extracting(text.range).text)
            case .number(let range): differs.append(next.span.extracting(range).text)
            default: differs.append("?")
            }
        }
        #expect((recurs ? differs : nil) == row.differs)
    }

    @Test func aBrokenTextIsNone() {
        var document = RecurringDocument()
        document.keep(Array(#"["x"]"#.utf8).span)
        for bytes in [[0x80], [0xC3], [0xED, 0xA0, 0x80], [0x1F]] as [[UInt8]] {
            let next = Array(#"[""#.utf8) + bytes + Array(#""]"#.utf8)
            #expect(!document.recurs(as: next.span) { _, _ in })
        }
    }

    @Test func whatIsLargeIsNotKept() {
        var document = RecurringDocument()
        for text in [
            "\"" + String(repeating: "x", count: RecurringDocument.longest) + "\"",
            "[" + String(repeating: "1,", count: 100) + "1]",
        ] {
            document.keep(Array("[1]".utf8).span)
            document.keep(Array(text.utf8).span)
            #expect(!document.recurs(as: Array(text.utf8).span) { _, _ in })
            #expect(!document.recurs(as: Array("[1]".utf8).span) { _, _ in })
        }
    }

    /// Whatever is said to recur is a document with the same tokens, the values of which are where they
    /// are told to be.
    @Test func whatRecursNeedsNotBeRead() throws {
        let texts = [
            #"{"id":"a","n":[-1.5e3,0,true,null],"t":[{"say":"h\u00e9 \"x\" 東京😀 plain words"}]}"#,
            #" [ [ ] , { } , "" , "\ud83d\ude00\\\/\b\f\n\r\t" , 1E+2, -0 , 10.25e-1 , false ] "#,
            #"{"a":{"b":{"c":[0,[1,[2,{"a.b":"x"}]]]}},"m":[{"body":"y"},{"body":"\""}],"a":1}"#,
            "-12.5e7",
        ]
        let words = [
            "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u", "null", "1.", "01", "-", "e9", " ",
        ]
        let documents = texts.map { Array($0.utf8) }
        let fuzz = Fuzz("json", texts: texts, words: words, seed: 5)
        var recurred = 0
        try fuzz.play(few: 3_000) { input in
            for kept in documents {
                var document = RecurringDocument()
                document.keep(kept.span)
                var values = Self.values(kept) ?? []
                let recurs = document.recurs(as: input.bytes.span) { old, token in
                    Self.replace(&values, old, token)
                }
                guard recurs else { continue }
                recurred += 1
                let read = try #require(Self.values(input.bytes), "\(input)")
                try #require(read == values, "\(input)")
            }
        }
        #expect(recurred > 100)
    }

    private struct Value: Equatable {
        var range: Range<Int>
        var isText: Bool
    }

    /// The strings and numbers of a document; nil where it is none.
    private static func values(_ bytes: [UInt8]) -> [Value]? {
        var scanner = JSONScanner(position: bytes.span.lengthOfMark)
        var values: [Value] = []
        while let token = try? scanner.next(in: bytes.span) {
            switch token {
            case .string(let text): values.append(Value(range: text.range, isText: true))
            case .number(let range): values.append(Value(range: range, isText: false))
            case .end: return values
            default: break
            }
        }
        return nil
    }

    private static func replace(_ values: inout [Value], _ old: Range<Int>, _ token: JSONToken) {
        let new: Range<Int>
        switch token {
        case .string(let text): new = text.range
        case .number(let range): new = range
        default: return
        }
        guard let place = values.firstIndex(where: { $0.range == old }) else { return }
        values[place].range = new
        let shift = new.upperBound - old.upperBound
        for index in values.indices where index > place {
            let range = values[index].range
            values[index].range = range.lowerBound + shift..<range.upperBound + shift
        }
    }
}
