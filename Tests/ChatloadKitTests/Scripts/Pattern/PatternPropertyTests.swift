import Base
import Networking
import Testing

@testable import ChatloadKit

/// Patterns nobody has thought of: those of an engine that backtracks say the same, none hurts,
/// and none takes longer than its size times the text's.
@Suite struct PatternPropertyTests {
    /// Makes patterns out of a few letters, whose repetitions always take something in: engines
    /// differ on what an empty turn of a loop leaves in its groups.
    struct Maker {
        var random: SeededRandom
        var hasPlaces = false

        mutating func pattern(depth: Int = 3) -> String {
            (0...below(2)).map { _ in sequence(depth) }.joined(separator: "|")
        }

        private mutating func sequence(_ depth: Int) -> String {
            (0...below(3)).map { _ in item(depth) }.joined()
        }

        private mutating func item(_ depth: Int) -> String {
            if depth > 0, below(4) == 0 {
                return (below(3) == 0 ? "(?:" : "(") + pattern(depth: depth - 1) + ")"
            }
            if hasPlaces, below(6) == 0 {
                return ["^", "$", #"\b"#, #"\B"#, #"\A"#, #"\z"#, #"\Z"#][below(7)]
            }
            let atoms = ["a", "b", "c", "ä", ".", "[ab]", "[^a]", #"\w"#, #"\d"#, "[b-d0]"]
            let atom = atoms[below(atoms.count)]
            let counts = ["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{2,}?"]
            return atom + counts[below(counts.count)]
        }

        mutating func text() -> String {
            (0..<below(9)).map { _ in ["a", "b", "c", "ä", "0", " "][below(6)] }.joined()
        }

        mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
    }

    @Test func agreesWithAnEngineThatBacktracks() throws {
        var maker = Maker(random: SeededRandom(seed: 7))
        var matches = 0
        for _ in 0..<1_500 {
            let text = maker.pattern()
            let pattern = try Pattern(text)
            let regex = try Regex(text)
            for _ in 0..<4 {
                let subject = maker.text()
                let expected = subject.firstMatch(of: regex).map { match in
                    match.output.map { $0.range.map { range in subject.utf8Range(range) } }
                }
                let found = pattern.firstMatch(in: Array(subject.utf8).span)
                #expect(found == expected, "\(text) on \(subject)")
                matches += found == nil ? 0 : 1
            }
        }
        #expect((1_000...5_900).contains(matches))
    }

    @Test func noTextHurts() {
        let pieces = [
            "a", "b", "ä", ".", "*", "+", "?", "|", "(", ")", "[", "]", "^", "$", "{", "}", ",",
            "-",
            "1", "3", "\\", "d", "W", "b", "x41", "u{1F600}", "(?:", "(?<n>", "(?i)", "(?=",
            "{2,3}",
            "{,", "\u{0}", "😀", "\\z", "[^", "{1000}",
        ]
        let texts: [[UInt8]] = [
            [], Array("ab1 ä😀 AB\n\n".utf8), [0xFF, 0x61, 0xC3, 0x0A, 0xF0, 0x9F],
        ]
        var random = SeededRandom(seed: 8)
        var taken = 0
        for _ in 0..<10_000 {
            let count = 1 + Int(random.next() % 10)
            let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
                .joined()
            do throws(Fault) {
                let pattern = try Pattern(text)
                taken += 1
                for bytes in texts {
                    let match = pattern.firstMatch(in: bytes.span)
                    let isSound = match?.allSatisfy { $0?.upperBound ?? 0 <= bytes.count }
                    #expect(isSound ?? true, "\(text)")
                }
            } catch {
                let length = text.unicodeScalars.count
                #expect(
                    !error.message.isEmpty && (0...length).contains((error.offset ?? 0)), "\(text)")
            }
        }
        #expect((1_000...9_000).contains(taken), "\(taken)")
    }

    /// Of a text that makes engines which backtrack run for ages.
    @Test(arguments: [
        "(a+)+$", "(a|aa)*b", "(.*)*x", "(a*)*b", "(a|a)*b", "(.*a){12}b", "a*a*a*a*a*b",
        "(?:a?){30}b", #"(\w+\s?)*!"#, "(|a+)+b",
    ])
    func takesStepsInProportion(text: String) throws {
        let pattern = try Pattern(text)
        let few = pattern.steps(in: [UInt8](repeating: UInt8(ascii: "a"), count: 500).span)
        let many = pattern.steps(in: [UInt8](repeating: UInt8(ascii: "a"), count: 5_000).span)
        #expect(many <= few * 11)
        #expect(few <= 500 * 120)
    }

    @Test(arguments: ["(a+)+$", "(a|aa)*b", "(.*)*x"])
    func takesFewStepsOnLongTexts(text: String) throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 100_000)
        #expect(try Pattern(text).steps(in: bytes.span) <= bytes.count * 40)
    }
}

extension String {
    fileprivate func utf8Range(_ range: Range<Index>) -> Range<Int> {
        utf8.distance(
            from: startIndex, to: range.lowerBound)..<utf8.distance(
                from: startIndex, to: range.upperBound)
    }
}
