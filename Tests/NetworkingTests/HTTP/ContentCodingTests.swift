import Testing

@testable import Base
@testable import Networking

/// Bodies that were compressed on their way.
@Suite struct ContentCodingTests {
    private static let text = String(repeating: "Hello there, äöü! ", count: 50)

    /// How a body is packed, and what its `Content-Encoding` says.
    struct Row: Sendable, CustomTestStringConvertible {
        let header: String
        let body: [UInt8]
        var testDescription: String { header }
    }

    private static func packed(_ coding: ContentCoding, _ text: String = text) -> [UInt8] {
        coding.pack(Array(text.utf8).span) ?? []
    }

    /// Without the head and the checksum of zlib's format.
    private static let bareDeflate = Array(packed(.deflate).dropFirst(2).dropLast(4))

    private static let rows = [
        Row(header: "Content-Encoding: gzip", body: packed(.gzip)),
        Row(header: "content-encoding: X-GZip", body: packed(.gzip)),
        Row(header: "Content-Encoding: deflate", body: packed(.deflate)),
        Row(header: "Content-Encoding: identity, deflate ", body: bareDeflate),
        Row(header: "Content-Encoding: identity", body: Array(text.utf8)),
        Row(
            header: "Content-Encoding: deflate,\r\n gzip",
            body: ContentCoding.gzip.pack(packed(.deflate).span) ?? []),
        Row(
            header: "Content-Encoding: gzip",
            body: packed(.gzip, "Hello") + packed(.gzip, String(text.dropFirst(5))) + [0, 0]),
    ]

    @Test(arguments: rows)
    func reads(row: Row) throws {
        for framing in ["Content-Length: \(row.body.count)\r\n\r\n", "Connection: close\r\n\r\n"] {
            let wire = Array("HTTP/1.1 200 OK\r\n\(row.header)\r\n\(framing)".utf8) + row.body
            let chunks = [
                [wire], wire.map { [$0] }, [Array(wire.prefix(70)), Array(wire.dropFirst(70))],
            ]
            for pieces in chunks {
                let (head, body) = try read(pieces)
                #expect(head.contentProblem == nil)
                #expect(String(decoding: body, as: UTF8.self) == Self.text)
            }
        }
    }

    @Test func readsChunks() throws {
        let body = Self.packed(.gzip)
        let size = String(body.count, radix: 16)
        let wire =
            Array(
                "HTTP/1.1 404 No\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n"
                    .utf8) + body + Array("\r\n0\r\n\r\n".utf8)
        let (head, content) = try read([wire])
        #expect(head.status == 404 && head.codings == [.gzip])
        #expect(String(decoding: content, as: UTF8.self) == Self.text)
    }

    @Test(arguments: [
        ("br", [0x0B, 0x02, 0x80], "the body is coded with br, which chatload does not read"),
        ("gzip, zstd", [1, 2], "the body is coded with zstd, which chatload does not read"),
        (
            "gzip, gzip, gzip, gzip, gzip", [1],
            "the body is coded with gzip, gzip, gzip, gzip, gzip"
        ),
        ("gzip", Array("plain".utf8), "the gzip body is damaged, at byte"),
        ("gzip", Array(packed(.gzip).dropLast(9)), "the gzip body ends before it is whole, after"),
        ("gzip", packed(.gzip) + [7], "the gzip body is damaged, at byte"),
        (
            "deflate", Array(packed(.deflate).dropLast(1)),
            "the deflate body ends before it is whole"
        ),
    ])
    func saysWhatItDoesNotRead(coding: String, body: [UInt8], words: String) throws {
        let start =
            "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)"
        let (head, content) = try read([Array("\(start)\r\n\r\n".utf8) + body])
        guard case .malformed(let reason) = head.contentProblem else {
            return #expect(Bool(false), "\(String(describing: head.contentProblem))")
        }
        #expect(reason.hasPrefix(words), "\(reason)")
        #expect(content == body && head.keepsAlive)
    }

    /// What unpacks to more than a body may have is given up on the way.
    @Test func isBounded() throws {
        let bomb = Self.packed(.gzip, String(repeating: "a", count: 2_000_000))
        let start = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)"
        let (head, _) = try read([Array("\(start)\r\n\r\n".utf8) + bomb])
        #expect(
            head.contentProblem
                == .tooLarge("body beyond 100000 bytes once its gzip is unpacked"))
    }

    /// Nothing is no stream, yet servers send it with the header.
    @Test(arguments: ["200 OK\r\nContent-Length: 0", "204 No Content", "304 Not Modified"])
    func nothingStaysNothing(start: String) throws {
        let (head, body) = try read([
            Array("HTTP/1.1 \(start)\r\nContent-Encoding: gzip\r\n\r\n".utf8)
        ])
        #expect(head.contentProblem == nil && body.isEmpty)
    }

    /// What a peer that sends these pieces and closes is read as.
    private func read(_ pieces: [[UInt8]]) throws -> (head: ResponseHead, body: [UInt8]) {
        var parser = ResponseParser(limits: HTTPLimits(head: 1_000, body: 100_000))
        parser.reset(isReplyToHead: false)
        var last: [UInt8] = []
        var isWhole = false
        for piece in pieces where !isWhole {
            last = piece
            isWhole = try parser.feed(piece.span)
        }
        if !isWhole { try #require(try parser.end()) }
        var content: [UInt8] = []
        parser.withMessage(input: last.span) { _, body in
            content = body.withUnsafeBufferPointer { Array($0) }
        }
        return (parser.head, content)
    }

    @Test func zlibStateLiesAsInC() { #expect(MemoryLayout<ZlibState>.size == 112) }
}
