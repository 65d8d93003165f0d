import Networking
import Support
import Testing

@testable import ChatloadKit

/// The logs of a run as a crash, a disk or an editor may leave them.
@Suite struct LogFuzzTests {
    private static let words = [
        ",", ",,", "\"", "\"\"", "\n", "\r\n", "\",\"", "a\",\"b\n", "ok", "timeout", "main",
        "drain",
        "reported", "#1", "#", "-", "=1", "'", "end", "intended", "\u{0}", "é",
    ]

    private static let exchanges = Fuzz(
        "exchanges",
        seeds: [1, 2, 3].map { SyntheticRun(seed: $0, count: 24).log.exchanges }
            + [RowEncoder.header + Array("1,0,1,a#1,1,say,tamako,,0,1,,,,5\n".utf8)],
        words: words)

    private static let conversations = Fuzz(
        "conversations",
        seeds: [4, 5].map { SyntheticRun(seed: $0, count: 60).log.conversations }, words: words)

    @Test func exchangesAreCountedOnceOrCalledUnreadable() throws {
        var read = 0
        try Self.exchanges.play(few: 400) { input in
            guard let whole = try? LogTests.read(input.bytes, chunk: 1 << 18) else { return }
            let chunk = 1 + Int(input.random.next(upperBound: UInt64(300)))
            let pieces = try LogTests.read(input.bytes, chunk: chunk)
            try #require(whole.1 == pieces.1, "\(input)")
            try #require(whole.0.liveFigures().exchanges == whole.1.rows, "\(input)")
            try Self.requireEveryLine(of: input, in: whole.1)
            read += whole.1.rows
            guard input.random.next() % 16 == 0 else { return }
            let run = RunDescription(name: "r")
            let summary = whole.0.summary(of: run)
            try #require(summary == pieces.0.summary(of: run), "\(input)")
            _ = TerminalReport(summary).text
            _ = SummaryCSV.text(summary)
            _ = try ReportFolder.json(of: summary)
        }
        #expect(read > 1_000)
    }

    @Test func conversationsAreCountedOnceOrCalledUnreadable() throws {
        var read = 0
        try Self.conversations.play(few: 400) { input in
            guard let whole = try? Self.reading(input.bytes, chunk: 1 << 18) else { return }
            let chunk = 1 + Int(input.random.next(upperBound: UInt64(300)))
            let pieces = try Self.reading(input.bytes, chunk: chunk)
            try #require(whole == pieces, "\(input)")
            try Self.requireEveryLine(of: input, in: whole)
            read += whole.rows
        }
        #expect(read > 1_000)
    }

    private static func reading(_ bytes: [UInt8], chunk: Int) throws -> LogReading {
        var stream = CSVStream(sink: ConversationRows(into: SyntheticRun.nothing))
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            try stream.feed(Array(bytes[start..<min(start + chunk, bytes.count)]))
        }
        try stream.finish()
        _ = stream.sink.counter.summary(of: RunDescription(name: "r"))
        return stream.reading
    }

    /// Where no quote joins lines, every line is a row, unreadable, blank or the first.
    private static func requireEveryLine(of input: Fuzz.Input, in reading: LogReading) throws {
        try #require(reading.tornBytes <= input.bytes.count, "\(input)")
        if input.bytes.contains(UInt8(ascii: "\"")) { return }
        var lines = input.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let torn = lines.removeLast()
        let count = lines.count { !$0.isEmpty } - 1
        try #require(reading.rows + reading.malformed == max(count, 0), "\(input)")
        try #require(reading.tornBytes == torn.count, "\(input)")
    }

    @Test func everyTextComesBackFromACell() throws {
        let fuzz = Fuzz("cells", texts: ["", "a,b", "say \"hi\"", "=1+1", "'x"], words: Self.words)
        try fuzz.play { input in
            let text = String(decoding: input.bytes, as: UTF8.self)
            let row = Array("x,\(CSVText.cell(text)),y\n".utf8)
            var cells = CSVCells()
            try #require(cells.scan(row.span, from: 0) == .row(next: row.count), "\(input)")
            try #require(cells.ranges.count == 3 && !cells.isMalformed, "\(input)")
            try #require(cells.text(1, of: row.span) == text, "\(input)")
        }
    }

    /// Much of one thing takes time in proportion, and every line has its part.
    @Test(
        .timeLimit(.minutes(1)), arguments: ["a\",\"b\n", "\"\n", "\"\"\n", ",", "\n", "\"", "x"])
    func muchOfOneThing(unit: String) throws {
        let much = String(repeating: unit, count: 3_000_000 / unit.utf8.count)
        for start in ["", "\"", "1,0,1,\"a\n"] {
            let bytes = RowEncoder.header + Array((start + much).utf8)
            let (_, reading) = try LogTests.read(bytes, chunk: 262_144)
            #expect(reading.rows == 0 && reading.tornBytes <= bytes.count)
        }
    }
}
