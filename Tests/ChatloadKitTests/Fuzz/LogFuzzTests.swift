import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// The logs of a run as a crash, a disk or an editor may leave them.
@Suite struct LogFuzzTests {
    private static let words = [
        ",", ",,", "\"", "\"\"", "\n", "\r\n", "\",\"", "a\",\"b\n", "ok", "timeout", "main",
        "drain",
        "reported", "streamed", "no_end", "burst", ":1", " 20:2", ":99999999", "#1", "#", "-", "=1",
        "'", "end", "intended", "\u{0}", "é",
    ]

    private static let exchanges = Fuzz(
        "exchanges",
        seeds: [1, 2, 3].map {
            SyntheticRun(seed: $0, count: 24, streams: $0 > 1).log.exchanges
        }
            + [ExchangeColumn.header + Array("1,0,1,a#1,1,say,tamako,,0,1,,,,5\n".utf8)],
        words: words)

    private static let conversations = Fuzz(
        "conversations",
        seeds: [4, 5].map { SyntheticRun(seed: $0, count: 60).log.conversations }, words: words)

    @Test func exchangesAreCountedOnceOrCalledUnreadable() throws {
        var read = 0
        try Self.exchanges.play(few: 400) { input in
            let rows = ExchangeRows(into: RowHashes())
            let log = try Self.readTwice(rows, of: &input) { $0.counter.hashes }
            guard let log else { return }
            read += log.rows
            guard input.random.next() % 16 == 0 else { return }
            try Self.requireFigures(of: input, chunk: log.chunk)
        }
        #expect(read > 1_000)
    }

    private static func requireFigures(of input: Fuzz.Input, chunk: Int) throws {
        let (whole, reading) = try LogTests.read(input.bytes, chunk: 1 << 18)
        try #require(whole.liveFigures()[.exchanges] == reading.rows, "\(input)")
        let run = RunDescription(name: "r")
        let summary = whole.summary(of: run)
        let pieces = try LogTests.read(input.bytes, chunk: chunk).0
        try #require(summary == pieces.summary(of: run), "\(input)")
        _ = TerminalReport(summary).text
        _ = SummaryCSV.text(summary)
        _ = try JSONReport.text(summary)
    }

    @Test func conversationsAreCountedOnceOrCalledUnreadable() throws {
        var read = 0
        try Self.conversations.play(few: 400) { input in
            let rows = ConversationRows(into: RowHashes())
            let log = try Self.readTwice(rows, of: &input) { $0.counter.hashes }
            guard let log else { return }
            read += log.rows
            guard input.random.next() % 16 == 0 else { return }
            let counted = try Self.log(
                ConversationRows(into: SyntheticRun.nothing), of: input.bytes)
            _ = counted.sink.counter.summary(of: RunDescription(name: "r"))
        }
        #expect(read > 1_000)
    }

    /// Reads a log at once and in pieces, which makes no difference; nil when it is refused.
    private static func readTwice<Rows: CSVSink>(
        _ rows: Rows, of input: inout Fuzz.Input, hashes: (Rows) -> [Int]
    ) throws -> (rows: Int, chunk: Int)? {
        guard let whole = try? log(rows, of: input.bytes) else { return nil }
        let chunk = 1 + Int(input.random.next(upperBound: UInt64(300)))
        let pieces = try log(rows, of: input.bytes, chunk: chunk)
        try #require(whole.reading == pieces.reading, "\(input)")
        try #require(hashes(whole.sink) == hashes(pieces.sink), "\(input)")
        try #require(hashes(whole.sink).count == whole.reading.rows, "\(input)")
        try requireEveryLine(of: input, in: whole.reading)
        return (whole.reading.rows, chunk)
    }

    private static func log<Rows: CSVSink>(
        _ rows: Rows, of bytes: [UInt8], chunk: Int = 1 << 18
    ) throws -> CSVStream<Rows> {
        var stream = CSVStream(sink: rows)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            try stream.feed(Array(bytes[start..<min(start + chunk, bytes.count)]))
        }
        try stream.finish()
        return stream
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
        .timeLimit(.minutes(10)), arguments: ["a\",\"b\n", "\"\n", "\"\"\n", ",", "\n", "\"", "x"])
    func muchOfOneThing(unit: String) throws {
        let much = String(repeating: unit, count: 250_000 / unit.utf8.count)
        for start in ["", "\"", "1,0,1,\"a\n"] {
            let bytes = ExchangeColumn.header + Array((start + much).utf8)
            let (_, reading) = try LogTests.read(bytes, chunk: 65_536)
            #expect(reading.rows == 0 && reading.tornBytes <= bytes.count)
        }
    }
}

/// A number for each row, which is another one where the row was understood in another way.
private struct RowHashes: LogCounter {
    var steps = StepTable()
    var credentials = StepTable()
    private(set) var hashes: [Int] = []

    mutating func expectLog() {}

    mutating func add(_ exchange: borrowing Exchange) {
        var hasher = Hasher()
        for number in [
            exchange.iteration, exchange.user, exchange.turn, exchange.step.index,
            exchange.credential, exchange.attempt, exchange.bytesIn, exchange.bytesOut,
            exchange.promptTokens, exchange.replyTokens, exchange.chunks, exchange.reads,
            exchange.firstTokens ?? -1, exchange.reasoningTokens ?? -1,
            exchange.cachedTokens ?? -1, Int(exchange.stream.rawValue),
        ] { hasher.combine(number) }
        for time in [
            exchange.intended, exchange.sent, exchange.firstByte, exchange.end, exchange.throttled,
            exchange.reply, exchange.turnTime, exchange.firstToken, exchange.answerToken,
            exchange.lastToken, exchange.longestGap,
        ] { hasher.combine(time?.count) }
        for entry in exchange.gaps.entries { hasher.combine(entry.slot &+ entry.count << 32) }
        hasher.combine(exchange.finish)
        hasher.combine(exchange.phase)
        hasher.combine(exchange.status)
        hasher.combine(exchange.detail)
        hasher.combine(exchange.script)
        hashes.append(hasher.finalize())
    }

    mutating func add(_ conversation: borrowing ConversationRecord) {
        var hasher = Hasher()
        hasher.combine(conversation.iteration)
        hasher.combine(conversation.user)
        hasher.combine(conversation.started.count)
        hasher.combine(conversation.ended.count)
        hasher.combine([conversation.turns, conversation.exchanges, conversation.failures])
        hasher.combine(conversation.outcome)
        hasher.combine(conversation.phase)
        hasher.combine(conversation.script)
        hashes.append(hasher.finalize())
    }
}
