import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct JournalTests {
    /// A made-up run's journal, cut at every part's end at a random place, and what must be read
    /// from it.
    private struct Story {
        var bytes = ByteBuffer()
        var done: [Int: String] = [:]
        var abandoned: [InFlight] = []
        var underWay: [Int: Int] = [:]
        var parts = 0

        mutating func play(part: Int, of count: Int, _ random: inout SeededRandom) {
            abandoned += list(parts)
            underWay = [:]
            parts = part
            bytes.append(journalPart: part, trusted: bytes.count)
            for _ in 0..<random.next(upperBound: UInt64(3 * count)) {
                let place = Int(random.next(upperBound: UInt64(count)))
                if done[place] != nil { continue }
                let turn = (underWay[place] ?? 0) + 1
                if turn <= 3 {
                    bytes.append(journalSends: place, turn: turn, id: "c\t\(place)")
                    underWay[place] = turn
                } else {
                    finish(place)
                }
            }
            // What a killed process leaves of its last record.
            let torn = Array("done\t1\t\"1,0,7,id#2\"\t{\"turns\":[]}".utf8)
            bytes.append(Array(torn.prefix(Int(random.next(upperBound: UInt64(torn.count))))))
        }

        mutating func cut(to end: Int) { bytes.truncate(to: end) }

        func list(_ part: Int) -> [InFlight] {
            underWay.sorted { $0.key < $1.key }.map {
                InFlight(part: part, conversation: "c\t\($0.key)#\($0.key + 1)", turn: $0.value)
            }
        }

        private mutating func finish(_ place: Int) {
            var line = ByteBuffer()
            line.append("{\"id\":\"c-\(place) \\\"\\t\\n\",\"turns\":[]}\n")
            let row = Array("1,0,7,\"a\nb\"#\(place)\n".utf8)
            bytes.append(
                journalDone: place, isBatch: place.isMultiple(of: 5), row: row, line: line)
            done[place] = String(line.text.dropLast())
            underWay[place] = nil
        }
    }

    @Test func everyConversationStandsOnceInTheOrderOfTheWorkload() throws {
        let folder = try ScratchFolder()
        var random = SeededRandom(seed: 20)
        for round in 0..<60 {
            var story = Story()
            let count = 1 + Int(random.next(upperBound: UInt64(40)))
            let path = "\(folder.path)/\(RunFolder.journal)"
            for part in 1...(1 + round % 6) {
                story.play(part: part, of: count, &random)
                try Files.replace(path, with: story.bytes.bytes)
                let index = try JournalIndex(reading: path, chunk: 1 + round * 3)
                #expect(index.malformed == 0 && index.parts == part)
                #expect(index.abandoned == story.abandoned)
                #expect(index.inFlight == story.list(part))
                #expect(index.entries.map { Int($0.place) } == story.done.keys.sorted())
                story.cut(to: index.end)
            }
            let (paths, _) = try KeptReplies(in: folder.path)
                .writeTranscript(to: folder.path, started: "")
            let lines = try String(decoding: Files.contents(of: paths[0]), as: UTF8.self)
            let expected = story.done.sorted { $0.key < $1.key }.map { $0.value + "\n" }
            #expect(lines == expected.joined())
            let batch = story.done.keys.filter { $0.isMultiple(of: 5) }.sorted()
            #expect(paths.count == (batch.isEmpty ? 1 : 2))
            guard paths.count == 2 else { continue }
            let output = try String(decoding: Files.contents(of: paths[1]), as: UTF8.self)
            #expect(
                output.split(separator: "\n").map { $0.prefix { $0 != "," } }
                    == batch.map { "{\"id\":\"batch_req_\($0 + 1)\"" })
        }
    }

    @Test func whatIsNotSafeIsTakenBackWhenThePartSaysSo() throws {
        let folder = try ScratchFolder()
        var bytes = ByteBuffer()
        let row: [UInt8] = []
        bytes.append(journalPart: 1, trusted: 0)
        for place in 0..<4 {
            bytes.append(journalSends: place, turn: 1, id: "c")
            bytes.append(journalSends: place, turn: 2, id: "c")
            var line = ByteBuffer()
            line.append("{}")
            if place == 2 { bytes.append(journalSafe: bytes.count) }
            bytes.append(journalDone: place, isBatch: false, row: row, line: line)
        }
        let path = "\(folder.path)/journal"
        try Files.replace(path, with: bytes.bytes)
        let before = try JournalIndex(reading: path)
        #expect(before.entries.count == 4 && before.inFlight.isEmpty)
        bytes.append(journalPart: 2, trusted: before.safe)
        try Files.replace(path, with: bytes.bytes)
        let index = try JournalIndex(reading: path)
        #expect(index.entries.map(\.place) == [0, 1])
        #expect(
            index.abandoned == ["c#3", "c#4"].map { InFlight(part: 1, conversation: $0, turn: 2) })
    }

    @Test func aRowComesBackAsItWas() throws {
        let row = Array("1,0,3,\"a \"\"b\"\"\tc\nd\"#7,0,5,1\n".utf8)
        var bytes = ByteBuffer()
        bytes.append(journalLeft: 6, row: row)
        bytes.truncate(to: bytes.count - 1)
        guard case .left(6, let text) = JournalRecord(bytes.bytes.span) else {
            Issue.record("\(bytes.text)")
            return
        }
        #expect(
            text.string(in: bytes.bytes.span) == String(decoding: row.dropLast(), as: UTF8.self))
    }

    @Test(arguments: [
        "", "done", "done\t1", "done\t-1\t\"\"\t{}", "done\t1\trow\t{}", "done\t1\t\"\"\t[]",
        "done\t1\t\"\"\t{}\t", "sends\t1", "sends\t1\t2", "sends\t1\t2\t3",
        "sends\t99999999999999999999\t1",
        "part\t1", "safe\t", "sent\t1\t2", "done\t1\t\"\"\t{\u{0}}",
    ])
    func anythingElseIsNoRecord(line: String) {
        #expect(JournalRecord(Array(line.utf8).span) == nil)
    }

    @Test func oneProcessAtATime() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/journal.tsv"
        let journal = try Journal(path, isNew: true)
        #expect(journal.append(Array("safe\t0\nsends".utf8)) == nil)
        let error = #expect(throws: Fault.self) { try Journal(path, isNew: false) }
        #expect(error?.description == "\(path): another chatload is at work in this folder")
        #expect(journal.close() == nil)
        let next = try Journal(path, isNew: false)
        try next.begin(part: 2, at: 7, trusted: 7)
        #expect(next.append(Array("x\n".utf8)) == nil && next.sync { nil } == nil)
        #expect(next.close() == nil)
        let text = try String(decoding: Files.contents(of: path), as: UTF8.self)
        #expect(text == "safe\t0\npart\t2\t7\nx\nsafe\t18\n")
    }
}
