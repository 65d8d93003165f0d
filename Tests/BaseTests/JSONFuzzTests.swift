import FoundationEssentials
import Base
import Support
import Testing

/// The JSON reader against another one.
@Suite struct JSONFuzzTests {
    static let documents = [
        #"{"id":"a","n":[-1.5e3,0,true,null],"t":[{"say":"h\u00e9 \"x\" 東京😀 plain words"}]}"#,
        #" [ [ ] , { } , "" , "\ud83d\ude00\\\/\b\f\n\r\t" , 1E+2, -0 , 10.25e-1 , false ] "#,
        "\t\"\\u0041\u{7F}\u{80}\u{7FF}\u{FFFF}\u{10FFFF}\"\r\n",
        #"{"a":{"b":{"c":[0,[1,[2,{"a.b":"x"}]]]}},"messages":[{"body":"y"},{"body":"\""}],"a":1}"#,
        "-12.5e7", "[[[[[[[[]]]]]]]]",
    ]
    static let words = [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u", "\\ud800", "\\udc00", "\\u0000", "null",
        "true", "false", "nul", "1.", ".1", "01", "-", "+1", "1e", "e9", "NaN", "\u{FEFF}", "\u{0}",
        "//", "\"a\":", "\"a\":1,", "[]", "{}", " ", "\t", "\u{1F}", "\u{2028}", "'",
    ]
    private static let fuzz = Fuzz("json", texts: documents, words: words)

    /// What is read here is read there as the same. What is refused here is refused there, but for a
    /// few numbers and commas that Foundation takes although RFC 8259 has none such (`00`,
    /// `1e9e9`, `[0 , ]`).
    @Test func agreesWithFoundation() throws {
        var (accepted, refused, odd) = (0, 0, 0)
        try Self.fuzz.play(few: 2_000) { input in
            let own = Self.tree(of: input.bytes)
            if own == nil { refused += 1 } else { accepted += 1 }
            guard Self.isComparable(input.bytes, own) else { return }
            let other = try? JSONDecoder().decode(Tree.self, from: Data(input.bytes))
            if own == nil, other != nil { odd += 1 } else { try #require(own == other, "\(input)") }
        }
        #expect(accepted > 200 && refused > 200 && odd * 2_000 <= refused)
    }

    /// Reading and skipping end in the same way, whatever is skipped.
    @Test func skippingAgreesWithReading() throws {
        try Self.fuzz.play { input in
            var reader = JSONScanner()
            let read = Result { () throws(JSONError) in
                while try reader.next(in: input.bytes.span) != .end {}
            }
            var skipper = JSONScanner()
            let skipped = Result { () throws(JSONError) in
                try skipper.skipValue(in: input.bytes.span)
                _ = try skipper.next(in: input.bytes.span)
            }
            switch (read, skipped) {
            case (.success, .success):
                try #require(String(validating: input.bytes, as: UTF8.self) != nil, "\(input)")
            case (.failure(let one), .failure(let other)):
                try #require(one == other && (0...input.bytes.count).contains(one.offset))
            default: Issue.record("reading and skipping disagree about \(input)")
            }
        }
    }

    /// Where Foundation is as strict: it takes other encodings than UTF-8 and a byte order mark, and
    /// refuses lone surrogates and what no Double can hold.
    private static func isComparable(_ bytes: [UInt8], _ own: Tree?) -> Bool {
        if bytes.contains(0) || bytes.contains(0xEF) || bytes.contains(0xFE) { return false }
        if bytes.contains(0xFF) { return false }
        return own?.isPlain ?? true
    }

    private static func tree(of bytes: [UInt8]) -> Tree? {
        var scanner = JSONScanner()
        guard let tree = try? Tree(scanner.next(in: bytes.span), &scanner, bytes),
            (try? scanner.next(in: bytes.span)) == .end
        else { return nil }
        return tree
    }

    /// One byte over and over neither takes long nor goes deep.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            "[", "{\"a\":", "\"", "\\", "1", "[1,", "é", " ", "\"\\u0041", "[],", "-", "\\\"",
        ])
    func muchOfOneThing(unit: String) {
        let paths = JSONFields(literal: "a", "a.a.a", "*.*", "$")
        for start in ["", "\"", "["] {
            let bytes = Array((start + String(repeating: unit, count: 300_000 / unit.count)).utf8)
            var scanner = JSONScanner()
            while let token = try? scanner.next(in: bytes.span), token != .end {}
            #expect(scanner.position <= bytes.count)
            try? paths.read(bytes.span) { _, _, range in #expect(range.upperBound <= bytes.count) }
        }
    }
}

/// A document as both readers give it.
private indirect enum Tree: Equatable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([Tree])
    case object([String: Tree])
    /// A number beyond what a Double holds, or nearer to zero, or perhaps so.
    case extreme

    /// Whether nothing in it is read in another way by intention.
    var isPlain: Bool {
        switch self {
        case .extreme: false
        case .text(let text): !text.unicodeScalars.contains("\u{FFFD}")
        case .list(let trees): trees.allSatisfy(\.isPlain)
        case .object(let trees): trees.allSatisfy { Tree.text($0).isPlain && $1.isPlain }
        default: true
        }
    }

    init(_ token: JSONToken, _ scanner: inout JSONScanner, _ bytes: [UInt8]) throws(JSONError) {
        switch token {
        case .beginArray:
            var list: [Tree] = []
            while case let token = try scanner.next(in: bytes.span), token != .endArray {
                list.append(try Tree(token, &scanner, bytes))
            }
            self = .list(list)
        case .beginObject:
            var object: [String: Tree] = [:]
            while case .key(let key) = try scanner.next(in: bytes.span) {
                let value = try Tree(scanner.next(in: bytes.span), &scanner, bytes)
                // Foundation keeps the first of several.
                let name = key.string(in: bytes.span)
                if object[name] == nil { object[name] = value }
            }
            self = .object(object)
        case .string(let text): self = .text(text.string(in: bytes.span))
        case .number(let range):
            let exponent = JSONNumber.text(range, in: bytes.span).lowercased().drop { $0 != "e" }
            let number = exponent.count > 4 ? nil : JSONNumber.double(range, in: bytes.span)
            self = number.map { .number($0) } ?? .extreme
        case .bool(let value): self = .bool(value)
        default: self = .null
        }
    }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([Tree].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: Tree].self))
        }
    }
}
