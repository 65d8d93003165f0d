import Base
import Networking

/// One way in which the sandbox misbehaves: a closed menu, for trying out what a client makes of it.
///
/// The raw value is its name in options, in the `X-Sandbox-Fault` header and in the counts.
package enum InjectedFault: String, CaseIterable, Sendable {
    // The connection.
    case refuse
    case noAnswer = "no-answer"
    case reset
    case resetInHead = "reset-in-head"
    case resetInBody = "reset-in-body"
    case close
    case closeInHead = "close-in-head"
    case closeInBody = "close-in-body"
    case stall
    case dribble

    // How the message is framed.
    case garbage
    case lengthTooLong = "length-too-long"
    case lengthTooShort = "length-too-short"
    case lengthInvalid = "length-invalid"
    case twoLengths = "two-lengths"
    case lengthAndChunks = "length-and-chunks"
    case chunkTooLarge = "chunk-too-large"
    case chunkInvalid = "chunk-invalid"
    case endlessHead = "endless-head"
    case endlessInterims = "endless-interims"
    case endlessBody = "endless-body"

    // What the message says.
    case emptyBody = "empty-body"
    case htmlPage = "html-page"
    case invalidUTF8 = "invalid-utf8"
    case truncatedJSON = "truncated-json"
    case deepJSON = "deep-json"
    case wrongTypes = "wrong-types"
    case cookieFlood = "cookie-flood"
    case gzip
    case gzipDamaged = "gzip-damaged"
    case gzipBomb = "gzip-bomb"
    case codingUnknown = "coding-unknown"
    case redirect
    case redirectLoop = "redirect-loop"
    case error5xx = "error-5xx"
    case burst5xx = "burst-5xx"
    case rejectSeconds = "reject-seconds"
    case rejectDate = "reject-date"
    case rejectClock = "reject-clock"
    case rejectAbsent = "reject-absent"
    case rejectGarbage = "reject-garbage"
    case rejectPast = "reject-past"
    case rejectHuge = "reject-huge"

    // How a stream goes on and ends.
    case errorInStream = "error-in-stream"
    case errorEvent = "error-event"
    case cutInStream = "cut-in-stream"
    case endWithoutFinish = "end-without-finish"
    case noDone = "no-done"
    case stallInStream = "stall-in-stream"
    case noFirstToken = "no-first-token"
    case emptyStream = "empty-stream"
    case noUsage = "no-usage"
    case roleOnly = "role-only"
    case jsonInstead = "json-instead"
    case burst

    // How its frames are written.
    case crlf
    case bom
    case splitData = "split-data"
    case comments
    case unknownEvents = "unknown-events"
    case utf8Split = "utf8-split"
    case byteARead = "byte-a-read"
    case wrongMediaType = "wrong-media-type"
    case hugeEvent = "huge-event"

    /// What happens, in half a line.
    package var meaning: String {
        switch self {
        case .refuse: "answers, hangs up, and refuses connections for 20ms"
        case .noAnswer: "never answers, and keeps the connection open"
        case .reset: "resets the connection instead of answering"
        case .resetInHead: "resets it in the middle of the head"
        case .resetInBody: "resets it in the middle of the body"
        case .close: "closes the connection instead of answering"
        case .closeInHead: "closes it in the middle of the head"
        case .closeInBody: "closes it in the middle of the body"
        case .stall: "stops in the middle of the body, and keeps the connection open"
        case .dribble: "sends a byte a second"
        case .garbage: "sends bytes that are no HTTP"
        case .lengthTooLong: "Content-Length is 100 more than there is"
        case .lengthTooShort: "Content-Length is half of what there is"
        case .lengthInvalid: "Content-Length is no number"
        case .twoLengths: "two Content-Length headers that disagree"
        case .lengthAndChunks: "Content-Length and chunked transfer coding together"
        case .chunkTooLarge: "announces a chunk of 16 TB"
        case .chunkInvalid: "a chunk whose size is no number"
        case .endlessHead: "headers without end"
        case .endlessInterims: "interim responses (103) without end"
        case .endlessBody: "a body without end"
        case .emptyBody: "no body"
        case .htmlPage: "a page instead of JSON"
        case .invalidUTF8: "JSON whose bytes are not UTF-8"
        case .truncatedJSON: "the first half of the JSON"
        case .deepJSON: "the JSON in 100,000 arrays inside each other"
        case .wrongTypes: "numbers for texts, texts for numbers, objects for arrays"
        case .cookieFlood: "400 cookies with the answer"
        case .gzip: "the answer compressed, whether it was asked for or not"
        case .gzipDamaged: "the first half of the compressed answer"
        case .gzipBomb: "20 KB that unpack to 20 MB"
        case .codingUnknown: "Content-Encoding: br"
        case .redirect: "302 to another path"
        case .redirectLoop: "307 to the same path"
        case .error5xx: "500, 502, 503 and 504 in turn"
        case .burst5xx: "503 to this and the next 19 requests of the route"
        case .rejectSeconds: "429, Retry-After in seconds (1)"
        case .rejectDate: "429, Retry-After as a date (in 2s)"
        case .rejectClock: "429, Retry-After as mm:ss (00:01)"
        case .rejectAbsent: "429 without Retry-After"
        case .rejectGarbage: "429, Retry-After in words"
        case .rejectPast: "429, Retry-After as a date long past"
        case .rejectHuge: "429, Retry-After of 20 digits"
        default: streamMeaning
        }
    }

    private var streamMeaning: String {
        switch self {
        case .errorInStream: "streams: an error after 3 tokens, as the service words it"
        case .errorEvent: "event streams: an error after 3 tokens in an event called error"
        case .cutInStream: "streams: closes the connection after 3 tokens"
        case .endWithoutFinish: "streams: a clean end of the body after 3 tokens"
        case .noDone: "streams: without what ends them, [DONE] or message_stop"
        case .stallInStream: "streams: nothing more after 3 tokens, the connection stays open"
        case .noFirstToken: "streams: what comes before the first token, and nothing more"
        case .emptyStream: "streams: a body without a frame"
        case .noUsage: "streams: without the usage that belongs to them"
        case .roleOnly: "streams: a good end without any token"
        case .jsonInstead: "streams: the whole reply in one piece of JSON"
        case .burst: "streams: all frames at once at the end"
        case .crlf: "event streams and lines that end with CR LF"
        case .bom: "event streams that begin with a byte order mark"
        case .splitData: "event streams: the data of an event on two lines"
        case .comments: "event streams: a comment before each event"
        case .unknownEvents: "event streams and lines: others between them that mean nothing"
        case .utf8Split: "streams: a character's bytes over two frames, neither of them UTF-8"
        case .byteARead: "streams: each byte in a write of its own"
        case .wrongMediaType: "streams: text/plain as the media type"
        case .hugeEvent: "streams: a frame of 2 MB"
        default: ""
        }
    }

    /// Whether it can only happen to a streamed answer.
    package var isOfStreams: Bool { !streamMeaning.isEmpty }

    /// Whether a client gets a whole message with a status, however odd it is. Where not, the request
    /// counts under no status, as it does on the client's side.
    var isAnswer: Bool {
        switch self {
        case .noAnswer, .reset, .resetInHead, .resetInBody, .close, .closeInHead, .closeInBody,
            .stall, .dribble, .garbage, .lengthTooLong, .lengthInvalid, .twoLengths,
            .chunkTooLarge, .chunkInvalid, .endlessHead, .endlessInterims, .endlessBody:
            false
        default: true
        }
    }

    /// Whether it is in how an answer goes over the wire, and not in what it says.
    var isDelivery: Bool {
        !isAnswer || self == .refuse || self == .lengthTooShort || self == .lengthAndChunks
    }
}

/// Faults of what an answer says: they change the answer before it is put on the wire.
extension InjectedFault {
    /// Changes the service's answer to `request`; `turn` counts the faults of this kind.
    func spoil(
        _ response: inout Response, to request: borrowing Request, at now: Nanoseconds, turn: Int
    ) {
        switch self {
        case .refuse: response.closes = true
        case .emptyBody: response.body.clear()
        case .htmlPage:
            response.contentType = Response.html
            response.body.clear()
            response.body.append(fixed: "<!doctype html><title>Welcome</title><p>Please log in.")
        case .invalidUTF8, .truncatedJSON, .deepJSON, .wrongTypes: response.body.change(self)
        case .cookieFlood: flood(&response)
        case .gzip: response.encode(as: .gzip)
        case .gzipDamaged:
            response.encode(as: .gzip)
            response.body.truncate(to: response.body.count / 2)
        case .gzipBomb:
            response.body.clear()
            response.body.append(Self.bomb)
            response.declareCoding("gzip")
        case .codingUnknown: response.declareCoding("br")
        case .redirect: answer(&response, 302, "Location", "/elsewhere")
        case .redirectLoop: answer(&response, 307, "Location", request.text(request.path))
        case .error5xx: answer(&response, [500, 502, 503, 504][turn % 4])
        case .burst5xx: answer(&response, 503)
        default: reject(&response, at: now)
        }
    }

    /// Twenty megabytes of blanks, compressed.
    private static let bomb: [UInt8] = {
        let blanks = [UInt8](repeating: 0x20, count: 20_000_000)
        return ContentCoding.gzip.pack(blanks.span) ?? []
    }()

    private func reject(_ response: inout Response, at now: Nanoseconds) {
        let value: String? =
            switch self {
            case .rejectSeconds: "1"
            case .rejectDate: HTTPDate.text(second: now.count / 1_000_000_000 + 2)
            case .rejectClock: "00:01"
            case .rejectGarbage: "in a while"
            case .rejectPast: "Sun, 06 Nov 1994 08:49:37 GMT"
            case .rejectHuge: "99999999999999999999"
            default: nil
            }
        guard value != nil || self == .rejectAbsent else { return }
        answer(&response, 429)
        if let value { response.addHeader("Retry-After", value) }
    }

    private func answer(
        _ response: inout Response, _ status: Int, _ header: StaticString = "",
        _ value: String? = nil
    ) {
        response.status = status
        response.contentType = Response.json
        response.body.clear()
        response.body.append(fixed: "{\"message\":\"a fault of the sandbox: ")
        response.body.append(rawValue)
        response.body.append(fixed: "\"}")
        if let value { response.addHeader(header, value) }
    }

    /// The service's own cookies come last: a jar that gives up its oldest keeps them.
    private func flood(_ response: inout Response) {
        let own = response.headers.bytes
        response.headers.clear()
        let filler = String(repeating: "x", count: 64)
        for number in 0..<400 { response.addHeader("Set-Cookie", "flood-\(number)=\(filler)") }
        response.headers.append(own)
    }
}

extension ByteBuffer {
    /// Gives JSON one of the faults that JSON can have.
    mutating func change(_ fault: InjectedFault) {
        switch fault {
        case .invalidUTF8: breakUTF8()
        case .truncatedJSON: truncate(to: count / 2)
        case .deepJSON: nest(100_000)
        case .wrongTypes: swapTypes()
        default: break
        }
    }

    /// Puts a byte that begins no character into the last string.
    fileprivate mutating func breakUTF8() {
        let end = bytes.lastIndex(of: UInt8(ascii: "\"")) ?? bytes.count
        let rest = Array(bytes[end...])
        truncate(to: end)
        append([0xC3, 0x28])
        append(rest)
    }

    /// Puts everything into arrays inside each other.
    fileprivate mutating func nest(_ depth: Int) {
        let content = bytes
        clear()
        append([UInt8](repeating: UInt8(ascii: "["), count: depth))
        append(content)
        append([UInt8](repeating: UInt8(ascii: "]"), count: depth))
    }

    /// Gives every value of a JSON text another type: texts and numbers each other's, arrays that of
    /// objects. What is not JSON stays as it is.
    fileprivate mutating func swapTypes() {
        var swapped = ByteBuffer(capacity: count)
        if (try? swapped.appendSwapped(bytes.span)) != nil { self = swapped }
    }

    private mutating func appendSwapped(_ text: Span<UInt8>) throws(JSONError) {
        var scanner = JSONScanner()
        // By open container, the elements so far, and whether they have keys of their own.
        var open: [(count: Int, hasKeys: Bool)] = []
        while true {
            let token = try scanner.next(in: text)
            switch token {
            case .endObject, .endArray:
                append(byte: UInt8(ascii: "}"))
                open.removeLast()
                continue
            case .end: return
            case .key(let key):
                beginElement(&open)
                append(json: text.extracting(key.range))
                append(byte: UInt8(ascii: ":"))
                continue
            default: if open.last?.hasKeys == false { beginElement(&open) }
            }
            switch token {
            case .beginObject, .beginArray:
                append(byte: UInt8(ascii: "{"))
                open.append((0, token == .beginObject))
            case .string: append(fixed: "7")
            default: append(fixed: "\"seven\"")
            }
        }
    }

    /// The comma before all elements but the first, and the number that an array's has for a key.
    private mutating func beginElement(_ open: inout [(count: Int, hasKeys: Bool)]) {
        guard let last = open.indices.last else { return }
        if open[last].count > 0 { append(byte: UInt8(ascii: ",")) }
        if !open[last].hasKeys {
            append(byte: UInt8(ascii: "\""))
            append(decimal: open[last].count)
            append(fixed: "\":")
        }
        open[last].count += 1
    }
}
