import Glibc
import Networking
import Testing

@testable import ChatloadKit

/// Whatever a file holds, reading it ends with conversations or with complaints.
@Suite struct FormatFuzzTests {
    private static let pieces = [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\n", "\r\n", "//", "${", "null", "1e999", "-1",
        "99999999999999999999", "\"role\":\"user\"", "\"content\":[]", "\u{0}", "\u{FEFF}",
        "2026-13-45T99:99", "\"timestamp\":\"\"", "\"replies\":[]", "\"\"", ",,,", "\\u0000",
        "\\ud800", "true",
    ]

    /// 2,000 mutations of each file's elements.
    @Test(arguments: FormatFileTests.files)
    func mutatedElementsNeverHurt(name: String) throws {
        let path = FormatFileTests.folder + name
        let source = try #require(try Workload.open([path]).sources.first)
        var random = SeededRandom(seed: 44)
        var cursor = source.cursor()
        var parsed = 0
        for round in 0..<2_000 {
            let ordinal = round % source.elements.count
            let element = source.elements.element(
                at: ordinal, in: source.file, from: &cursor)
            let bytes = Self.mutated(
                source.file.withBytes(in: element.range) { bytes in
                    (0..<bytes.count).map { bytes[$0] }
                }, by: &random)
            do throws(ScriptFault) {
                var omissions = Omissions()
                let conversation = try source.reader.conversation(
                    in: bytes.span, of: element, branch: 0, omitting: &omissions)
                #expect(!conversation.turns.isEmpty && !conversation.id.isEmpty)
                #expect((conversation.at ?? .zero) >= .zero)
                parsed += 1
            } catch {
                #expect((0...bytes.count).contains(error.offset ?? 0) && !error.message.isEmpty)
            }
        }
        #expect((20...1_980).contains(parsed), "mutations are too wild or too tame: \(parsed)")
    }

    /// Whole files: recognition, the walk through their elements, and what belongs together.
    @Test(arguments: FormatFileTests.files)
    func mutatedFilesNeverHurt(name: String) throws {
        let original = Array(contents(of: FormatFileTests.folder + name).utf8)
        var random = SeededRandom(seed: 45)
        for _ in 0..<60 {
            let bytes = Self.mutated(original, by: &random)
            try withFile(bytes: bytes) { path in
                guard let workload = try? Workload.open([path]) else { return }
                let review = workload.review(with: ObligingService())
                #expect(review.census.once.conversations == review.weights.count)
                let kept = workload.leavingOut(review.rejected)
                #expect(kept.count == review.weights.count)
                for index in 0..<kept.count { _ = try kept.conversation(at: index) }
            }
        }
    }

    /// Every format read as every other.
    @Test(arguments: FormatFileTests.files)
    func aWrongFormatNeverHurts(name: String) {
        for format in WorkloadFormat.allCases {
            #expect(!account(of: FormatFileTests.folder + name, as: format).isEmpty)
        }
    }

    private static func mutated(_ original: [UInt8], by random: inout SeededRandom) -> [UInt8] {
        var bytes = original
        for _ in 0...Int(random.next() % 3) {
            let place = Int(random.next() % UInt64(max(bytes.count, 1)))
            switch random.next() % 5 {
            case 0 where place < bytes.count:
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1 where place < bytes.count: bytes.remove(at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 12))
            case 3:
                let piece = pieces[Int(random.next() % UInt64(pieces.count))]
                bytes.insert(contentsOf: piece.utf8, at: min(place, bytes.count))
            default:
                bytes = Array(
                    bytes.prefix(bytes.count - Int(random.next() % 40) % max(bytes.count, 1)))
            }
        }
        return bytes
    }
}
