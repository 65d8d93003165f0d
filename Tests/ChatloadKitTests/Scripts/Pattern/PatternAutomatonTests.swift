import Base
import Networking
import Testing

@testable import ChatloadKit

/// The automaton against a matcher that tries everything, and its bounds.
@Suite struct PatternAutomatonTests {
    /// Assertions, repeated groups, flags, bytes that are no UTF-8, and texts long enough for the
    /// fixed parts to be searched for.
    @Test func agreesWithTryingEverything() throws {
        var maker = PatternPropertyTests.Maker(random: SeededRandom(seed: 11), hasPlaces: true)
        var (compared, matches) = (0, 0)
        while compared < 6_000 {
            var text = maker.pattern()
            if maker.below(3) == 0 {
                let counts = ["*", "+", "{2}", "*?", "+?", "{1,3}", "?"]
                text = "(\(text))" + counts[maker.below(counts.count)] + maker.pattern(depth: 1)
            }
            if maker.below(4) == 0 { text = "ab" + text }
            text = ["", "", "(?i)", "(?m)", "(?s)", "(?im)"][maker.below(6)] + text
            var parser = PatternParser(text)
            let tree = try parser.parse()
            if tree.repeatsNothing { continue }
            let pattern = try Pattern(text, tree, groups: parser.groupCount)
            let bytes = subject(&maker)
            var oracle = BacktrackingMatcher(bytes)
            let expected = oracle.firstMatch(of: tree, groupCount: pattern.groupCount)
            try #require(pattern.firstMatch(in: bytes.span) == expected, "\(text) on \(bytes)")
            var budget = PatternBudget(.max)
            try #require(try pattern.matches(bytes.span, &budget) == (expected != nil), "\(text)")
            compared += 1
            matches += expected == nil ? 0 : 1
        }
        #expect((1_500...5_900).contains(matches), "\(matches)")
    }

    private func subject(_ maker: inout PatternPropertyTests.Maker) -> [UInt8] {
        let pieces: [[UInt8]] = [
            [0x61], [0x61], [0x62], [0x63], Array("ä".utf8), [0x30], [0x20], [0x0A], [0x42], [0xFF],
            [0xC3], Array("語".utf8), Array("ab".utf8), [0xF0, 0x9F], [0x80],
        ]
        return (0..<maker.below(12)).flatMap { _ in pieces[maker.below(pieces.count)] }
    }

    /// A text that needs more states than are kept gives what one that is short gives.
    @Test func statesThatAreForgottenAreMadeAgain() throws {
        var random = SeededRandom(seed: 5)
        var noise = (0..<8_000).map { _ in random.next() % 2 == 0 ? UInt8(0x61) : 0x63 }
        noise[7_799] = 0x61
        noise.append(0x62)
        let groups = try Pattern("(a)[ac]{200}(b)").firstMatch(in: noise.span)
        #expect(groups == [7_799..<8_001, 7_799..<7_800, 8_000..<8_001])
    }

    /// Scalars beyond ASCII that a pattern tells apart widen its table as they occur.
    @Test func manyKindsOfScalars() throws {
        let letters = (0..<300).compactMap { Unicode.Scalar(0x4E00 + $0) }.map(String.init)
        let pattern = try Pattern("(?:" + letters.map { "\($0)x" }.joined(separator: "|") + ")!")
        let text = letters.map { $0 + "x" }.joined() + "!"
        let bytes = Array(text.utf8)
        #expect(pattern.firstMatch(in: bytes.span) == [bytes.count - 5..<bytes.count])
    }

    /// Patterns that held a generator for seconds: on the longest text that is looked at each of them
    /// is answered or given up within the budget.
    @Test(arguments: [
        #"\w{8,64}@"#, ".{1,100}refund", "(a?){500}a{500}b", "a.{900}b", "(a*)*b", "(a|a)*c",
        "(?i)(" + (0..<400).map { "a\($0)z" }.joined(separator: "|") + ")",
        String(repeating: #"[\w\W]{1000}"#, count: 9) + "ZZ", "(.*)(.*)(.*)(.*)(.*)(.*)x",
        #"(?:[a-z]{1,30}\s?){1,30}!"#,
    ])
    func nothingRunsAway(text: String) throws {
        let pattern = try Pattern(text)
        for unit in ["a", "a1", "order ", "aäb語"] {
            let bytes = Array(String(repeating: unit, count: (1 << 16) / unit.utf8.count).utf8)
            var budget = PatternBudget(400_000)
            _ = try? pattern.firstMatch(in: bytes.span, &budget)
            // One instruction's worth of states may be beyond it, not more.
            #expect(budget.left > -200_000, "\(unit)")
        }
    }

    /// A reply of everyday length costs a hundredth of the budget, also with patterns that are not
    /// written with care.
    @Test(arguments: [
        #"ticket (\d+)"#, #"\w{8,64}@\w+"#, ".{1,100}refund", #"(?i)order #?(\d{4,9})"#,
        #"\b(\w+)\s+(\w+)!"#, "order.{0,200}ticket",
    ])
    func everydayRepliesAreCheap(text: String) throws {
        let reply = String(repeating: "Thank you for your order, Mr. Smith. ", count: 55)
        let steps = try Pattern(text).steps(in: Array(reply.utf8).span)
        #expect(steps < PatternBudget.forReply.left / 20, "\(steps)")
    }
}
