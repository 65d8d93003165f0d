import Networking

/// How a faulty answer goes over the wire, as a value: the server's loop carries it out.
struct Delivery {
    /// What becomes of the connection afterwards.
    enum Ending: Equatable { case open, closed, reset, refusing }

    /// What is sent first.
    var bytes: [UInt8] = []
    /// Whether that is sent byte by byte, one a second.
    var isDribbled = false
    /// What is sent over and over behind it, as long as the client takes it.
    var forever: [UInt8] = []
    var ending = Ending.open

    /// The delivery of a response as it was written for the wire. One that has no body by its status
    /// has too little that could go wrong: it is not sent at all.
    init(of fault: InjectedFault, _ written: [UInt8]) {
        guard let answer = WrittenAnswer(written) else {
            ending = .closed
            return
        }
        switch fault {
        case .refuse: (bytes, ending) = (written, .refusing)
        case .noAnswer: break
        case .reset: ending = .reset
        case .resetInHead: (bytes, ending) = (answer.halfHead, .reset)
        case .resetInBody: (bytes, ending) = (answer.halfBody, .reset)
        case .close: ending = .closed
        case .closeInHead: (bytes, ending) = (answer.halfHead, .closed)
        case .closeInBody: (bytes, ending) = (answer.halfBody, .closed)
        case .stall: bytes = answer.halfBody
        case .dribble: (bytes, isDribbled) = (written, true)
        case .garbage: bytes = (0..<64).map { UInt8(0x80 | $0 * 37 & 0x7F) }
        case .endlessHead:
            bytes = Array("HTTP/1.1 200 OK\r\n".utf8)
            forever = Self.repeated("X-Endless: \(Self.filler(80))\r\n")
        case .endlessInterims:
            forever = Self.repeated("HTTP/1.1 103 Early Hints\r\nLink: \(Self.filler(80))\r\n\r\n")
        case .endlessBody:
            bytes = Self.framed(fault, answer)
            forever = Array("10000\r\n\(Self.filler(65_536))\r\n".utf8)
        default: bytes = Self.framed(fault, answer)
        }
    }

    /// The answer with a wrong word on where its body ends.
    private static func framed(_ fault: InjectedFault, _ answer: WrittenAnswer) -> [UInt8] {
        let length = answer.body.count
        return switch fault {
        case .lengthTooLong: answer.framed("Content-Length: \(length + 100)\r\n")
        case .lengthTooShort: answer.framed("Content-Length: \(length / 2)\r\n")
        case .lengthInvalid: answer.framed("Content-Length: some\r\n")
        case .twoLengths:
            answer.framed("Content-Length: \(length)\r\nContent-Length: \(length + 1)\r\n")
        case .lengthAndChunks:
            answer.framed(
                "Content-Length: \(length)\r\nTransfer-Encoding: chunked\r\n",
                before: hex(length) + "\r\n", behind: length > 0 ? "\r\n0\r\n\r\n" : "\r\n")
        case .chunkTooLarge: answer.framed(chunked, before: "fffffffffff\r\n")
        case .chunkInvalid: answer.framed(chunked, before: "some\r\n")
        default: answer.framed(chunked, before: hex(length + 1) + "\r\n", behind: " \r\n")
        }
    }

    private static let chunked = "Transfer-Encoding: chunked\r\n"

    private static func hex(_ number: Int) -> String { String(number, radix: 16) }

    private static func filler(_ count: Int) -> String { String(repeating: "x", count: count) }

    /// Some 64 KB of the same lines, so that endless ones take few writes.
    private static func repeated(_ lines: String) -> [UInt8] {
        Array(String(repeating: lines, count: 65_536 / lines.utf8.count).utf8)
    }
}

/// A response as it was written for the wire, taken apart again.
struct WrittenAnswer {
    private let bytes: [UInt8]
    private let bodyStart: Int
    private let lengthLine: Range<Int>

    /// Nil for what is no response with a body.
    init?(_ bytes: [UInt8]) {
        guard let blank = bytes.firstRange(of: Array("\r\n\r\n".utf8)),
            let line = bytes.firstRange(of: Array("\r\nContent-Length: ".utf8)),
            line.lowerBound < blank.lowerBound,
            let end = bytes[line.upperBound...].firstIndex(of: 0x0A)
        else { return nil }
        self.bytes = bytes
        bodyStart = blank.upperBound
        lengthLine = line.lowerBound + 2..<end + 1
    }

    var body: ArraySlice<UInt8> { bytes[bodyStart...] }

    /// The first half of the head.
    var halfHead: [UInt8] { Array(bytes[..<(bodyStart / 2)]) }

    /// The head and the first half of the body; of an empty one, all but the end of the head.
    var halfBody: [UInt8] {
        Array(bytes[..<(body.isEmpty ? bodyStart - 1 : bodyStart + body.count / 2)])
    }

    /// The response with other lines for its length, and something around its body.
    func framed(_ lines: String, before: String = "", behind: String = "") -> [UInt8] {
        var framed = Array(bytes[..<lengthLine.lowerBound])
        framed += Array(lines.utf8)
        framed += bytes[lengthLine.upperBound..<bodyStart]
        framed += Array(before.utf8)
        framed += body
        return framed + Array(behind.utf8)
    }
}
