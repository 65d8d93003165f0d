import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct WorkloadTests {
    /// Blank lines, comments, a byte order mark, line ends of both kinds and none at the end.
    @Test(arguments: [
        ("{\"turns\":[{\"say\":\"a\"}]}", [1]),
        ("{\"turns\":[{\"say\":\"a\"}]}\n", [1]),
        (
            "\u{FEFF}{\"turns\":[{\"say\":\"a\"}]}\r\n\r\n  // no\r\n{\"turns\":[{\"say\":\"b\"}]}\r\n",
            [1, 4]
        ),
        ("\n \t\n//x\n{\"turns\":[{\"say\":\"a\"}]}\n//", [4]),
    ])
    func findsConversations(text: String, lines: [Int]) throws {
        try withFile(text) { path in
            let workload = try Workload.open([path])
            #expect(workload.count == lines.count)
            for (index, line) in lines.enumerated() {
                let conversation = try workload.conversation(at: index)
                #expect(conversation.line == line)
                #expect(conversation.id == "line-\(line)")
            }
        }
    }

    @Test func numbersConversationsThroughAllFiles() throws {
        try withFile("{\"id\":\"a\",\"turns\":[{\"say\":\"x\"}]}\n") { first in
            try withFile("// nothing\n") { empty in
                try withFile("\n{\"id\":\"b\",\"turns\":[{\"say\":\"x\"}]}\n{\"id\":\"c\"}") {
                    last in
                    let workload = try Workload.open([first, empty, last])
                    #expect(workload.count == 3)
                    #expect(try workload.conversation(at: 0).id == "a")
                    #expect(try workload.conversation(at: 1).id == "b")
                    #expect(throws: Fault.self) { try workload.conversation(at: 2) }
                }
            }
        }
    }

    @Test(arguments: ["", "\n\n", "// only\n", "\u{FEFF}"])
    func refusesFilesWithoutConversations(text: String) throws {
        try withFile(text) { path in
            let error = #expect(throws: Fault.self) { try Workload.open([path]) }
            #expect(error?.message == "there is no conversation in here")
        }
    }

    @Test(arguments: [
        ("/nowhere/x.jsonl", "cannot be opened: No such file or directory"),
        ("/tmp", "this is a folder"),
    ])
    func saysWhyAFileCannotBeRead(path: String, expected: String) {
        let error = #expect(throws: Fault.self) { try Workload.open([path]) }
        #expect(error?.message == expected)
    }

    @Test func forgottenPagesComeBack() throws {
        let line = "{\"turns\":[{\"say\":\"\(String(repeating: "x", count: 3_000))\"}]}\n"
        try withFile(String(repeating: line, count: 10)) { path in
            let file = try MappedFile(path: path)
            for range in [0..<file.count, 5_000..<20_000, 4_096..<8_192, 7..<7] {
                file.forget(range)
                let ends = file.withBytes(in: 0..<file.count) { bytes in
                    (0..<bytes.count).count { bytes[$0] == 0x0A }
                }
                #expect(ends == 10)
            }
        }
    }

    /// `{"turns":[{"say":"packed"}]}` and a line feed, packed with gzip.
    static let packed: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xAB, 0x56, 0x2A, 0x29,
        0x2D, 0xCA, 0x2B, 0x56, 0xB2, 0x8A, 0xAE, 0x56, 0x2A, 0x4E, 0xAC, 0x54, 0xB2, 0x52,
        0x2A, 0x48, 0x4C, 0xCE, 0x4E, 0x4D, 0x51, 0xAA, 0x8D, 0xAD, 0xE5, 0x02, 0x00, 0xF2,
        0x66, 0x5C, 0xAA, 0x1D, 0x00, 0x00, 0x00,
    ]

    @Test func unpacks() throws {
        try withFile(bytes: Self.packed, suffix: ".jsonl.gz") { path in
            let workload = try Workload.open([path])
            #expect(try workload.conversation(at: 0).turns == [Turn(.say("packed"))])
        }
    }

    /// What is packed shows from its content, not from its name.
    @Test(arguments: [".jsonl", ".GZ", ""]) func unpacksWhateverItIsCalled(suffix: String) throws {
        try withFile(bytes: Self.packed, suffix: suffix) { path in
            let workload = try Workload.open([path])
            #expect(workload.count == 1)
        }
        try withFile(bytes: Array(#"{"turns":[{"say":"a"}]}"#.utf8), suffix: ".gz") { path in
            let workload = try Workload.open([path])
            #expect(workload.count == 1)
        }
    }

    @Test(arguments: [Array(packed.dropLast(9)), Array(packed.prefix(4))])
    func saysThatAPackedFileIsBroken(bytes: [UInt8]) throws {
        try withFile(bytes: bytes, suffix: ".gz") { path in
            let error = #expect(throws: Fault.self) { try Workload.open([path]) }
            #expect(error?.message == "gzip cannot read this file")
        }
    }

    @Test func reviewsEverything() throws {
        let text = #"""
            {"id":"a","weight":3,"user":"ana","turns":[{"say":"12345","think":"2s"},{"call":"bots.list","name":"bots"}]}
            {"id":"b","at":5,"turns":[{"say":"käse","attach":["/etc/passwd"],"name":"cheese","think":1}]}
            """#
        try withFile(text) { path in
            let workload = try Workload.open([path, path], attachFrom: "/")
            #expect(workload.formats == [.chatload, .chatload] && !workload.isBatch)
            var shares: [Double] = []
            let review = workload.review(with: try ObligingService()) { shares.append($0) }
            let census = review.census
            #expect(census.once.conversations == 2)
            #expect(census.once.turns == 3)
            #expect(census.once.says == 2)
            #expect(census.once.calls == 1)
            #expect(census.once.fewestExchanges == 4)
            #expect(census.once.mostExchanges == 8)
            #expect(census.once.promptTokens == 3)
            #expect(census.once.attachments == 1)
            #expect(census.once.think == .seconds(3))
            #expect(census.round.conversations == 4)
            #expect(census.round.promptTokens == 7)
            #expect(census.stepNames == ["bots", "cheese"])
            #expect(census.untimedStarts == 1 && census.untimedTurns == 1)
            #expect(census.pinsUsers)
            #expect(census.bytes == 2 * text.utf8.count)
            #expect(shares == [1])
            #expect(review.weights.total == 4)
            // The second time they are there all ids are used more than once.
            #expect(workload.leavingOut(review.rejected).count == 2)
            #expect(
                review.complaints.map(\.message) == [
                    "the id \"a\" is used more than once", "the id \"b\" is used more than once",
                ])
        }
    }

    @Test func asksTheServiceAndTheDisk() throws {
        let text = #"""
            {"turns":[{"say":"short"},{"say":"much too long"}]}
            {"turns":[{"say":"x","attach":["/nowhere.png","/tmp"]}]}
            """#
        try withFile(text) { path in
            let review = try Workload.open([path]).review(with: try ObligingService(longestText: 5))
            let advice =
                "; paths are relative to the folder chatload is started in and must lead to files"
                + " in the workload's folder, or in that of --attach-from"
            let missing =
                "the attachment \"/nowhere.png\" cannot be read: No such file or directory"
            let expected: [String] = [
                "\(path):1: turn 2: the text has 13 characters and obliging takes at most 5; shorten it"
                    + " or split it into several turns",
                "\(path):2:32: turn 1: \(missing)\(advice)",
                "\(path):2:47: turn 1: the attachment \"/tmp\" is not a file\(advice)",
            ]
            #expect(review.complaints.map(\.description) == expected)
        }
    }

    @Test func keepsTwentyComplaintsAndCountsAll() throws {
        try withFile(String(repeating: "oops\n", count: 100)) { path in
            let review = try Workload.open([path]).review(with: try ObligingService())
            #expect(review.complaints.count == 20)
            #expect(review.complaints.last?.line == 20)
            #expect(review.complaintCount == 100 && review.rejected.count == 100)
        }
    }

    @Test func boundsTheNumberOfStepNames() throws {
        let lines = (0...200).map { #"{"turns":[{"say":"x","name":"n\#($0)"}]}"# }
        try withFile(lines.joined(separator: "\n")) { path in
            let review = try Workload.open([path]).review(with: try ObligingService())
            #expect(review.census.stepNames.count == 200)
            #expect(review.complaints.map(\.line) == [201])
        }
    }
}
