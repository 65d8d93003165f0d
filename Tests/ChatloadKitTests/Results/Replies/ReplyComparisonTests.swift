import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct ReplyComparisonTests {
    /// The textbook's matrix, a row at a time.
    private static func naiveDistance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
        var row = Array(0...other.count)
        for (line, left) in one.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, right) in other.enumerated() {
                let best = min(
                    row[column] + 1, row[column + 1] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = row[column + 1]
                row[column + 1] = best
            }
        }
        return row[other.count]
    }

    private static func text(
        _ random: inout SeededRandom, upTo length: UInt64
    ) -> [Unicode.Scalar] {
        let letters = Array("abc é机🙂".unicodeScalars)
        return (0..<random.next(upperBound: length)).map { _ in
            letters[Int(random.next(upperBound: UInt64(letters.count)))]
        }
    }

    @Test func distancesAreThoseOfTheMatrix() {
        var random = SeededRandom(seed: 41)
        for round in 0..<400 {
            let length: UInt64 = round < 300 ? 20 : 300
            let one = Self.text(&random, upTo: length)
            var other = Self.text(&random, upTo: length)
            // Half of the pairs have much in common.
            if round.isMultiple(of: 2) {
                other = one
                for _ in 0..<5 where !other.isEmpty {
                    other[Int(random.next(upperBound: UInt64(other.count)))] = "x"
                    other.remove(at: Int(random.next(upperBound: UInt64(other.count))))
                }
            }
            #expect(
                EditDistance.between(one[...], other[...]) == Self.naiveDistance(one, other),
                "round \(round)")
        }
    }

    @Test(arguments: [63, 64, 65, 127, 128, 129])
    func distancesHoldAtTheEdgesOfWords(length: Int) {
        let one = [Unicode.Scalar](repeating: "a", count: length)
        #expect(EditDistance.between(one[...], one[...]) == 0)
        #expect(EditDistance.between(one[...], []) == length)
        #expect(EditDistance.between(one[...], (one + ["b"])[...]) == 1)
        #expect(
            EditDistance.between(one[...], Array(repeating: "b", count: length)[...]) == length)
    }

    @Test(
        arguments: [
            ("same", "same", .exact, 0),
            ("", "", .exact, 0),
            // Canonically equivalent texts are different bytes.
            ("é", "e\u{301}", .changed, 1),
            ("Hello,  World\n", " hello, world", .equalAfterFolding, 5.0 / 14),
            ("ÄÖÜ", "äöü", .equalAfterFolding, 1),
            ("a\u{A0}b", "a b", .equalAfterFolding, 1.0 / 3),
            ("kitten", "sitting", .changed, 3.0 / 7),
            ("", "new", .changed, 1),
            ("your order", "your second order", .changed, 7.0 / 17),
        ] as [(String, String, ReplyComparison.Likeness, Double)])
    func likenessAndDistance(
        recorded: String, live: String, likeness: ReplyComparison.Likeness, distance: Double
    ) {
        let comparison = ReplyComparison(recorded: recorded, live: live)
        #expect(comparison.likeness == likeness)
        #expect(abs(comparison.distance - distance) < 1e-12, "\(comparison.distance)")
        #expect(!comparison.isCut)
        let reverse = ReplyComparison(recorded: live, live: recorded)
        #expect(abs(reverse.distance - distance) < 1e-12)
    }

    @Test func ofLongTextsTheBeginningOfTheDifferenceCounts() {
        let shared = String(repeating: "s", count: 10_000)
        let (old, new) = (
            String(repeating: "ab", count: 5_000), String(repeating: "cb", count: 5_000)
        )
        let comparison = ReplyComparison(recorded: shared + old, live: shared + new)
        // Half of the second half is different, as is half of its beginning.
        #expect(comparison.isCut)
        #expect(abs(comparison.distance - 0.25) < 0.001, "\(comparison.distance)")
        let added = ReplyComparison(recorded: shared, live: shared + new)
        #expect(added.distance == 0.5)
    }

    @Test func talliesAddUpInAnyOrder() {
        var random = SeededRandom(seed: 5)
        var whole = ReplyDiffTally()
        var parts = [ReplyDiffTally](repeating: ReplyDiffTally(), count: 3)
        for number in 0..<200 {
            let pair = (0..<2).map { _ in
                String(String.UnicodeScalarView(Self.text(&random, upTo: 6)))
            }
            whole.add(recorded: pair[0], live: pair[1], conversation: "c\(number)", turn: 1)
            parts[number % 3].add(
                recorded: pair[0], live: pair[1], conversation: "c\(number)", turn: 1)
            if number.isMultiple(of: 10) {
                whole.addMissing()
                parts[number % 3].addMissing()
            }
        }
        var merged = ReplyDiffTally()
        for part in [parts[2], parts[0], parts[1]] { merged.merge(part) }
        #expect(merged.figures == whole.figures)
        let figures = whole.figures
        #expect(figures.compared == 200 && figures.missing == 20)
        #expect(figures.exact + figures.equalAfterFolding + figures.changed == 200)
        #expect(figures.mostChanged.count == 10)
        #expect(figures.mostChanged.map(\.distance) == [Double](repeating: 1, count: 10))
        #expect(ReplyDiffTally().figures == ReplyDiffFigures())
    }

    @Test func theMedianIsTheMiddleOne() {
        var tally = ReplyDiffTally()
        for (number, live) in ["aaaa", "aaab", "abbb"].enumerated() {
            tally.add(recorded: "aaaa", live: live, conversation: "\(number)", turn: 2)
        }
        let figures = tally.figures
        #expect(figures.medianDistance == 0.25)
        #expect(figures.meanDistance == 0.3333)
        #expect(
            figures.mostChanged.first
                == DriftExample(
                    conversation: "2", turn: 2, distance: 0.75, recorded: "aaaa", live: "abbb"))
    }

    @Test func examplesAreShortened() {
        var tally = ReplyDiffTally()
        let long = String(repeating: "é", count: 500)
        tally.add(recorded: long, live: "short", conversation: "c", turn: 1)
        let example = tally.figures.mostChanged.first
        #expect(example?.recorded.count == 120 && example?.recorded.hasSuffix("é…") == true)
        #expect(example?.live == "short")
    }
}
