import Testing

@testable import Base
@testable import Networking

/// One response on the wire and what it must be read as, however it is cut into pieces.
struct ResponseCase: Sendable, CustomTestStringConvertible {
    var name: String
    var wire: String
    var isReplyToHead = false
    /// Whether the peer closes after the last byte.
    var closes = false
    var expected: ParsedResponse

    var testDescription: String { name }
}

enum ParsedResponse: Equatable, Sendable {
    case message(status: Int, body: String, keepsAlive: Bool)
    case failure(HTTPError)
    case incomplete
}

let goodResponses: [ResponseCase] = [
    ResponseCase(
        name: "content length", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        expected: .message(status: 200, body: "hello", keepsAlive: true)),
    ResponseCase(
        name: "no reason phrase", wire: "HTTP/1.1 200\r\ncontent-LENGTH:5\r\n\r\nhello",
        expected: .message(status: 200, body: "hello", keepsAlive: true)),
    ResponseCase(
        name: "bare line feeds", wire: "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        expected: .message(status: 200, body: "hi", keepsAlive: true)),
    ResponseCase(
        name: "empty body", wire: "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        expected: .message(status: 500, body: "", keepsAlive: true)),
    ResponseCase(
        name: "close asked for",
        wire: "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx",
        expected: .message(status: 200, body: "x", keepsAlive: false)),
    ResponseCase(
        name: "HTTP/1.0", wire: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
        expected: .message(status: 200, body: "x", keepsAlive: false)),
    ResponseCase(
        name: "HTTP/1.0 kept alive",
        wire: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
        expected: .message(status: 200, body: "x", keepsAlive: true)),
    ResponseCase(
        name: "chunked",
        wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
        expected: .message(status: 200, body: "abc0123456789", keepsAlive: true)),
    ResponseCase(
        name: "chunk extensions and trailers",
        wire: "HTTP/1.1 201 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
            + "3;a=b;c=\"d\"\r\nabc\r\n00\r\nX-A: 1\r\nX-B: 2\r\n\r\n",
        expected: .message(status: 201, body: "abc", keepsAlive: true)),
    ResponseCase(
        name: "chunked wins over a length, and ends the connection",
        wire: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "1\r\nx\r\n0\r\n\r\n",
        expected: .message(status: 200, body: "x", keepsAlive: false)),
    ResponseCase(
        name: "until close", wire: "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nall of it", closes: true,
        expected: .message(status: 200, body: "all of it", keepsAlive: false)),
    ResponseCase(
        name: "interim responses",
        wire: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        expected: .message(status: 200, body: "ok", keepsAlive: true)),
    ResponseCase(
        name: "204", wire: "HTTP/1.1 204 No Content\r\n\r\n",
        expected: .message(status: 204, body: "", keepsAlive: true)),
    ResponseCase(
        name: "304 with a length", wire: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        expected: .message(status: 304, body: "", keepsAlive: true)),
    ResponseCase(
        name: "reply to HEAD", wire: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        isReplyToHead: true, expected: .message(status: 200, body: "", keepsAlive: true)),
    ResponseCase(
        name: "redirect",
        wire: "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        expected: .message(status: 302, body: "", keepsAlive: true)),
    ResponseCase(
        name: "close wins over keep-alive",
        wire: "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\n"
            + "Content-Length: 1\r\n\r\nx",
        expected: .message(status: 200, body: "x", keepsAlive: false)),
    ResponseCase(
        name: "protocol switched", wire: "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        expected: .message(status: 101, body: "", keepsAlive: false)),
    ResponseCase(
        name: "two equal lengths",
        wire: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        expected: .message(status: 200, body: "x", keepsAlive: true)),
]

let badResponses: [ResponseCase] = [
    ResponseCase(
        name: "ends within the body", wire: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        closes: true, expected: .failure(.closedEarly)),
    ResponseCase(
        name: "ends within the head", wire: "HTTP/1.1 200 OK\r\nContent-Le", closes: true,
        expected: .failure(.closedEarly)),
    ResponseCase(
        name: "ends within a chunk",
        wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", closes: true,
        expected: .failure(.closedEarly)),
    ResponseCase(
        name: "nothing at all", wire: "", closes: true, expected: .failure(.closedEarly)),
    ResponseCase(
        name: "garbage", wire: "\u{1}\u{2}garbage that is no HTTP at all\n",
        expected: .failure(
            .malformed("the response does not begin with an HTTP/1.x status line"))),
    ResponseCase(
        name: "status is no number", wire: "HTTP/1.1 2x0 OK\r\n\r\n",
        expected: .failure(.malformed("the status code is not a number"))),
    ResponseCase(
        name: "lengths disagree",
        wire: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        expected: .failure(.malformed("two Content-Length headers disagree"))),
    ResponseCase(
        name: "length is no number",
        wire: "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        expected: .failure(.malformed("Content-Length is not a number"))),
    ResponseCase(
        name: "length overflows",
        wire: "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        expected: .failure(.malformed("Content-Length is not a number"))),
    ResponseCase(
        name: "body beyond the limit", wire: "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n",
        expected: .failure(.tooLarge("body beyond 1000 bytes"))),
    ResponseCase(
        name: "header without colon", wire: "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        expected: .failure(.malformed("a header line has no colon"))),
    ResponseCase(
        name: "unknown coding", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        expected: .failure(.malformed("a transfer coding other than chunked"))),
    ResponseCase(
        name: "compressed below the chunks",
        wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        expected: .failure(.malformed("a transfer coding other than chunked"))),
    ResponseCase(
        name: "chunk size is no number",
        wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        expected: .failure(.malformed("a chunk has no size"))),
    ResponseCase(
        name: "chunk longer than it says",
        wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        expected: .failure(.malformed("a chunk is longer than it says"))),
    ResponseCase(
        name: "not complete yet", wire: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        expected: .incomplete),
]

@Suite struct ResponseParserTests {
    @Test(arguments: goodResponses + badResponses + foldedResponses)
    func readsWholeAndInPieces(row: ResponseCase) {
        let wire = Array(row.wire.utf8)
        #expect(parse([wire], row) == row.expected)
        #expect(parse(wire.map { [$0] }, row) == row.expected, "byte by byte")
        for cut in 1..<max(wire.count, 1) {
            let pieces = [Array(wire[..<cut]), Array(wire[cut...])]
            #expect(parse(pieces, row) == row.expected, "cut at \(cut)")
        }
    }

    @Test func whatFollowsAResponseEndsTheConnection() {
        let row = ResponseCase(
            name: "", wire: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n",
            expected: .message(status: 200, body: "x", keepsAlive: false))
        #expect(parse([Array(row.wire.utf8)], row) == row.expected)
    }

    @Test func endlessHeadsAndInterimsAreCut() {
        var parser = ResponseParser(limits: HTTPLimits(head: 500, body: 1_000))
        parser.reset(isReplyToHead: false)
        let line = Array("HTTP/1.1 200 OK\r\n".utf8) + [UInt8](repeating: 97, count: 600)
        #expect(fed(line, to: &parser) == .tooLarge("head beyond 500 bytes"))
        parser.reset(isReplyToHead: false)
        let interim = Array("HTTP/1.1 102 Processing\r\n\r\n".utf8)
        let failures = (0..<21).map { _ in fed(interim, to: &parser) }
        #expect(failures.prefix(20).allSatisfy { $0 == nil })
        #expect(failures.last == .malformed("more than 20 interim responses"))
    }

    private func fed(_ bytes: [UInt8], to parser: inout ResponseParser) -> HTTPError? {
        do {
            _ = try parser.feed(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    /// Reads the pieces as a connection would and says what came of them.
    private func parse(_ pieces: [[UInt8]], _ row: ResponseCase) -> ParsedResponse {
        var parser = ResponseParser(limits: HTTPLimits(head: 500, body: 1_000))
        parser.reset(isReplyToHead: row.isReplyToHead)
        do throws(HTTPError) {
            for piece in pieces where !piece.isEmpty {
                if try parser.feed(piece.span) { return message(parser, input: piece.span) }
            }
            guard row.closes else { return .incomplete }
            let nothing: [UInt8] = []
            return try parser.end() ? message(parser, input: nothing.span) : .incomplete
        } catch {
            return .failure(error)
        }
    }

    private func message(_ parser: ResponseParser, input: Span<UInt8>) -> ParsedResponse {
        var text = ""
        parser.withMessage(input: input) { head, body in
            text = body.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
        return .message(
            status: parser.head.status, body: text, keepsAlive: parser.keepsAlive)
    }
}
