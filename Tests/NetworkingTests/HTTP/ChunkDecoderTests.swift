import Testing

@testable import Base
@testable import Networking

/// The decoder against a second one that is written the plain way, from the whole body at once.
@Suite struct ChunkDecoderTests {
    enum Decoded: Equatable, Sendable {
        case body([UInt8], end: Int)
        case refused
        case incomplete
    }

    static let limits = HTTPLimits(head: 1_000, body: 60)

    @Test func agreesWithTheReferenceOnMutatedBodies() {
        var random = SeededRandom(seed: 9)
        var kinds: [Int] = [0, 0, 0]
        for round in 0..<40_000 {
            var wire = Self.body(&random)
            for _ in 0..<random.next() % 4 where !wire.isEmpty { Self.mutate(&wire, &random) }
            let expected = Self.reference(wire)
            #expect(Self.decode(wire, inPiecesOf: wire.count) == expected, "round \(round)")
            let piece = Int.random(in: 1...5, using: &random)
            #expect(Self.decode(wire, inPiecesOf: piece) == expected, "round \(round), cut")
            switch expected {
            case .body: kinds[0] += 1
            case .refused: kinds[1] += 1
            case .incomplete: kinds[2] += 1
            }
        }
        #expect(kinds.allSatisfy { $0 > 1_000 }, "all three endings are met: \(kinds)")
    }

    @Test func aBodyMayHaveAnyNumberOfChunks() throws {
        var wire: [UInt8] = []
        for _ in 0..<100_000 { wire += Array("1\r\nx\r\n".utf8) }
        var decoder = ChunkDecoder()
        var (count, position) = (0, 0)
        while let content = try decoder.next(in: wire.span, at: &position, limits: HTTPLimits()) {
            count += content.count
        }
        #expect(count == 100_000)
    }

    @Test func whatGoesOnWithoutContentIsCut() {
        for endless in ["5;", "0\r\n", "1\r\nx\r"] {
            let wire = Array(endless.utf8) + [UInt8](repeating: 13, count: 1_001)
            #expect(Self.decode(wire, inPiecesOf: 7) == .refused)
        }
    }

    /// Its sender may never send it.
    @Test(arguments: ["3d", "fffffffffff", "ffffffffffffffffffff", "1\r\nx\r\n3c"])
    func aChunkBeyondTheLimitIsRefusedByItsSize(wire: String) {
        var decoder = ChunkDecoder()
        var position = 0
        #expect(throws: HTTPError.tooLarge("body beyond 60 bytes")) {
            let bytes = Array(wire.utf8)
            while try decoder.next(in: bytes.span, at: &position, limits: Self.limits) != nil {}
        }
    }

    /// What a server takes of it: line ends of CR LF, sizes of eight digits, and no line without end.
    @Test(arguments: [
        ("3\r\nabc\r\n0\r\n\r\nrest", Decoded.body(Array("abc".utf8), end: 13)),
        ("3;a=\nb\r\nabc\r\n0\r\nA: \rb\r\n\r\n", .body(Array("abc".utf8), end: 25)),
        ("00000001 \r\nx\r\n0\r\n\r\n", .body([120], end: 19)),
        ("0\r\n\r\r\n\r\n", .body([], end: 8)),
        ("3\nabc\r\n0\r\n\r\n", .refused), ("3\r\nabc\n0\r\n\r\n", .refused),
        ("3\r\nabc\r\r\n0\r\n\r\n", .refused), ("3\rX\nabc", .refused),
        ("000000001\r\n", .refused), ("\r\n", .refused), (" 1\r\n", .refused),
        ("3d\r\n", .refused), ("3d", .incomplete), ("0\r\n\n", .incomplete),
        ("1;\(String(repeating: "x", count: 4_200))", .refused),
        (
            "0\r\n" + String(repeating: "A: \(String(repeating: "b", count: 90))\r\n", count: 90),
            .refused
        ),
    ])
    func strictly(wire: String, expected: Decoded) {
        let bytes = Array(wire.utf8)
        for size in [1, 2, 3, bytes.count] {
            #expect(
                Self.decode(bytes, inPiecesOf: size, isStrict: true) == expected, "\(size) a piece")
        }
    }

    /// A well-formed body, followed by bytes that do not belong to it.
    private static func body(_ random: inout SeededRandom) -> [UInt8] {
        var text = ""
        for _ in 0..<random.next() % 5 {
            let size = Int.random(in: 1...20, using: &random)
            text += String(size, radix: 16, uppercase: random.next() % 2 == 0)
            text += ["", ";a", " ", "; b=\"c\""].randomElement(using: &random) ?? ""
            text += "\r\n" + String(repeating: "x", count: size) + "\r\n"
        }
        text += ["0\r\n\r\n", "000\r\nA: b\r\n\r\n", "0;e\n\n"].randomElement(using: &random) ?? ""
        return Array((text + "rest").utf8)
    }

    private static func mutate(_ wire: inout [UInt8], _ random: inout SeededRandom) {
        let place = Int.random(in: 0..<wire.count, using: &random)
        switch random.next() % 4 {
        case 0: wire[place] = "\r\n;0123456789abcFgx \t".utf8.randomElement(using: &random) ?? 0
        case 1: wire.remove(at: place)
        case 2: wire.removeLast(wire.count - place)
        default: wire.insert(contentsOf: wire[..<place].suffix(8), at: place)
        }
    }

    static func decode(
        _ wire: [UInt8], inPiecesOf size: Int, isStrict: Bool = false
    ) -> Decoded {
        var decoder = ChunkDecoder(isStrict: isStrict)
        var output: [UInt8] = []
        var position = 0
        do throws(HTTPError) {
            while position < wire.count, !decoder.isDone {
                let piece = Array(wire[position..<min(position + size, wire.count)])
                var place = 0
                while let content = try decoder.next(in: piece.span, at: &place, limits: limits) {
                    output += piece[content]
                }
                position += place
            }
        } catch {
            return .refused
        }
        return decoder.isDone ? .body(output, end: position) : .incomplete
    }

    /// The whole body at once: a size and its line, content, an end of line; then the trailers.
    static func reference(_ wire: [UInt8]) -> Decoded {
        var rest = wire[...]
        var output: [UInt8] = []
        while true {
            let digits = String(decoding: rest.prefix { isHex($0) }, as: UTF8.self)
            if digits.count > 16 || announces(digits, moreThan: limits.body - output.count) {
                return .refused
            }
            guard let delimiter = rest.dropFirst(digits.count).first else { return .incomplete }
            guard let size = Int(digits, radix: 16), "\n\r; \t".utf8.contains(delimiter) else {
                return .refused
            }
            guard let end = rest.firstIndex(of: 10) else { return .incomplete }
            rest = rest[(end + 1)...]
            if size == 0 { return referenceTrailers(rest, output) }
            output += rest.prefix(size)
            rest = rest.dropFirst(size).drop { $0 == 13 }
            guard let lineFeed = rest.first else { return .incomplete }
            guard lineFeed == 10 else { return .refused }
            rest = rest.dropFirst()
        }
    }

    /// Whether a size is too much, or more than any number holds.
    private static func announces(_ digits: String, moreThan limit: Int) -> Bool {
        !digits.isEmpty && Int(digits, radix: 16) ?? .max > limit
    }

    private static func referenceTrailers(_ trailers: ArraySlice<UInt8>, _ body: [UInt8]) -> Decoded
    {
        var rest = trailers
        while let end = rest.firstIndex(of: 10) {
            let isEmpty = rest[..<end].allSatisfy { $0 == 13 }
            rest = rest[(end + 1)...]
            if isEmpty { return .body(body, end: rest.startIndex) }
        }
        return .incomplete
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        "0123456789abcdefABCDEF".utf8.contains(byte)
    }
}
