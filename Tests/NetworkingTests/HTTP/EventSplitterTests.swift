import Base
import Support
import Testing

@testable import Networking

/// Streamed bodies taken apart into events, in whatever pieces they come.
@Suite struct EventSplitterTests {
    struct Event: Equatable, CustomStringConvertible {
        var type = ""
        var data: String
        var description: String { type.isEmpty ? data : "[\(type)] \(data)" }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var form = EventSplitter.Form.serverSent
        var body: String
        var events: [String]
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "line feeds", body: "data: a\n\ndata: b\n\n", events: ["a", "b"]),
        Row(
            name: "carriage returns with line feeds", body: "data: a\r\n\r\ndata: b\r\n\r\n",
            events: ["a", "b"]),
        Row(name: "lone carriage returns", body: "data: a\r\rdata: b\r\r", events: ["a", "b"]),
        Row(
            name: "ends of all kinds", body: "data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\n\r",
            events: ["a", "b", "c", "d"]),
        Row(name: "a byte order mark", body: "\u{FEFF}data: a\n\ndata: b\n\n", events: ["a", "b"]),
        Row(name: "a mark that is none", body: "data: a\n\n\u{FEFF}data: b\n\n", events: ["a"]),
        Row(
            name: "one blank is dropped", body: "data:a\n\ndata:  b\n\ndata: \n\n",
            events: ["a", " b", ""]),
        Row(name: "no colon", body: "data\n\ndata\ndata\n\n", events: ["", "\n"]),
        Row(
            name: "several lines of data",
            body: "data: {\"a\":\ndata: 1}\n\ndata: x\ndata:\ndata: z\n\n",
            events: ["{\"a\":\n1}", "x\n\nz"]),
        Row(
            name: "comments", body: ": OPENROUTER PROCESSING\n\n:\n\ndata: a\n: in between\n\n",
            events: ["a"]),
        Row(
            name: "types",
            body:
                "event: error\ndata: a\n\ndata: b\n\nevent: x\n\ndata: c\n\ndata: d\nevent: late\n\n",
            events: ["[error] a", "b", "c", "[late] d"]),
        Row(
            name: "fields that mean nothing",
            body: "id: 1\nretry: 10\nfoo: bar\ndatax: q\ndata: a\neventual: 3\n\n", events: ["a"]),
        Row(name: "no blank line at the end", body: "data: a\n\ndata: b\n", events: ["a", "b"]),
        Row(name: "no line end at the end", body: "data: a\n\ndata: b", events: ["a", "b"]),
        Row(name: "characters of several bytes", body: "data: ä😀\n\n", events: ["ä😀"]),
        Row(name: "nothing", body: "", events: []),
        Row(name: "blank lines alone", body: "\n\r\n\r", events: []),
        Row(
            name: "values a line", form: .lines, body: "{\"a\":1}\n{\"b\":2}\n",
            events: ["{\"a\":1}", "{\"b\":2}"]),
        Row(name: "values without a last end", form: .lines, body: "1\n2", events: ["1", "2"]),
        Row(
            name: "blank lines between values", form: .lines, body: "\n1\n \t\n\r\n2\r\n\r\n",
            events: ["1", "2\r"]),
        Row(
            name: "a mark before values", form: .lines, body: "\u{FEFF}1\n2\n", events: ["1", "2"]),
        Row(
            name: "data is a word like others", form: .lines, body: "data: a\n\n",
            events: ["data: a"]),
    ]

    private static func events(of pieces: [[UInt8]], _ form: EventSplitter.Form) throws -> [String]
    {
        var splitter = EventSplitter(form)
        var events: [Event] = []
        let take: (Span<UInt8>, Span<UInt8>) -> Bool = {
            events.append(Event(type: $0.text, data: $1.text))
            return true
        }
        for piece in pieces { try splitter.feed(piece.span, take) }
        try splitter.end(take)
        return events.map(\.description)
    }

    @Test(arguments: rows)
    func splitsWholeAndAtEveryCut(row: Row) throws {
        let body = Array(row.body.utf8)
        #expect(try Self.events(of: [body], row.form) == row.events)
        #expect(try Self.events(of: body.map { [$0] }, row.form) == row.events, "byte by byte")
        for first in 0...body.count {
            for second in first...body.count {
                let pieces = [
                    Array(body[..<first]), Array(body[first..<second]), Array(body[second...]),
                ]
                #expect(
                    try Self.events(of: pieces, row.form) == row.events,
                    "cut at \(first), \(second)")
            }
        }
    }

    @Test(arguments: [EventSplitter.Form.serverSent, .lines])
    func refusesWhatIsTooLong(form: EventSplitter.Form) throws {
        let start = form == .serverSent ? "data: " : ""
        let fits = Array(
            (start + String(repeating: "x", count: EventSplitter.longest) + "\n\n").utf8)
        #expect(try Self.events(of: [fits], form).map(\.utf8.count) == [EventSplitter.longest])
        let long = Array((start + String(repeating: "x", count: EventSplitter.longest + 17)).utf8)
        for size in [long.count, 1_000] {
            let pieces = stride(from: 0, to: long.count, by: size).map {
                Array(long[$0..<min($0 + size, long.count)])
            }
            #expect(throws: HTTPError.self) { try Self.events(of: pieces, form) }
        }
        if form == .lines { return }
        let line = Array(("data: " + String(repeating: "y", count: 1_000) + "\n").utf8)
        #expect(throws: HTTPError.self) {
            try Self.events(of: Array(repeating: line, count: 1_050), form)
        }
    }

    @Test func stopsWhereNoMoreIsWanted() throws {
        var splitter = EventSplitter(.serverSent)
        var seen: [String] = []
        try splitter.feed(Array("data: a\n\ndata: b\n\ndata: c\n\n".utf8).span) {
            seen.append($1.text)
            return seen.count < 2
        }
        #expect(seen == ["a", "b"])
        splitter.reset()
        try splitter.feed(Array("\u{FEFF}data: d\n\n".utf8).span) {
            seen.append($1.text)
            return true
        }
        #expect(seen == ["a", "b", "d"])
    }

    @Test func takesHostileLineEndsInTimeThatGrowsWithTheirLengthOnly() throws {
        let ends = [UInt8](repeating: UInt8(ascii: "\r"), count: 1 << 20)
        #expect(try Self.events(of: [ends], .serverSent).isEmpty)
    }
}
