import Base
import Testing

@testable import ChatloadKit

@Suite struct PatternComplaintTests {
    @Test(arguments: [
        (#"a\"#, 1, "ends in a backslash"), ("(a", 0, "never closed"), ("a)", 1, "closes nothing"),
        ("x[ab", 1, "never closed"), ("[", 0, "never closed"),
        ("[z-a]", 1, "larger character first"),
        (#"[a-\d]"#, 1, "from one character to another"), (#"[\b]"#, 1, "names a place"),
        ("[[:alpha:]]", 1, "named classes"), ("*a", 0, "nothing before *"),
        ("(?:+)", 3, "nothing before +"), ("a|?", 2, "nothing before ?"),
        ("{2}", 0, "nothing before {"),
        ("a**", 2, "repeats a repetition"), ("a{2}{3}", 4, "repeats a repetition"),
        ("a*+", 2, "possessive"), ("a{,3}", 1, "how many there must be"),
        ("a{3,2}", 1, "larger number first"), ("a{1001}", 1, "more than 1000 times"),
        ("a{99999999999999999999}", 1, "more than 1000 times"), (#"(a)\1"#, 3, "back-references"),
        (#"\k<n>"#, 0, "back-references"), (#"\0"#, 0, "\\0 is not supported"),
        (#"ä\p{L}"#, 1, "not supported"), (#"\q"#, 0, "means nothing"),
        (#"\é"#, 0, "means nothing"),
        (#"\xZ1"#, 0, "names no character"), (#"\u12"#, 0, "names no character"),
        (#"\u{110000}"#, 0, "names no character"), (#"\u{}"#, 0, "names no character"),
        (#"\ud83d"#, 0, "surrogate"), ("a(?=b)", 1, "look-around"), ("(?<!b)a", 0, "look-around"),
        ("a(?i)b", 1, "flags"), ("(?x)a", 0, "flags"), ("(?i:a)", 0, "flags"),
        ("(?>a)", 0, "kind of group"),
        ("(?P=n)", 0, "kind of group"), ("(?<1-2>a)", 3, "name"), ("(?<n", 3, "name"),
        ("(?<>a)", 3, "name"),
        ("(?<n>a)(?<n>b)", 10, "two groups"), ("(?", 0, "kind of group"),
    ])
    func complaint(text: String, offset: Int, message: String) {
        do throws(Fault) {
            _ = try Pattern(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.message.contains(message))
            #expect(error.offset == offset, "\(error.message)")
        }
    }

    @Test(arguments: [
        String(repeating: "(", count: 101) + "a" + String(repeating: ")", count: 101),
        String(repeating: "(?:", count: 200_000), String(repeating: "(a)", count: 51),
        "(?:a{1000}){1000}", "(?:(?:(?:){1000}){1000}){1000}", "(?:(?:(?:a{0}){1000}){1000}){1000}",
        String(repeating: "a", count: 10_001), String(repeating: "|", count: 100_000),
        "((((((a{9}){9}){9}){9}){9}){9})",
    ])
    func tooLarge(text: String) {
        #expect(throws: Fault.self) { try Pattern(text) }
    }

    @Test func largeEnough() throws {
        let nested =
            String(repeating: "(?:", count: 100) + "a" + String(repeating: ")*", count: 100)
        #expect(try Pattern(nested).firstMatch(in: Array("aa".utf8).span) == [0..<2])
        #expect(
            try Pattern(#"(?:\d{1,500},?){1,9}"#).firstMatch(in: Array("1,22".utf8).span) == [0..<4]
        )
    }
}
