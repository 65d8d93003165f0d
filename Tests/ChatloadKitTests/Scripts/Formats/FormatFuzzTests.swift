import Base
import Networking
import Support
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

    /// A file's elements.
    @Test(arguments: FormatFileTests.files)
    func mutatedElementsNeverHurt(name: String) throws {
        let source = try #require(
            try Workload.open([FormatFileTests.folder + name]).sources.first)
        let places = (0..<source.elements.count).map { ordinal in
            var cursor = source.cursor()
            return source.elements.element(at: ordinal, in: source.file, from: &cursor)
        }
        let seeds = places.map { place in
            source.file.withBytes(in: place.range) { bytes in bytes.indices.map { bytes[$0] } }
        }
        var (parsed, refused) = (0, 0)
        let fuzz = Fuzz("formats/elements", seeds: seeds, words: Self.pieces, seed: 44)
        fuzz.play(few: 300, share: 2) { input in
            let bytes = input.bytes
            let place = places[Int(input.random.next(upperBound: UInt64(places.count)))]
            do throws(Fault) {
                var omissions = Omissions()
                let conversation = try source.reader.conversation(
                    in: bytes.span, of: place, branch: 0, omitting: &omissions)
                #expect(!conversation.turns.isEmpty && !conversation.id.isEmpty)
                #expect((conversation.at ?? .zero) >= .zero)
                parsed += 1
            } catch {
                refused += 1
                let isPlaced = (0...bytes.count).contains(error.offset ?? 0)
                #expect(isPlaced && !error.message.isEmpty, "\(input)")
            }
        }
        let isBalanced = parsed * 99 > refused && refused * 99 > parsed
        #expect(isBalanced, "mutations are too wild or too tame: \(parsed), \(refused)")
    }

    /// Whole files: recognition, the walk through their elements, and what belongs together.
    @Test(arguments: FormatFileTests.files)
    func mutatedFilesNeverHurt(name: String) throws {
        let original = Corpus.contents(of: FormatFileTests.folder + name)
        let folder = try ScratchFolder()
        let path = "\(folder.path)/\(name)"
        let fuzz = Fuzz("formats/files", seeds: [original], words: Self.pieces, seed: 45)
        try fuzz.play(few: 60, share: 100) { input in
            Corpus.write(input.bytes, to: path)
            guard let workload = try? Workload.open([path]) else { return }
            let review = workload.review(with: try ObligingService())
            try #require(review.census.once.conversations == review.weights.count, "\(input)")
            let kept = workload.leavingOut(review.rejected)
            try #require(kept.count == review.weights.count, "\(input)")
            for index in 0..<kept.count { _ = try kept.conversation(at: index) }
        }
    }

    /// Every format read as every other.
    @Test(arguments: FormatFileTests.files)
    func aWrongFormatNeverHurts(name: String) {
        for format in WorkloadFormat.allCases {
            #expect(!account(of: FormatFileTests.folder + name, as: format).isEmpty)
        }
    }
}
