import Support
import Testing

@testable import Base
@testable import Networking

/// Bodies that are lent in pieces, and what is kept of them: nothing.
@Suite struct BodyReaderTests {
    /// What a reader was lent; touched by one thread only, which makes it safe to share.
    final class Lent: @unchecked Sendable {
        var pieces: [(bytes: [UInt8], time: Nanoseconds)] = []
        var status: Int?
        /// The text after which the reply is over, whatever follows.
        var end: String?

        var text: String { String(decoding: pieces.flatMap(\.bytes), as: UTF8.self) }

        func reader(takes: @escaping (ResponseHead) -> Bool = { $0.status == 200 }) -> BodyReader {
            BodyReader { head, raw in
                self.status = head.status
                #expect(raw.count > 16 && raw[raw.count - 1] == 10)
                return takes(head)
            } take: { piece, time in
                self.pieces.append((piece.array, time))
                guard let end = self.end, self.text.contains(end) else {
                    return piece.array.starts(with: Array(":".utf8)) ? .waiting : .advanced
                }
                return .ended
            }
        }
    }

    private static let text = "data: one\n\ndata: two, ä\n\ndata: [DONE]\n\n"

    private static func chunked(_ body: [UInt8]) -> [UInt8] {
        var wire: [UInt8] = []
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(7)
            wire += Array("\(String(piece.count, radix: 16));x\r\n".utf8) + piece
            wire += Array("\r\n".utf8)
            rest = rest.dropFirst(7)
        }
        return wire + Array("0\r\nTrailer: t\r\n\r\n".utf8)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var wire: [UInt8]
        var keepsAlive = true
        var testDescription: String { name }
    }

    /// The text in all three framings, plain and coded.
    static let rows: [Row] = [nil, ContentCoding.gzip, .deflate].flatMap { coding in
        let body =
            coding.flatMap { $0.pack(Array(text.utf8).span) } ?? Array(text.utf8)
        let name = coding.map { "Content-Encoding: \($0)\r\n" } ?? ""
        let start = "HTTP/1.1 200 OK\r\n\(name)"
        return [
            Row(
                name: "length \(name)",
                wire: Array("\(start)Content-Length: \(body.count)\r\n\r\n".utf8) + body),
            Row(
                name: "chunked \(name)",
                wire: Array("\(start)Transfer-Encoding: chunked\r\n\r\n".utf8) + chunked(body)),
            Row(
                name: "until close \(name)", wire: Array("\(start)\r\n".utf8) + body,
                keepsAlive: false),
            Row(
                name: "folded after an interim \(name)",
                wire: Array(
                    ("HTTP/1.1 103 Early\r\n\r\n\(start)X: a\r\n b\r\nContent-Length: "
                        + "\(body.count)\r\n\r\n").utf8) + body),
        ]
    }

    @Test(arguments: rows)
    func lendsWholeAndAtEveryCut(row: Row) throws {
        try lends([row.wire], row)
        try lends(row.wire.map { [$0] }, row)
        for cut in 1..<row.wire.count {
            try lends([Array(row.wire[..<cut]), Array(row.wire[cut...])], row)
        }
    }

    private func lends(_ pieces: [[UInt8]], _ row: Row) throws {
        let lent = Lent()
        var parser = ResponseParser(limits: HTTPLimits(head: 500, body: 10))
        parser.reset(isReplyToHead: false, lendingTo: lent.reader())
        var time = Nanoseconds.zero
        var isDone = false
        var heads = 0
        for piece in pieces {
            #expect(!isDone)
            time = time + .milliseconds(1)
            isDone = try parser.feed(piece.span, at: time)
            heads = max(heads, parser.stored.count)
            #expect(parser.decoded.isEmpty)
            #expect(lent.pieces.allSatisfy { !$0.bytes.isEmpty && $0.time <= time })
        }
        #expect(heads < 100, "only the head is kept")
        if !row.keepsAlive { isDone = try parser.end() }
        #expect(isDone && parser.isDone && parser.keepsAlive == row.keepsAlive)
        #expect(lent.text == Self.text && parser.head.contentProblem == nil)
        var rest: (head: Int, body: Int) = (0, -1)
        parser.withMessage(input: Span()) { rest = ($0.count, $1.count) }
        #expect(rest.head > 16 && rest.body == 0)
        let times = lent.pieces.map(\.time)
        #expect(times == times.sorted())
    }

    /// Each byte of a body bears the time of the reading that brought it.
    @Test(arguments: rows.filter { !$0.name.contains("Encoding: ") })
    func everyPieceBearsTheTimeOfItsReading(row: Row) throws {
        let lent = Lent()
        var parser = ResponseParser(limits: HTTPLimits())
        parser.reset(isReplyToHead: false, lendingTo: lent.reader())
        var expected: [(UInt8, Nanoseconds)] = []
        var place = 0
        for start in stride(from: 0, to: row.wire.count, by: 5) {
            let time = Nanoseconds(Int64(start))
            _ = try parser.feed(Array(row.wire[start...].prefix(5)).span, at: time)
            for piece in lent.pieces[place...] { expected += piece.bytes.map { ($0, time) } }
            place = lent.pieces.count
        }
        let found = lent.pieces.flatMap { piece in piece.bytes.map { ($0, piece.time) } }
        #expect(found.elementsEqual(expected, by: ==) && !found.isEmpty)
    }

    @Test func aBodyThatIsNotWantedIsReadWhole() throws {
        let lent = Lent()
        var parser = ResponseParser(limits: HTTPLimits())
        parser.reset(isReplyToHead: false, lendingTo: lent.reader())
        let wire = Array("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\noops".utf8)
        #expect(try parser.feed(wire.span))
        var body = ""
        parser.withMessage(input: wire.span) { body = $1.text }
        #expect(body == "oops" && lent.pieces.isEmpty && lent.status == 500)
    }

    /// Gigabytes pass by, whatever a whole body may be at most.
    @Test func aStreamMayBeOfAnyLength() throws {
        var count = 0
        let reader = BodyReader { _, _ in
            true
        } take: { piece, _ in
            count += piece.count
            return .advanced
        }
        var parser = ResponseParser(limits: HTTPLimits(head: 500, body: 1_000))
        parser.reset(isReplyToHead: false, lendingTo: reader)
        let head = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        #expect(try !parser.feed(head.span))
        let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 1, count: 65_536) + [13, 10]
        for _ in 0..<2_000 { #expect(try !parser.feed(chunk.span)) }
        #expect(count == 2_000 * 65_536 && parser.stored.capacity < 1_000)
        #expect(throws: HTTPError.self) { try parser.feed(Array("ffffffffffffffff\r\n".utf8).span) }
    }

    @Test(arguments: [
        ("br", "the body is coded with br"),
        ("gzip, gzip", "a streamed body is coded more than once"),
        ("gzip", "the gzip body is damaged"),
    ])
    func whatIsNotUnpackedIsSaid(coding: String, words: String) throws {
        let lent = Lent()
        var parser = ResponseParser(limits: HTTPLimits())
        parser.reset(isReplyToHead: false, lendingTo: lent.reader())
        let wire =
            "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: 5\r\n\r\nplain"
        #expect(try parser.feed(Array(wire.utf8).span))
        guard case .malformed(let reason) = parser.head.contentProblem else {
            return #expect(Bool(false))
        }
        #expect(reason.hasPrefix(words))
        #expect(lent.text == (coding == "gzip" ? "" : "plain") && parser.keepsAlive)
    }

    @Test func aCodedStreamThatEndsEarlyIsSaid() throws {
        let lent = Lent()
        var parser = ResponseParser(limits: HTTPLimits())
        parser.reset(isReplyToHead: false, lendingTo: lent.reader())
        let packed = ContentCoding.gzip.pack(Array(Self.text.utf8).span) ?? []
        let body = Array(packed.dropLast(4))
        let head =
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n"
        #expect(try parser.feed((Array(head.utf8) + body).span))
        #expect(lent.text == Self.text)
        #expect(
            parser.head.contentProblem
                == .malformed("the gzip body ends before it is whole, after \(body.count) bytes"))
    }
}

/// Streams over connections, in virtual time.
@Suite struct StreamedExchangeTests {
    /// One answer: pieces with the time after the request at which each leaves, in milliseconds.
    typealias Pieces = [(after: Int64, text: String)]

    struct Result: Sendable {
        var outcome: Outcome
        var texts: [String] = []
        /// By piece, when it had arrived after the request was sent, in milliseconds.
        var times: [Int64] = []
        var timeline = HTTPTimeline()
        var isOpen: Bool
    }

    private static let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    private static func chunk(_ text: String) -> String {
        "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
    }

    /// Asks a peer that answers so, with these time-outs, in milliseconds.
    private static func ask(
        _ pieces: Pieces, closes: Bool = false, first: Int64? = nil, idle: Int64? = nil,
        total: Int64 = 60_000, end: String? = nil, cancelled: Int64? = nil,
        stalls: [(at: Nanoseconds, span: Nanoseconds)] = []
    ) async throws -> Result {
        try await onSimulatedLoop(stalls: stalls, transit: .milliseconds(10)) { loop in
            let peer = TestPeer(on: loop) { stream, loop in
                _ = try await stream.receiveRequest()
                let start = loop.clock()
                for piece in pieces {
                    await loop.sleep(until: start + .milliseconds(piece.after))
                    try await stream.send(Array(piece.text.utf8))
                }
                if !closes { _ = try await stream.receiveRequest() }
            }
            let client = try await Client(on: loop, to: peer.start())
            let lent = BodyReaderTests.Lent()
            lent.end = end
            let reader = lent.reader()
            if let first { reader.firstTimeout = .milliseconds(first) }
            if let idle { reader.idleTimeout = .milliseconds(idle) }
            if let cancelled {
                _ = loop.schedule(at: loop.tick + .milliseconds(cancelled)) {
                    client.connection.cancel()
                }
            }
            let outcome = await client.ask(timeout: .milliseconds(total), lendingTo: reader)
            let timeline = client.connection.timeline
            let sent = timeline.sent ?? .zero
            let result = Result(
                outcome: outcome, texts: lent.pieces.map { $0.bytes.span.text },
                times: lent.pieces.map { ($0.time - sent).count / 1_000_000 }, timeline: timeline,
                isOpen: client.connection.isOpen)
            await peer.stop()
            return result
        }
    }

    @Test func piecesBearTheirArrival() async throws {
        let result = try await Self.ask([
            (0, Self.head), (30, Self.chunk("a")), (70, Self.chunk("b") + Self.chunk("c")),
            (90, "0\r\n\r\n"),
        ])
        #expect(result.outcome == .reply(200, ""))
        #expect(result.texts == ["a", "b", "c"] && result.times == [40, 80, 80])
        #expect(result.isOpen && result.timeline.isComplete)
        #expect(result.timeline.firstByte == result.timeline.sent.map { $0 + .milliseconds(10) })
        #expect(result.timeline.end == result.timeline.sent.map { $0 + .milliseconds(100) })
    }

    /// A loop that is held up reads late, and what had arrived meanwhile bears the kernel's stamp: of
    /// several segments that of the last, and that is counted.
    @Test func aStalledLoopMakesNoPieceLate() async throws {
        let result = try await Self.ask(
            [
                (0, Self.head), (30, Self.chunk("a")), (36, Self.chunk("b")),
                (200, Self.chunk("c") + "0\r\n\r\n"),
            ],
            stalls: [(.milliseconds(38), .milliseconds(100))])
        #expect(result.texts == ["a", "b", "c"] && result.times == [46, 46, 210])
        #expect(result.timeline.mergedReads == 1)
    }

    @Test(arguments: [(40, nil), (100, HTTPFailure.firstTimeout)] as [(Int64, HTTPFailure?)])
    func theFirstPieceHasItsTime(after: Int64, failure: HTTPFailure?) async throws {
        let result = try await Self.ask(
            [(0, Self.head), (10, Self.chunk(": ping")), (after, Self.chunk("a") + "0\r\n\r\n")],
            first: 80)
        #expect(result.outcome == (failure.map { .failure($0) } ?? .reply(200, "")))
        #expect(result.isOpen == (failure == nil))
        if failure != nil {
            #expect(result.timeline.sent.map { result.timeline.end - $0 } == .milliseconds(80))
        }
    }

    /// The time for the next piece begins with every one that counts, and with no other.
    @Test func everyPieceHasItsTime() async throws {
        let result = try await Self.ask(
            [
                (0, Self.head), (10, Self.chunk("a")), (50, Self.chunk("b")),
                (80, Self.chunk(": ping")), (130, Self.chunk("c") + "0\r\n\r\n"),
            ],
            first: 100, idle: 60)
        #expect(result.outcome == .failure(.idleTimeout))
        #expect(result.times == [20, 60, 90])
        #expect(result.timeline.sent.map { result.timeline.end - $0 } == .milliseconds(120))
        #expect(!result.isOpen)
    }

    @Test func theWholeHasItsTimeToo() async throws {
        let result = try await Self.ask(
            [(0, Self.head), (30, Self.chunk("a")), (200, "0\r\n\r\n")], first: 90, idle: 1_000,
            total: 100)
        #expect(result.outcome == .failure(.timeout))
    }

    /// An error comes whole and after any time that the reply had for its first piece.
    @Test func anErrorIsNoStream() async throws {
        let result = try await Self.ask(
            [
                (0, "HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\n"), (90, "oops"),
            ], first: 50, idle: 50)
        #expect(result.outcome == .reply(500, "oops") && result.texts.isEmpty && result.isOpen)
    }

    @Test func cancellingEndsAStream() async throws {
        let result = try await Self.ask(
            [(0, Self.head), (30, Self.chunk("a")), (5_000, "0\r\n\r\n")], cancelled: 400)
        #expect(result.outcome == .failure(.cancelled) && result.texts == ["a"] && !result.isOpen)
    }

    @Test func aStreamThatIsCutIsClosedEarly() async throws {
        let result = try await Self.ask([(0, Self.head), (30, Self.chunk("a"))], closes: true)
        #expect(result.outcome == .failure(.message(.closedEarly)) && result.texts == ["a"])
    }

    /// More than one reading takes, and the end of the connection behind it, are read to their end.
    @Test(arguments: [true, false])
    func whatIsLeftInTheSocketIsRead(isChunked: Bool) async throws {
        let text = String(repeating: "0123456789", count: 40_000)
        let head = isChunked ? Self.head : "HTTP/1.1 200 OK\r\n\r\n"
        let body = isChunked ? Self.chunk(text) + "0\r\n\r\n" : text
        let result = try await Self.ask(
            [(0, head), (30, isChunked ? Self.chunk("a") : "a"), (60, body)], closes: true)
        #expect(result.outcome == .reply(200, "") && result.texts.joined() == "a" + text)
        #expect(result.texts.count > 2 && result.timeline.isComplete)
    }

    @Test func damageInMidStreamIsTold() async throws {
        let result = try await Self.ask([
            (0, Self.head), (30, Self.chunk("a")), (60, Self.chunk("b")), (90, "none\r\n"),
        ])
        #expect(
            result.outcome
                == .failure(.message(.malformed("a chunk's size is not a hexadecimal number")))
                || result.outcome == .failure(.message(.malformed("a chunk has no size"))))
        #expect(result.texts == ["a", "b"] && !result.isOpen)
    }

    /// The exchange is over with the reply's end. What follows is passed over, and the connection is
    /// kept where the message ends soon.
    @Test(arguments: [(0, true), (800, true), (1_500, false)] as [(Int64, Bool)])
    func whatFollowsTheEndIsPassedOver(after: Int64, isKept: Bool) async throws {
        let result = try await Self.ask(
            [
                (0, Self.head), (30, Self.chunk("a")), (60, Self.chunk("[DONE]")),
                (60 + after, Self.chunk("more") + "0\r\n\r\n"),
            ], idle: 100, end: "[DONE]")
        #expect(result.outcome == .reply(200, ""))
        #expect(result.texts == ["a", "[DONE]"] && result.times == [40, 70])
        #expect(result.timeline.end == result.timeline.sent.map { $0 + .milliseconds(70) })
        #expect(result.isOpen == isKept)
    }

    @Test func oneReaderServesOneExchangeAfterAnother() async throws {
        try await onSimulatedLoop { loop in
            let peer = TestPeer(on: loop) { stream, _ in
                while try await !stream.receiveRequest().isEmpty {
                    try await stream.send(Array((Self.head + Self.chunk("a") + "0\r\n\r\n").utf8))
                }
            }
            let client = try await Client(on: loop, to: peer.start())
            let lent = BodyReaderTests.Lent()
            let reader = lent.reader()
            for _ in 0..<5 { #expect(await client.ask(lendingTo: reader) == .reply(200, "")) }
            #expect(lent.text == "aaaaa")
            #expect(await client.ask() == .reply(200, "a"), "without a reader it is kept")
            await peer.stop()
        }
    }
}
