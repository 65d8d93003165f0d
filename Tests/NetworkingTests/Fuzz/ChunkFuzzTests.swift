import Support
import Testing

@testable import Base
@testable import Networking

@Suite struct ChunkFuzzTests {
    private static let fuzz = Fuzz(
        "chunks",
        texts: [
            "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "0\r\n\r\nrest", "1 \r\nx\r\n0;a\n\n",
            "3;a=b;c=\"d\"\r\nabc\r\n00\r\nX-A: 1\r\nX-B: 2\r\n\r\nHTTP/1.1 200 OK\r\n",
        ],
        words: ["\r\n", "\n", "0\r\n\r\n", "1\r\nx\r\n", ";", " ", "3c\r\n", "0000000000000001"])

    /// Against the decoder that is written the plain way.
    @Test func agreesWithTheReference() throws {
        var (bodies, refused) = (0, 0)
        try Self.fuzz.play { input in
            let expected = ChunkDecoderTests.reference(input.bytes)
            let piece = 1 + Int(input.random.next(upperBound: UInt64(input.bytes.count + 1)))
            let found = ChunkDecoderTests.decode(input.bytes, inPiecesOf: piece)
            try #require(found == expected, "\(input)")
            switch found {
            case .body(let output, let end):
                bodies += 1
                try #require(output.count <= min(end, ChunkDecoderTests.limits.body), "\(input)")
                try #require(end <= input.bytes.count, "\(input)")
            case .refused: refused += 1
            case .incomplete: break
            }
        }
        #expect(bodies > 50 && refused > 50)
    }
}
