import Base
import Networking

/// Faults of streams: what becomes of a reply that is generated, before it is put on the wire.
extension ModelService.Outcome {
    /// The reply as a stream; nil where it is none.
    var streamed: StreamedReply? {
        guard isStreamed, let api, let generation else { return nil }
        return api.streamed(generation)
    }

    /// Puts what is generated into the response, or its head where it is streamed, as a fault will have
    /// it.
    ///
    /// - Parameters:
    ///   - reply: the reply as a stream; nil afterwards where it is sent as a whole.
    ///   - running: how many replies are under way.
    /// - Returns: the tokens of a whole reply.
    func put(
        _ reply: inout StreamedReply?, _ fault: InjectedFault?, running: Int,
        into response: inout Response
    ) -> Int {
        guard let api, let generation else { return 0 }
        guard reply != nil, fault != .jsonInstead else {
            reply = nil
            api.whole(generation, &response)
            response.delay = generation.end(running: running)
            return fault?.isAnswer ?? true ? generation.replyTokens : 0
        }
        if let fault { disturb(&reply, fault, api) }
        response.contentType = reply?.mediaType
        guard let fault, !fault.isOfStreams, !fault.keepsStreams else { return 0 }
        // What is known of whole answers happens to the stream as a whole.
        reply?.appendAll(to: &response.body)
        reply = nil
        response.delay = generation.firstToken
        return fault.keepsTokens ? generation.replyTokens : 0
    }

    /// Makes the stream the one that a fault leaves of it.
    private func disturb(
        _ reply: inout StreamedReply?, _ fault: InjectedFault, _ api: ModelAPI
    ) {
        guard var generation else { return }
        switch fault {
        case .noUsage: (generation.includesUsage, generation.countsInFrames) = (false, false)
        case .roleOnly: (generation.reasoningTokens, generation.answerTokens) = (0, 0)
        default: break
        }
        if fault == .roleOnly { generation.isCut = false }
        if fault == .noUsage || fault == .roleOnly { reply = api.streamed(generation) }
        reply?.suffer(fault, saying: api.lateError)
        if fault == .burst { reply?.floor = generation.end(running: 0) }
    }
}

extension InjectedFault {
    /// Whether a streamed answer that has it is still streamed, frame by frame.
    fileprivate var keepsStreams: Bool {
        switch self {
        case .cookieFlood: true
        default: isOfJSON
        }
    }

    /// Whether it is in the JSON of an answer, or of each frame.
    var isOfJSON: Bool {
        switch self {
        case .invalidUTF8, .truncatedJSON, .deepJSON, .wrongTypes: true
        default: false
        }
    }

    /// Whether the client gets all that was generated.
    fileprivate var keepsTokens: Bool {
        self == .gzip || self == .refuse || self == .lengthAndChunks
    }
}

extension StreamedReply {
    /// So many tokens are sent before a fault in mid-stream.
    private static let tokensBeforeFault = 3
    private static let hugeFrame = 2_000_000

    /// Whether the fault is one that this stream can have.
    func canHave(_ fault: InjectedFault) -> Bool {
        switch fault {
        case .noDone: parts.contains { $0.role == .terminator }
        case .noUsage: tellsUsage
        case .bom, .comments, .splitData, .errorEvent: framing == .events
        case .crlf, .unknownEvents: framing != .array
        default: true
        }
    }

    /// Becomes the stream that a fault leaves of it; `error` is what an error in it says.
    fileprivate mutating func suffer(
        _ fault: InjectedFault, saying error: ModelAPI.LateError
    ) {
        self.fault = fault
        switch fault {
        case .errorInStream:
            let end = parts.filter { $0.role == .terminator && error.isFollowedByEnd }
            stop()
            let template = lateError(error.plain, isEvent: error.isEvent)
            parts.append(Part(role: .finish, template: template))
            parts += end
        case .errorEvent:
            stop()
            parts.append(Part(role: .finish, template: lateError(error.event, isEvent: true)))
        case .cutInStream:
            stop()
            ending = .closed
        case .endWithoutFinish: stop()
        case .stallInStream:
            stop()
            ending = .silent
        case .noFirstToken:
            parts = parts.filter { $0.role == .opening }
            ending = .silent
        case .emptyStream: parts = []
        case .noDone: parts.removeAll { $0.role == .terminator }
        case .wrongMediaType: mediaType = "text/plain; charset=utf-8"
        default: break
        }
    }

    /// Ends behind the first few tokens.
    private mutating func stop() {
        var left = Self.tokensBeforeFault
        var kept: [Part] = []
        for var part in parts {
            if left == 0 || part.role == .finish || part.role == .usage { break }
            part.tokens = min(part.tokens, left)
            left -= part.tokens
            kept.append(part)
        }
        parts = kept
    }

    private func lateError(_ text: StaticString, isEvent: Bool) -> FrameTemplate {
        switch framing {
        case .events:
            .event(isEvent ? "error" : "") { $0.bytes.append(fixed: text) }
        case .lines, .array:
            FrameTemplate {
                $0.bytes.append(fixed: text)
                $0.bytes.append(fixed: framing == .array ? "]" : "\n")
            }
        }
    }

    /// Appends all frames that are left, whenever they would be due.
    fileprivate mutating func appendAll(to body: inout ByteBuffer) {
        var frame = ByteBuffer()
        begin()
        while due != nil {
            frame.clear()
            _ = write(to: &frame, running: 0)
            body.append(frame)
        }
    }
}

/// Frames that are not written as they should be.
extension StreamedReply {
    /// Changes the frame of this number, which is all that is in the buffer.
    mutating func vary(_ frame: inout ByteBuffer, number: Int) {
        switch fault {
        case .crlf: frame.endLinesWithCRLF()
        case .bom where number == 0: frame.insert("\u{FEFF}", at: 0)
        case .comments: frame.insert(": keep-alive\n\n", at: 0)
        case .unknownEvents: frame.insert(unknown, at: 0)
        case .splitData: frame.insert("\ndata: ", behindFirst: UInt8(ascii: "{"))
        case .hugeEvent where outputFrames == Self.tokensBeforeFault - 1:
            let padding = String(repeating: "x", count: Self.hugeFrame)
            frame.insert("\"padding\":\"\(padding)\",", behindFirst: UInt8(ascii: "{"))
        case let fault? where fault.isOfJSON: frame.changeJSON(fault)
        default: break
        }
    }

    private var unknown: String {
        framing == .events
            ? "unheard: of\nevent: sandbox.unknown\ndata: {\"type\":\"sandbox.unknown\"}\n\n"
            : "{\"unknown\":[1,2]}\n"
    }
}

extension ByteBuffer {
    fileprivate mutating func endLinesWithCRLF() {
        let lines = bytes
        clear()
        for byte in lines where byte != 0x0D {
            if byte == 0x0A { append(byte: 0x0D) }
            append(byte: byte)
        }
    }

    fileprivate mutating func insert(_ text: String, behindFirst byte: UInt8) {
        guard let place = bytes.firstIndex(of: byte) else { return }
        insert(text, at: place + 1)
    }

    /// Gives the frame's JSON one of the faults of an answer's.
    fileprivate mutating func changeJSON(_ fault: InjectedFault) {
        guard let start = bytes.firstIndex(of: UInt8(ascii: "{")) else { return }
        let end =
            bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.endIndex
        let (before, behind) = (bytes[..<start], bytes[end...])
        var json = ByteBuffer()
        json.append(bytes.span.extracting(start..<end))
        json.change(fault)
        self = ByteBuffer(capacity: before.count + json.count + behind.count)
        append(before.span)
        append(json)
        append(behind.span)
    }
}
