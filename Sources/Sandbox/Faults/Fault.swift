/// One way in which the sandbox misbehaves: a closed menu, for trying out what a client makes of it.
///
/// The raw value is its name in options, in the `X-Sandbox-Fault` header and in the counts.
package enum Fault: String, CaseIterable, Sendable {
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
        }
    }

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
