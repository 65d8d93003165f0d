import Networking
import Testing

@testable import ChatloadKit

/// Whatever a file holds, reading it ends with conversations or complaints that name a place within
/// it.
@Suite struct ScriptFuzzTests {
    private static let line =
        #"{"id":"r-1","user":"ana","weight":3,"at":"1.5s","with":{"a":"b","n":1e2},"turns":"#
        + #"[{"say":"Hé ${user} \u00e9 $${x}","think":"uniform:1s,2s"},"#
        + #"{"say":"x","attach":["/etc/passwd"],"name":"n","think":0.5},{"call":"bots.list"}]}"#

    private static let pieces = [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\n", "//", "${", "}", "null", "1e999", "-1",
        "99999999999999999999",
        "\"say\":\"x\"", "\"turns\":[]", "\"id\":\"x\"", "\u{0}", "\u{FEFF}", "lognormal:2s,9",
        "\"think\":\"h\"",
    ]

    @Test func mutatedLinesNeverHurt() {
        var random = SeededRandom(seed: 42)
        var parsed = 0
        for _ in 0..<12_000 {
            let bytes = Self.mutated(Array(Self.line.utf8), by: &random)
            do throws(ScriptFault) {
                let conversation = try ScriptParser.conversation(in: bytes.span, line: 1)
                #expect(!conversation.turns.isEmpty && !conversation.id.isEmpty)
                #expect((1...1_000_000).contains(conversation.weight))
                _ = try? conversation.spoken(by: "u", ticket: 1)
                parsed += 1
            } catch {
                #expect((0...bytes.count).contains(error.offset ?? 0))
                #expect(!error.message.isEmpty)
            }
        }
        #expect((500...11_500).contains(parsed), "mutations are too wild or too tame: \(parsed)")
    }

    @Test func mutatedFilesNeverHurt() throws {
        var random = SeededRandom(seed: 43)
        let text = Array("\u{FEFF}// c\r\n\(Self.line)\r\n\n\(Self.line)\n".utf8)
        for _ in 0..<500 {
            let bytes = Self.mutated(text, by: &random)
            try withFile(bytes: bytes) { path in
                guard let workload = try? Workload.open([path]) else { return }
                let review = workload.review(with: ObligingService())
                let lines = 1 + bytes.count { $0 == 0x0A }
                #expect(review.complaints.allSatisfy { (1...lines).contains($0.line ?? 0) })
                #expect(review.census.once.conversations == review.weights.count)
            }
        }
    }

    private static func mutated(_ original: [UInt8], by random: inout SeededRandom) -> [UInt8] {
        var bytes = original
        for _ in 0...Int(random.next() % 3) {
            let place = Int(random.next() % UInt64(bytes.count))
            switch random.next() % 5 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 12))
            case 3:
                let piece = pieces[Int(random.next() % UInt64(pieces.count))]
                bytes.insert(contentsOf: piece.utf8, at: place)
            default: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: place)
            }
        }
        return bytes
    }
}
