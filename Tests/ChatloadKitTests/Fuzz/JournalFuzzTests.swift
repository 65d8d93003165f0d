import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct JournalFuzzTests {
    private static let seeds: [[UInt8]] = {
        var bytes = ByteBuffer()
        var line = ByteBuffer()
        line.append("{\"id\":\"c \\\"\\t\\n\",\"turns\":[{\"say\":\"x\",\"reply\":\"y\"}]}\n")
        bytes.append(journalPart: 1, trusted: 0)
        for place in 0..<3 {
            bytes.append(journalSends: place, turn: 1, id: "c\t\(place)")
            bytes.append(journalSends: place, turn: 2, id: "c\t\(place)")
        }
        let row = Array("1,0,7,\"a\nb\"#3,0,5,completed\n".utf8)
        bytes.append(journalDone: 1, isBatch: false, row: row, line: line)
        bytes.append(journalSafe: bytes.count)
        bytes.append(journalDone: 0, isBatch: true, row: row, line: line)
        let first = bytes.bytes
        bytes.append(journalPart: 2, trusted: bytes.count)
        bytes.append(journalLeft: 2, row: row)
        return [first, bytes.bytes]
    }()
    private static let fuzz = Fuzz(
        "journal", seeds: seeds,
        words: [
            "\t", "\n", "\"", "\\", "{", "}", "done\t", "batch\t", "sends\t", "left\t", "safe\t",
            "part\t", "\u{0}", "\t\"\"\t{}", "1\t", "é",
        ])

    @Test func linesAreRecordsOrNone() throws {
        var records = 0
        try Self.fuzz.play { input in
            for line in input.bytes.split(separator: 0x0A) {
                let bytes = Array(line)
                guard let record = JournalRecord(bytes.span) else { continue }
                records += 1
                try #require(
                    JournalRecord(Self.line(of: record, in: bytes).span) != nil, "\(input)")
                if case .done(_, _, let row, let line) = record {
                    try #require(row.range.upperBound < line.lowerBound, "\(input)")
                    try #require(line.upperBound == bytes.count, "\(input)")
                }
            }
        }
        #expect(records > 1_000)
    }

    /// A record as the journal's writer has it.
    private static func line(of record: JournalRecord, in bytes: [UInt8]) -> [UInt8] {
        var line = ByteBuffer()
        switch record {
        case .part(let number, let trusted): line.append(journalPart: number, trusted: trusted)
        case .sends(let place, let turn, let id):
            line.append(journalSends: place, turn: turn, id: id.string(in: bytes.span))
        case .done(let place, let isBatch, let row, let range):
            var text = ByteBuffer()
            text.append(Array(bytes[range]))
            let row = Array(row.string(in: bytes.span).utf8)
            line.append(journalDone: place, isBatch: isBatch, row: row, line: text)
        case .left(let place, let row):
            line.append(journalLeft: place, row: Array(row.string(in: bytes.span).utf8))
        case .safe(let offset): line.append(journalSafe: offset)
        }
        return line.bytes.dropLast()
    }

    /// Whole files: the chunks they are read in make no difference, and the transcript holds every
    /// conversation once.
    @Test func filesAreRead() throws {
        let folder = try ScratchFolder()
        let path = "\(folder.path)/\(RunFolder.journal)"
        try Self.fuzz.play(few: 40, share: 10) { input in
            Corpus.write(input.bytes, to: path)
            let whole = try JournalIndex(reading: path)
            let chunk = 1 + Int(input.random.next(upperBound: UInt64(200)))
            let pieces = try JournalIndex(reading: path, chunk: chunk)
            try #require(whole.entries == pieces.entries, "\(input)")
            try #require(whole.malformed == pieces.malformed, "\(input)")
            try #require(whole.inFlight == pieces.inFlight, "\(input)")
            try #require(whole.end <= input.bytes.count, "\(input)")
            let lines = input.bytes.count { $0 == 0x0A }
            try #require(whole.entries.count + whole.malformed <= lines, "\(input)")
            guard input.random.next() % 16 == 0 else { return }
            _ = try KeptReplies(in: folder.path).writeTranscript(to: folder.path, started: "")
        }
    }
}
