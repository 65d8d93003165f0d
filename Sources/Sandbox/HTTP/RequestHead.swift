import Base

/// A request's head as ranges into the received bytes.
struct RequestHead {
    enum Framing: Equatable { case none, length(Int), chunked }

    var method = Request.Method.other
    var methodText = 0..<0
    var path = 0..<0
    var query = 0..<0
    var fields = Request.Fields()
    var framing = Framing.none
    var expectsContinue = false
    /// The index behind the empty line.
    var end = 0
    private var hosts = 0

    /// Reads the head that fills `range`, the empty line included.
    ///
    /// - Throws: why it has to be refused.
    static func parse(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(RequestParser.Refusal) -> RequestHead {
        var head = RequestHead()
        head.end = range.upperBound
        guard var line = nextLine(in: bytes, from: range.lowerBound, before: range.upperBound),
            head.readRequestLine(bytes, line)
        else { throw .malformed }
        guard head.hasKnownVersion(bytes, line) else { throw .versionNotSupported }
        head.fields.isHTTP11 = bytes[line.upperBound - 1] != UInt8(ascii: "0")
        head.fields.keepsAlive = head.fields.isHTTP11
        while true {
            let next = nextLine(in: bytes, from: line.upperBound + 2, before: range.upperBound)
            guard let next else { throw .malformed }
            line = next
            if line.isEmpty { break }
            guard head.readField(bytes, line) else { throw .malformed }
        }
        if head.hosts > 1 || head.hosts == 0 && head.fields.isHTTP11 { throw .malformed }
        return head
    }

    /// `tchar` of RFC 9110 §5.6.2.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"),
            UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The line that begins at `start`, without its CR LF. A lone CR or LF does not end a line; it
    /// is found as a control character by whoever reads the line.
    private static func nextLine(
        in bytes: Span<UInt8>, from start: Int, before end: Int
    ) -> Range<Int>? {
        var index = start
        while index + 1 < end {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return start..<index }
            index += 1
        }
        return nil
    }

    /// `method SP target SP HTTP/d.d`, with single spaces.
    private mutating func readRequestLine(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
        var index = line.lowerBound
        while index < line.upperBound, Self.isTokenByte(bytes[index]) { index += 1 }
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == 0x20 else {
            return false
        }
        methodText = line.lowerBound..<index
        method = Self.method(bytes, methodText)
        let targetStart = index + 1
        index = targetStart
        while index < line.upperBound, bytes[index] > 0x20, bytes[index] != 0x7F { index += 1 }
        guard index > targetStart, index < line.upperBound, bytes[index] == 0x20 else {
            return false
        }
        readTarget(bytes, targetStart..<index)
        guard line.upperBound - index == 9 else { return false }
        return bytes.matches("HTTP/", at: index + 1) && bytes[line.upperBound - 2] == 0x2E
    }

    private func hasKnownVersion(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
        let minor = bytes[line.upperBound - 1]
        return bytes[line.upperBound - 3] == UInt8(ascii: "1")
            && (minor == UInt8(ascii: "0") || minor == UInt8(ascii: "1"))
    }

    /// Splits the target; of an absolute one (`http://host/path`, RFC 9112 §3.2.2) scheme and
    /// authority are passed over.
    private mutating func readTarget(_ bytes: Span<UInt8>, _ target: Range<Int>) {
        var start = target.lowerBound
        if bytes.matches("http://", at: start), start + 7 <= target.upperBound {
            start += 7
            while start < target.upperBound, bytes[start] != UInt8(ascii: "/") { start += 1 }
        }
        var index = start
        while index < target.upperBound, bytes[index] != UInt8(ascii: "?") { index += 1 }
        path = start..<index
        query = min(index + 1, target.upperBound)..<target.upperBound
        // A fragment has no place in a target; servers that meet one cut it off, and with it every
        // parameter behind an unencoded '#'.
        index = query.lowerBound
        while index < query.upperBound, bytes[index] != UInt8(ascii: "#") { index += 1 }
        query = query.lowerBound..<index
    }

    private static func method(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Request.Method {
        if bytes.equals("GET", range) { return .get }
        if bytes.equals("POST", range) { return .post }
        if bytes.equals("DELETE", range) { return .delete }
        if bytes.equals("PUT", range) { return .put }
        if bytes.equals("HEAD", range) { return .head }
        if bytes.equals("OPTIONS", range) { return .options }
        return .other
    }

    /// `name ":" OWS value OWS`; false when the line is something else.
    private mutating func readField(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
        var index = line.lowerBound
        while index < line.upperBound, Self.isTokenByte(bytes[index]) { index += 1 }
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == 0x3A else {
            return false
        }
        let name = line.lowerBound..<index
        var value = index + 1..<line.upperBound
        for position in value {
            let byte = bytes[position]
            if byte < 0x20 && byte != 0x09 || byte == 0x7F { return false }
        }
        while let first = value.first, bytes[first] == 0x20 || bytes[first] == 0x09 {
            value.removeFirst()
        }
        while let last = value.last, bytes[last] == 0x20 || bytes[last] == 0x09 {
            value.removeLast()
        }
        return note(bytes, name, value)
    }

    /// Keeps the fields that matter; the length of the name picks the few to compare with.
    private mutating func note(
        _ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>
    ) -> Bool {
        switch name.count {
        case 4 where bytes.equalsIgnoringCase("host", name): hosts += 1
        case 6 where bytes.equalsIgnoringCase("cookie", name): fields.cookie = value
        case 6 where bytes.equalsIgnoringCase("origin", name): fields.origin = value
        case 6 where bytes.equalsIgnoringCase("expect", name):
            expectsContinue = fields.isHTTP11 && bytes.equalsIgnoringCase("100-continue", value)
        case 10 where bytes.equalsIgnoringCase("connection", name):
            noteConnection(bytes, value)
        case 12 where bytes.equalsIgnoringCase("content-type", name): fields.contentType = value
        case 13 where bytes.equalsIgnoringCase("authorization", name): fields.authorization = value
        case 14 where bytes.equalsIgnoringCase("content-length", name):
            return noteLength(bytes, value)
        case 15 where bytes.equalsIgnoringCase("accept-encoding", name):
            fields.acceptEncoding = value
        case 15 where bytes.equalsIgnoringCase("x-sandbox-fault", name): fields.fault = value
        case 17 where bytes.equalsIgnoringCase("transfer-encoding", name):
            guard framing == .none, bytes.equalsIgnoringCase("chunked", value), fields.isHTTP11
            else {
                return false
            }
            framing = .chunked
        default: break
        }
        return true
    }

    private mutating func noteLength(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
        guard framing == .none, !value.isEmpty, value.count <= 15 else { return false }
        var length = 0
        for index in value {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return false }
            length = length * 10 + Int(digit)
        }
        framing = .length(length)
        return true
    }

    private mutating func noteConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != UInt8(ascii: ",") { end += 1 }
            var option = start..<end
            while let first = option.first, bytes[first] == 0x20 { option.removeFirst() }
            while let last = option.last, bytes[last] == 0x20 { option.removeLast() }
            if bytes.equalsIgnoringCase("close", option) { fields.keepsAlive = false }
            if bytes.equalsIgnoringCase("keep-alive", option), !fields.isHTTP11 {
                fields.keepsAlive = true
            }
            start = end + 1
        }
    }
}
