import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct PatternTests {
    /// A pattern, a text, and what its groups must be: nil for no match, "-" for a group that took
    /// no part.
    struct Row: Sendable, CustomTestStringConvertible {
        let pattern: String
        let text: String
        let groups: [String]?

        init(_ pattern: String, _ text: String, _ groups: String...) {
            (self.pattern, self.text, self.groups) = (pattern, text, groups)
        }

        init(_ pattern: String, misses text: String) {
            (self.pattern, self.text, groups) = (pattern, text, nil)
        }

        var testDescription: String { "\(pattern) on \(text.debugDescription)" }
    }

    private static let everydays = [
        Row(#"ticket (\d+)"#, "Your ticket 4711 is open", "ticket 4711", "4711"),
        Row(#""id":"([^"]*)""#, #"{"id":"a-1","x":2}"#, #""id":"a-1""#, "a-1"),
        Row(#"{"n":(\d+)}"#, #"{"n":12}"#, #"{"n":12}"#, "12"),
        Row(#"(?<year>\d{4})-(?P<month>\d\d)"#, "on 2021-03-09", "2021-03", "2021", "03"),
        Row("refund|return", "please return it", "return"),
        Row("(?i)straße", "DIE STRAßE", "STRAßE"),
        Row("", "abc", ""), Row("", "", ""), Row("x", misses: ""), Row("a", misses: "b"),
        Row("a|", "b", ""), Row("(a)|(b)", "b", "b", "-", "b"),
    ]

    private static let repetitions = [
        Row("a*", "aaa", "aaa"), Row("a*?", "aaa", ""), Row("a+?", "aaa", "a"),
        Row("a??b", "ab", "ab"), Row("<(.+)>", "<a><b>", "<a><b>", "a><b"),
        Row("<(.+?)>", "<a><b>", "<a>", "a"), Row("a{2}", "aaa", "aa"),
        Row("a{2,}", "aaaa", "aaaa"),
        Row("a{2,}?", "aaaa", "aa"), Row("a{1,2}", "aaa", "aa"), Row("a{1,3}?", "aaa", "a"),
        Row("a{0}b", "ab", "b"), Row("a{,x}", "a{,x}", "a{,x}"), Row("a{", "a{", "a{"),
        Row("(a|b)*c", "abac", "abac", "a"),
        Row("(a|ab)(c|bcd)(d*)", "abcd", "abcd", "a", "bcd", ""),
        Row("(?:ab){2}", "ababab", "abab"), Row("(|a)*", "aa", "", ""), Row("(|a)+", "aa", "", ""),
        Row("(a*)*", "b", "", ""), Row("(a*)+b", "aab", "aab", "aa"),
        Row("(a?){3}", "aa", "aa", ""),
        Row("(?:a|b)??c", "bc", "bc"), Row("(a+)(a*)", "aaa", "aaa", "aaa", ""),
    ]

    private static let sets = [
        Row("[a-c]+", "xabcd", "abc"), Row("[^a-c]+", "abxyc", "xy"), Row("[]a]+", "a]b", "a]"),
        Row("[^]a]", "]ab", "b"), Row("[a-]+", "-a", "-a"), Row(#"[\d\-x]+"#, "a1-x", "1-x"),
        Row(#"[^\s]+"#, " ab c", "ab"), Row(#"[\D]"#, "1a", "a"), Row(#"[\]\\]+"#, #"a]\"#, #"]\"#),
        Row(#"[\x41-\x43]+"#, "xABCD", "ABC"), Row("[ä-ü]+", "aäöü", "äöü"),
        Row("[\u{1F600}-\u{1F64F}]", "hi \u{1F60A}", "\u{1F60A}"), Row("(?i)[a-c]+", "xAbC", "AbC"),
        Row("(?i)[^a-c]+", "ABx", "x"), Row("[[]", "[", "["), Row("[.*]+", "a.*", ".*"),
        Row("[z-za]+", "za", "za"), Row("(?i)[σ]", "Σ", "Σ"), Row("(?i)ς", "ΣΑΣ", "Σ"),
    ]

    private static let escapes = [
        Row(#"\t\n\r"#, "\t\n\r", "\t\n\r"), Row(#"\x41\u00e4\u{1F600}"#, "Aä😀", "Aä😀"),
        Row(#"\x{e4}"#, "ä", "ä"), Row(#"\.\*\{\/\-"#, ".*{/-", ".*{/-"),
        Row(#"\w+"#, "größe!", "größe"),
        Row(#"\w+"#, "日本語。", "日本語"), Row(#"\W"#, "aé b", " "), Row(#"\d+"#, "x٣4", "٣4"),
        Row(#"\D+"#, "12ab", "ab"), Row(#"\S+\s\S+"#, "a\u{A0}b", "a\u{A0}b"),
        Row(".", "é", "é"), Row("e.", "e\u{301}x", "e\u{301}"), Row("...", "日本語", "日本語"),
        Row(#"\_"#, "_", "_"), Row("ä+", "ääb", "ää"),
    ]

    private static let places = [
        Row("^b", misses: "ab"), Row("(?m)^b", "a\nb", "b"), Row("a$", "ba", "a"),
        Row("a$", "a\n", "a"), Row(#"a\z"#, misses: "a\n"), Row(#"a\Z"#, "a\n", "a"),
        Row("a$", misses: "a\nb"), Row("(?m)a$", "a\nb", "a"), Row("(?m)^$", "a\n\nb", ""),
        Row(#"\Aa"#, "aa", "a"), Row(#"(?m)\Ab"#, misses: "a\nb"),
        Row(#"\bcat\b"#, "a cat.", "cat"),
        Row(#"\bcat\b"#, misses: "concat"), Row(#"\Bcat"#, "concat", "cat"),
        Row(#"\bé"#, "aé é", "é"),
        Row(#"\b"#, misses: " "), Row(".+", "ab\ncd", "ab"), Row("(?s).+", "ab\ncd", "ab\ncd"),
        Row("^*", "ab", ""), Row("(?im)^B", "a\nb", "b"), Row("(?:^|,)x", "a,x", ",x"),
    ]

    @Test(arguments: everydays + repetitions + sets + escapes + places)
    func firstMatch(row: Row) throws {
        let pattern = try Pattern(row.pattern)
        let bytes = Array(row.text.utf8)
        let match = pattern.firstMatch(in: bytes.span)
        #expect(pattern.text == row.pattern)
        #expect(match.map { $0.count == pattern.groupCount + 1 } ?? true)
        let groups = match?.map { range in
            range.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "-"
        }
        #expect(groups == row.groups)
    }

    @Test func rangesAreBytes() throws {
        let bytes = Array("äö 12".utf8)
        #expect(try Pattern(#"(x)?(\d)"#).firstMatch(in: bytes.span) == [5..<6, nil, 5..<6])
    }

    /// Bytes that are no UTF-8 count as one character each.
    @Test(arguments: [
        ([0xFF, 0x41], 0..<2), ([0xC3], 0..<1), ([0xE2, 0x82], 0..<2), ([0xED, 0xA0, 0x80], 0..<3),
        ([0xC0, 0x80, 0x0A], 0..<2), ([0xF5, 0x80], 0..<2), ([0xF0, 0x9F, 0x98, 0x80], 0..<4),
    ])
    func brokenBytes(bytes: [UInt8], match: Range<Int>) throws {
        #expect(try Pattern(".+").firstMatch(in: bytes.span) == [match])
        #expect(try Pattern(#"^\W+"#).firstMatch(in: bytes.span) != nil)
    }

    @Test func equalWhenWrittenAlike() throws {
        #expect(try Pattern("a+") == Pattern("a+"))
        #expect(try Pattern("a+") != Pattern("aa*"))
    }
}
