import Base
import Networking
import Testing

@testable import ChatloadKit

@Suite struct LogTests {
    static func read(_ bytes: [UInt8], chunk: Int) throws -> (Aggregator, LogReading) {
        var stream = CSVStream(sink: ExchangeRows(into: SyntheticRun.nothing))
        var at = 0
        while at < bytes.count {
            try stream.feed(Array(bytes[at..<min(bytes.count, at + chunk)]))
            at += chunk
        }
        try stream.finish()
        return (stream.sink.counter, stream.reading)
    }

    @Test(arguments: [(1 << 20, false), (4_096, true), (1_000, false), (61, true)])
    func theLogGivesTheLiveFigures(chunk: Int, streams: Bool) throws {
        let run = SyntheticRun(seed: 42, count: 1_500, streams: streams)
        let log = run.log
        var (aggregator, reading) = try Self.read(log.exchanges, chunk: chunk)
        var stream = CSVStream(sink: ConversationRows(into: aggregator))
        try stream.feed(log.conversations)
        try stream.finish()
        aggregator = stream.sink.counter
        #expect(reading == LogReading(rows: run.exchanges.count))
        #expect(stream.reading == LogReading(rows: run.conversations.count))
        let summary = aggregator.summary(of: run.description)
        #expect(summary == run.aggregator.summary(of: run.description))
    }

    @Test func rowsAreAsDocumented() {
        var exchange = Exchange()
        exchange.worker = 1
        exchange.user = 3
        exchange.iteration = 17
        exchange.script = "a \"b\", c"
        exchange.turn = 2
        exchange.intended = Nanoseconds(100)
        exchange.sent = Nanoseconds(200)
        exchange.end = Nanoseconds(.max)
        exchange.status = 503
        exchange.outcome = .failed(.http5xx)
        exchange.detail = "-1+1"
        var rows = ByteBuffer()
        var encoder = RowEncoder(shard: 2, service: "tamako")
        encoder.append(exchange, step: "say", to: &rows)
        #expect(
            rows.text == """
                2,1,3,"a ""b"", c#17",2,say,tamako,,100,200,,,,9223372036854775807,,,,0,0,0,0,0,\
                estimated,0,503,http_5xx,'-1+1,,1,main,,,,,,,,,,,,,,

                """)
        exchange.take(Self.output, since: .zero)
        (exchange.askedPrompt, exchange.askedReply) = (512, 128)
        rows.clear()
        encoder.append(exchange, step: "say", to: &rows)
        #expect(
            rows.text.hasSuffix(
                ",main,,,,50,2,7,0,\"stop, \"\"x\"\"\",20,0:1 10:1 20:1,3,streamed no_end,512,128\n"
            ))
    }

    /// Four pieces in three readings.
    private static let output: ReplyOutput = {
        var output = ReplyOutput()
        for time in [20, 20, 30, 50] as [Int64] { output.take(.answer, at: Nanoseconds(time)) }
        output.finish = "stop, \"x\""
        (output.firstTokens, output.reasoningTokens, output.cachedTokens) = (2, 7, 0)
        return output
    }()

    /// What came to the log with streams is none of what every log has.
    @Test func aLogWithoutThemIsRead() throws {
        let run = SyntheticRun(seed: 4, count: 300)
        let text = String(decoding: run.log.exchanges, as: UTF8.self)
        let count = ExchangeColumn.ofOutput.count
        let lines = text.split(separator: "\n").map { line in
            line.hasSuffix(String(repeating: ",", count: count))
                ? String(line.dropLast(count)) : String(line)
        }
        let header = ExchangeColumn.allCases.map(\.rawValue).dropLast(count)
        let old = ([header.joined(separator: ",")] + lines.dropFirst()).map { $0 + "\n" }.joined()
        let (figures, reading) = try Self.read(Array(old.utf8), chunk: 4_096)
        // The odd texts of the made-up run have line ends.
        #expect(reading.rows > 200)
        #expect(figures.summary(of: RunDescription(name: "r")).streams == nil)
    }

    @Test(arguments: [
        ("5:1", true), ("0:3 10239:2", true), ("", true), ("10240:1", false), ("5:0", false),
        ("5", false), ("5:", false), (":1", false), ("5:1 5:1", false), ("6:1 5:1", false),
        ("5:1 ", false), (" 5:1", false), ("5:1,6:1", false), ("5:99999999999", false),
        ("99999999999999999999:1", false), ("-1:1", false), ("5:16777216", true),
        ("5:16777216 6:1", false),
    ])
    func gapsAreReadOrRefused(cell: String, isRead: Bool) {
        let counts = GapCounts(cell: Array(cell.utf8).span)
        #expect((counts != nil) == isRead)
    }

    @Test(arguments: [
        "", "plain", "a,b", "say \"hi\"", "\"", "\"\"", "two\nlines", "cr\r\nlf", "=1+1", "+1",
        "-1", "@x", "\tx", "\rx", "'x", "''", "'=x", "=\"a\",b", "–é机", " padded ",
    ])
    func everyTextSurvivesACell(text: String) {
        let cell = CSVText.cell(text)
        #expect(CSVText.text(ofCell: Array(cell.utf8).span) == text)
        var cells = CSVCells()
        let row = Array("x,\(cell),y\n".utf8)
        #expect(cells.scan(row.span, from: 0) == .row(next: row.count))
        #expect(cells.ranges.count == 3)
        #expect(cells.text(1, of: row.span) == text)
        let first = CSVText.text(ofCell: Array(cell.utf8).span).first
        #expect(first == text.first)
        #expect(!"=+-@\t\r".contains(cell.first { $0 != "\"" } ?? "x"))
    }

    @Test func aTornTailIsLeftOut() throws {
        let run = SyntheticRun(seed: 1, count: 50)
        let bytes = run.log.exchanges
        let header = ExchangeColumn.header.count
        for cut in stride(from: header, to: bytes.count, by: 31) {
            let (aggregator, reading) = try Self.read(Array(bytes[..<cut]), chunk: 512)
            #expect(aggregator.liveFigures()[.exchanges] == reading.rows)
            #expect(reading.rows <= 50)
            let isWhole = bytes[cut - 1] == UInt8(ascii: "\n") && reading.tornBytes == 0
            #expect(isWhole || reading.tornBytes > 0 || reading.malformed > 0)
        }
    }

    /// As spreadsheets save it.
    @Test func aMarkIsTakenOffAndOtherWrappingsAreNamed() throws {
        let plain = ExchangeColumn.header
        let marked = [0xEF, 0xBB, 0xBF] + plain
        #expect(try Self.read(marked, chunk: 5).1 == Self.read(plain, chunk: 99).1)
        let wide: [UInt8] = [0xFF, 0xFE] + plain.flatMap { [$0, 0] as [UInt8] }
        let semicolons = plain.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ";") : $0 }
        for (bytes, words) in [
            (wide, "UTF-16"), ([0x1F, 0x8B, 8, 0], "gzip"), (semicolons, "semicolons"),
            ([0x50, 0x4B, 3, 4], "zip archive"),
        ] {
            let complaint = #expect(throws: Fault.self) {
                try Self.read(bytes, chunk: 4_096)
            }
            #expect(complaint?.description.contains(words) == true)
        }
    }

    @Test func malformedRowsAreCountedAndPlaced() throws {
        let run = SyntheticRun(seed: 1, count: 30)
        let rows = String(decoding: run.log.exchanges, as: UTF8.self)
        let good = rows.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { $0.contains(",200,ok,") }
        #expect(good.count > 5)
        let text =
            String(decoding: ExchangeColumn.header, as: UTF8.self) + "\(good[0])\r\nbroken\n"
            + "\(good[1])\n\n" + good[2].replacing(",ok,", with: ",fine,") + "\n\(good[3])\n"
        let (_, reading) = try Self.read(Array(text.utf8), chunk: 100)
        #expect(reading == LogReading(rows: 3, malformed: 2, firstMalformedLine: 3, tornBytes: 0))
    }

    @Test func columnsAreFoundByName() throws {
        let columns = ExchangeColumn.allCases.map(\.rawValue).reversed() + ["added_later"]
        let row = [
            "2", "3", "9", "main", "1", "7", "", "ok", "200", "0", "estimated", "2", "1", "30",
            "20",
            "0", "",
            "",
            "",
        ]
        let rest = ["900", "", "", "500", "100", "50", "", "tamako", "say", "1", "a#1", "1", "0"]
        let output = ExchangeColumn.ofOutput.map { _ in "" }
        let cells = output + row + rest + ["1", "new"]
        let text = columns.joined(separator: ",") + "\n" + cells.joined(separator: ",") + "\n"
        let (aggregator, reading) = try Self.read(Array(text.utf8), chunk: 9)
        #expect(reading == LogReading(rows: 1))
        let summary = aggregator.summary(of: RunDescription(name: "r"))
        #expect(summary.latency[.response].max == 0.001)
        #expect(summary.totals.counts[.interimResponses] == 2)
        #expect(summary.totals[.bytesOut] == 20 && summary.totals[.bytesIn] == 30)
        #expect(throws: Fault.self) {
            try Self.read(Array("time,latency\n1,2\n".utf8), chunk: 99)
        }
    }

    @Test func aRowWithoutEndIsGivenUp() throws {
        let run = SyntheticRun(seed: 4, count: 40)
        let rows = run.log.exchanges
        var bytes = ExchangeColumn.header
        bytes += Array("1,0,1,\"never closed\n".utf8)
        bytes += [UInt8](repeating: UInt8(ascii: "x"), count: 5 << 18)
        bytes += Array("\n".utf8)
        bytes += rows.dropFirst(ExchangeColumn.header.count)
        let (_, reading) = try Self.read(bytes, chunk: 100_000)
        #expect(reading.malformed >= 2)
        #expect(reading.firstMalformedLine == 2)
        #expect(reading.rows >= 20)
    }
}
