import Base
import Networking
import Testing

@testable import ChatloadKit

/// However a secret is written, nobody reads it afterwards; and nothing else changes.
@Suite struct SecretPropertyTests {
    private static let letters = Array(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=&<>\"'.-_~!$% é")

    private static func secret(_ random: inout SeededRandom) -> String {
        let inner = (0..<Int(8 + random.next() % 40)).map { _ in
            letters[Int(random.next() % UInt64(letters.count))]
        }
        // Nothing at its ends that could be part of what stands beside it, or is left out.
        return "Kq" + String(inner) + "Zx7"
    }

    private static func words(_ random: inout SeededRandom) -> String {
        let words = [
            "the", "session", "of", "key", "is", "100", "(see", "below)", "{\"a\":1}", "–",
        ]
        return (0..<Int(random.next() % 6)).map { _ in words[Int(random.next() % 10)] }
            .joined(separator: " ")
    }

    @Test(arguments: 0..<8) func noCompositionOfEncodingsHidesOne(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed) + 4_711)
        for round in 0..<150 {
            let values = (0..<5).map { _ in Self.secret(&random) }
            let secrets = Secrets(values)
            var written = values[Int(random.next() % 5)]
            if random.next() % 6 == 0 {
                // Letters beyond ASCII have no case that anybody changes in a key.
                written = String(written.map { $0.isASCII ? Character($0.uppercased()) : $0 })
            }
            var ways: [Encoding] = []
            for _ in 0..<Int(random.next() % 4) {
                let way = Encoding.allCases[Int(random.next() % UInt64(Encoding.allCases.count))]
                // A line end within an escape is none that anybody reads.
                if way == .lines, let last = ways.last, !last.isDigits { continue }
                if way.isDigits, ways.count(where: \.isDigits) == 2 { continue }
                ways.append(way)
                written = way.encode(written, &random)
            }
            let before = Self.words(&random) + " \""
            let after = "\" " + Self.words(&random)
            let text = before + written + after
            let masked = String(decoding: secrets.mask(Array(text.utf8)), as: UTF8.self)
            let comment = Comment(rawValue: "seed \(seed), round \(round): \(ways) \(text)")
            try #require(masked.hasPrefix(before) && masked.hasSuffix(after), comment)
            let rest = masked.dropFirst(before.count).dropLast(after.count)
            try #require(rest.contains(Secrets.mark), comment)
            let margin = ways.contains(where: \.isDigits) ? written.count / 3 : 0
            try #require(rest.count - Secrets.mark.count <= margin, comment)
        }
    }

    @Test func whatHoldsNoneIsUnchanged() throws {
        var random = SeededRandom(seed: 99)
        let secrets = Secrets((0..<300).map { _ in Self.secret(&random) })
        for round in 0..<300 {
            let way = Encoding.allCases[round % Encoding.allCases.count]
            let text = Self.words(&random) + way.encode(Self.secret(&random), &random)
            try #require(
                secrets.mask(Array(text.utf8)) == Array(text.utf8), "round \(round) \(text)")
        }
    }

    /// A cut leaves no beginning of one.
    @Test func whatIsCutOffLeavesNoBeginning() {
        let secrets = Secrets(["sk-Live/Abcdefghijklmnopqrstuvwxyz"])
        for way in [Encoding.json, .jsonSlash, .percentAll, .percentSome, .htmlHex, .unicodeLower] {
            var random = SeededRandom(seed: 7)
            let written = "reads " + way.encode(secrets.values[0], &random)
            for length in 30..<written.utf8.count {
                let masked = secrets.mask(Array(written.utf8.prefix(length)), isCut: true)
                let text = String(decoding: masked, as: UTF8.self)
                #expect(text.hasPrefix("reads ***") && text.utf8.count < 12, "\(way) \(text)")
            }
        }
    }

    /// Texts that are made to take long take as many steps as others.
    @Test(arguments: ["a", "%61", "&#97;", "\\u0061", "YWFh", "6161", "\\", "%", "&", "a\r\n1\r\n"])
    func hostileTextsTakeLinearTime(unit: String) {
        let text = Array(String(repeating: unit, count: 40_000 / unit.utf8.count).utf8)
        let alike = (0..<200).map { String(repeating: "a", count: 1_000 + $0) + "b" }
        let masked = Secrets(alike.map { "c" + $0.dropLast() + "aaaaaaaa" }).mask(text)
        #expect(!masked.isEmpty)
        #expect(Secrets(alike).mask(text) == text)
    }
}
