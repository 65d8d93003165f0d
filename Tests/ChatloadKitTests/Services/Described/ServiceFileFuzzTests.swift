import Base
import Support
import Testing

@testable import ChatloadKit

/// Whatever a file holds, reading it as a description ends with a checked one or with complaints that
/// name places within it.
@Suite struct ServiceFileFuzzTests {
    private static let folder = repository + "/Tests/Descriptions/"

    private static let words = [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\n", "null", "true", "${", "${text}", "$${",
        "${messages}", "${user_id}", "${chat}", "\"$.a\"", "\"$$.a\"", "[*]", "$", "\"if\":\"key\"",
        "\"then\":1", "\"as\":\"sse\"", "\"end\":\"close\"", "\"each\":\"$.a[*]\"",
        "\"at\":\"$.b\"",
        "\"when\":{\"$.c\":1}", "\"capture\":{\"x\":\"regex:(\"}", "\"every\":\"1s\",\"times\":2",
        "\"say\":[\"say\"]", "\"system\":true", "\"role\":\"length\"", "\"text\":\"$.a\"",
        "\"path\":\"/\"", "\u{0}", "\u{FEFF}", "é",
    ]

    @Test func mutatedDescriptionsNeverHurt() {
        let seeds = names(in: Self.folder).map { Corpus.contents(of: Self.folder + $0) }
        var (good, refused) = (0, 0)
        Fuzz("descriptions", seeds: seeds, words: Self.words, seed: 14).play(few: 1_500) { input in
            let bytes = input.bytes
            let review = ServiceFileReader.review(bytes, path: "f")
            let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            #expect((review.file == nil) == (review.complaintCount > 0), "\(input)")
            #expect(
                review.complaints.count == min(review.complaintCount, Fault.mostAtOnce), "\(input)")
            for complaint in review.complaints + review.warnings {
                #expect((1...lines).contains(complaint.line ?? 0), "\(input): \(complaint)")
                #expect((1...bytes.count + 1).contains(complaint.column ?? 0), "\(input)")
            }
            guard let file = review.file else { return refused += 1 }
            good += 1
            Self.check(file, "\(input)")
        }
        #expect(good > 40 && refused > 100, "\(good) good, \(refused) refused")
    }

    /// What a service is made of leads nowhere but to what is there.
    private static func check(_ file: ServiceFile, _ comment: Comment) {
        if case .requests(let places) = file.say {
            #expect(places.allSatisfy(file.requests.indices.contains), comment)
        }
        #expect(file.session.allSatisfy { file.requests.indices.contains($0.request) }, comment)
        for request in file.requests {
            let reply = request.reply
            #expect(!request.paths.isEmpty && !request.method.isEmpty, comment)
            #expect(
                reply.captures.allSatisfy { file.captures.indices.contains($0.capture) }, comment)
            #expect(reply.text.count + reply.error.count <= JSONFields.mostPaths, comment)
        }
    }
}
