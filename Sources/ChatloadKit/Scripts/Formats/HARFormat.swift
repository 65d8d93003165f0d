import Base
import FoundationEssentials

/// HAR 1.2 (github.com/ahmadnassri/har-spec): what a browser or a proxy captured. The entries of one
/// user of a service become one conversation, in the order of their times, with what was replied and
/// how long the user took.
extension Dialogue {
    /// Adds an entry to its conversation.
    mutating func add(entryIn bytes: Span<UInt8>) throws(Fault) {
        let entry = try HAREntry(reading: bytes)
        let request = try HARRequest(entry)
        if !entry.hasSucceeded { omissions.add(.failedRequest) }
        if entry.isUnreadable { omissions.add(.unreadableReply) }
        let start = entry.start ?? .zero
        let think = answered.flatMap { turns.isEmpty ? nil : max(start - $0, .zero) }
            .map(ThinkTime.fixed)
        answered = start + entry.took
        switch request {
        case .say(let text, let said, let with, let system, let replies):
            user = user ?? said.flatMap(Self.name)
            if turns.isEmpty, let system { addSystem(system) }
            var turn = Turn(.say(text), think: think, with: with)
            if entry.hasSucceeded {
                let texts = HARRequest.texts(at: replies, in: entry.content)
                turn.reply = texts?.lazy.compactMap(\.self).first
            }
            add(turn, at: start)
        case .call(let operation, let named, let with):
            user = user ?? named.flatMap(Self.name)
            add(Turn(.call(operation), think: think, with: with), at: start)
        case .poll:
            // The bot's message, if the poll brought one.
            guard let turn = turns.last, case .say = turn.action, turn.reply == nil,
                entry.hasSucceeded,
                let reply = HARRequest.texts(at: HARRequest.polled, in: entry.content)?[0]
            else { return }
            addReply(reply)
        case .chat(let whole):
            add(newPartOf: whole, at: start, think: think, reply: entry.chatReply)
        }
    }

    /// Adds what is new in the whole of a conversation that a client sends each time: the turns
    /// beyond those that are known, or its last one again, where it was asked again.
    private mutating func add(
        newPartOf whole: Dialogue, at time: Nanoseconds, think: ThinkTime?, reply: String?
    ) {
        let known = turns.count
        if known == 0 {
            if let system = whole.system { addSystem(system) }
            omissions.add(whole.omissions)
        }
        let fresh = whole.turns.count > known ? whole.turns[known...] : whole.turns.suffix(1)
        for turn in fresh { add(turn, at: time) }
        turns[known].think = think
        if let last = turns.indices.last, let reply { turns[last].reply = reply }
    }
}

/// One entry of a HAR file (HTTP Archive 1.2), as far as a conversation needs it.
struct HAREntry {
    /// When the request was sent, since 1970.
    var start: Nanoseconds?
    /// How long it took until the response was complete.
    var took = Nanoseconds.zero
    var method = ""
    var url = CapturedURL("")
    /// The request's body; empty when there is none.
    var body = ByteBuffer()
    var status = 0
    /// The response's body; empty when there is none or nobody kept it.
    var content = ByteBuffer()
    /// Whether there is one whose bytes are no text that can be read.
    var isUnreadable = false

    private static let fields = JSONFields(
        literal: "startedDateTime", "time", "request.method", "request.url",
        "request.postData.text", "response.status", "response.content.text",
        "response.content.encoding", "response.content.mimeType")

    /// Reads an entry.
    init(reading bytes: Span<UInt8>) throws(Fault) {
        var encoding = ""
        var type = ""
        do throws(JSONError) {
            try Self.fields.read(bytes) { path, token, range in
                switch (path, token) {
                case (0, .string(let text)): start = UTCTime.parse(text.range, in: bytes)
                case (1, .number(let digits)):
                    let milliseconds = JSONNumber.double(digits, in: bytes) ?? 0
                    // The time is −1 where it is not known.
                    took = Nanoseconds(seconds: max(milliseconds, 0) / 1e3)
                case (2, .string(let text)): method = text.string(in: bytes).uppercased()
                case (3, .string(let text)): url = CapturedURL(text.string(in: bytes))
                case (4, .string(let text)): text.append(to: &body, from: bytes)
                case (5, .number(let digits)):
                    status = JSONNumber.integer(digits, in: bytes) ?? 0
                case (6, .string(let text)): text.append(to: &content, from: bytes)
                case (7, .string(let text)): encoding = text.string(in: bytes).lowercased()
                case (8, .string(let text)): type = text.string(in: bytes).lowercased()
                default: break
                }
            }
        } catch {
            throw Fault(error, in: bytes)
        }
        if !encoding.isEmpty { unpack(encoding, type) }
        if method.isEmpty || url.path.isEmpty {
            throw Fault("this entry has no request with a method and a URL")
        }
        if start == nil {
            throw Fault("this entry has no startedDateTime that can be read")
        }
    }

    /// Makes a text of a response's bytes that were not recorded as one.
    private mutating func unpack(_ encoding: String, _ type: String) {
        let bytes = encoding == "base64" ? Data(base64Encoded: Data(content.bytes)) : nil
        content.clear()
        guard let bytes, let text = Self.text(Array(bytes), type) else {
            isUnreadable = true
            return
        }
        content.append(text)
    }

    /// Bytes as UTF-8, by their mark and the charset of their media type; nil where they are none.
    private static func text(_ bytes: [UInt8], _ type: String) -> [UInt8]? {
        let latin = ["iso-8859-1", "latin1", "us-ascii", "windows-1252"]
        if let charset = type.firstRange(of: "charset=").map({ type[$0.upperBound...] }),
            latin.contains(where: charset.trimmingPrefix("\"").hasPrefix)
        {
            return Array(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).utf8)
        }
        guard let text = try? FileContent.text(of: bytes),
            String(validating: text, as: UTF8.self) != nil
        else { return nil }
        return text
    }

    /// To whose conversation an entry belongs, and whether it begins a new one; nil when it belongs
    /// to none.
    static func membership(
        of bytes: Span<UInt8>
    ) -> (key: UInt64, begins: Bool, time: Nanoseconds)? {
        guard let entry = try? HAREntry(reading: bytes), let request = try? HARRequest(entry)
        else { return nil }
        var hash = FNV1a()
        hash.add(entry.url.origin)
        var begins = false
        switch request {
        case .say(_, let user, _, _, _): hash.add("\u{0}" + (user ?? ""))
        case .call, .poll: hash.add("\u{0}")
        case .chat(let whole):
            begins = whole.turns.count == 1
            if case .say(let text)? = whole.turns.first?.action { hash.add("\u{1}" + text) }
        }
        return (hash.value, begins, entry.start ?? .zero)
    }

    /// Whether what came back is a reply, and no error's text.
    var hasSucceeded: Bool { (200..<300).contains(status) }

    /// The request without what may be secret in it.
    var summary: String { "\(method.shortened) \((url.origin + url.path).shortened)" }
}

/// The text in the response to a chat request, whole or streamed.
extension HAREntry {
    /// Where whole responses have it: Chat Completions, Completions, Responses, Anthropic, Ollama.
    private static let whole = JSONFields(
        literal: "choices.0.message.content", "choices.0.text", "output.*.content.*.text",
        "content.*.text", "message.content")
    /// Where the events of streamed ones have it.
    private static let streamed = JSONFields(
        literal: "choices.0.delta.content", "choices.0.text", "delta", "delta.text",
        "message.content")
    private static let kind = JSONFields(literal: "type")
    /// Of the events that have a type, those that carry the answer; others carry thoughts and calls.
    private static let answers = ["response.output_text.delta", "content_block_delta"]

    /// The reply; nil when there is none, or none that is understood.
    var chatReply: String? {
        guard hasSucceeded else { return nil }
        if let texts = Self.all(Self.whole, in: content.bytes.span), !texts.isEmpty { return texts }
        var reply = ""
        for line in content.text.split(whereSeparator: \.isNewline) {
            let event = line.hasPrefix("data:") ? line.dropFirst("data:".count) : line
            let bytes = Array(event.utf8)
            let type = Self.all(Self.kind, in: bytes.span) ?? ""
            if type.isEmpty || Self.answers.contains(type) {
                reply += Self.all(Self.streamed, in: bytes.span) ?? ""
            }
        }
        return reply.isEmpty ? nil : reply
    }

    /// The strings at all of the paths, one after the other; nil when it is no JSON.
    private static func all(_ fields: JSONFields, in bytes: Span<UInt8>) -> String? {
        var found = ""
        do throws(JSONError) {
            try fields.read(bytes) { _, token, _ in
                if case .string(let text) = token { found += text.string(in: bytes) }
            }
        } catch {
            return nil
        }
        return found
    }
}

/// A captured URL taken apart; percent signs are resolved in parameters only.
struct CapturedURL: Equatable {
    /// Scheme, host and port.
    var origin = ""
    var path = ""
    private var query = ""

    init(_ text: String) {
        guard let scheme = text.firstRange(of: "://") else { return }
        let rest = text[scheme.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        // A name and a password before the host are nobody's business.
        let host = rest[..<end].split(separator: "@").last ?? ""
        origin = String(text[..<scheme.upperBound] + host)
        let parts = rest[end...].prefix { $0 != "#" }.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map { $0.isEmpty ? "/" : String($0) } ?? "/"
        query = parts.count > 1 ? String(parts[1]) : ""
    }

    /// The value of a parameter; nil when it is not there.
    func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, Self.resolved(parts[0]) == name { return Self.resolved(parts[1]) }
        }
        return nil
    }

    /// Those of some parameters that are there.
    func parameters(_ names: [String]) -> [String: String] {
        names.reduce(into: [:]) { $0[$1] = parameter($1) }
    }

    private static func resolved(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(Substring(rest.prefix(2)), radix: 16)
            {
                bytes.append(code)
                rest.removeFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a captured request means to a chat service.
enum HARRequest {
    /// The user says something to a service that keeps the conversation.
    case say(String, user: String?, with: [String: String], system: String?, replies: JSONFields)
    /// The user calls an operation.
    case call(String, user: String?, with: [String: String])
    /// The client looks whether the bot has replied.
    case poll
    /// The whole conversation so far, as OpenAI's and similar services want it each time.
    case chat(Dialogue)

    /// Recognises the requests of Tamako, Botyard and Stammer by their paths, and others by bodies
    /// that hold messages.
    init(_ entry: HAREntry) throws(Fault) {
        let request =
            Self.tamako(entry) ?? Self.stammer(entry) ?? Self.botyard(entry) ?? Self.chat(entry)
        if request == nil, entry.url.path.hasSuffix(BotyardRoutes.path + "/files") {
            throw Fault(
                "\(entry.summary) uploads files, which a capture does not hold",
                hint: "\"attach\" them in a script")
        }
        guard let request else { throw Fault("\(entry.summary) is no request of a chat service") }
        self = request
    }

    private static func tamako(_ entry: HAREntry) -> HARRequest? {
        guard entry.method == "GET", entry.url.path.hasSuffix(ServiceDescription.tamako.path),
            let message = entry.url.parameter("message"),
            let user = entry.url.parameter("user") ?? entry.url.parameter("userid")
        else { return nil }
        let with = entry.url.parameters(["name", "gender", "dev", "prefix"])
        return .say(message, user: user, with: with, system: nil, replies: tamakoReplies)
    }

    private static func stammer(_ entry: HAREntry) -> HARRequest? {
        let path = entry.url.path
        guard entry.method == "POST",
            path.hasSuffix(Stammer.path + "/") || path.hasSuffix(Stammer.path),
            let texts = texts(at: stammerRequest, in: entry.body), let query = texts[0]
        else { return nil }
        return .say(query, user: texts[1], with: [:], system: texts[2], replies: stammerReplies)
    }

    private static func botyard(_ entry: HAREntry) -> HARRequest? {
        guard let prefix = entry.url.path.firstRange(of: BotyardRoutes.path + "/") else {
            return nil
        }
        let parts = entry.url.path[prefix.upperBound...].split(separator: "/")
        switch (entry.method, parts.count, parts.first) {
        case ("POST", 2, "chat") where parts[1] == "message":
            guard let body = texts(at: botyardMessage, in: entry.body)?[0] else { return nil }
            return .say(body, user: nil, with: [:], system: nil, replies: noReplies)
        case ("GET", 3, "chat") where parts[2] == "messages":
            if entry.url.parameter("since") != nil { return .poll }
            return .call("messages.list", user: nil, with: entry.url.parameters(["page", "limit"]))
        case ("POST", 1, "user"):
            let nickname = texts(at: botyardLogin, in: entry.body)?[0]
            return .call("login", user: nickname, with: [:])
        default: return operation(entry.method, parts).map { .call($0, user: nil, with: [:]) }
        }
    }

    private static func operation(_ method: String, _ parts: [Substring]) -> String? {
        switch (method, parts.count, parts.first) {
        case ("GET", 1, "service-info"): "service.info"
        case ("GET", 1, "bots"): "bots.list"
        case ("GET", 2, "bot"): "bots.get"
        case ("GET", 3, "bot") where parts[2] == "commands": "commands.list"
        case ("GET", 1, "user"): "user.get"
        case ("GET", 1, "chats"): "chats.list"
        case ("POST", 1, "chat"): "chats.create"
        case ("DELETE", 2, "chat"): "chats.delete"
        default: nil
        }
    }

    private static func chat(_ entry: HAREntry) -> HARRequest? {
        guard entry.method == "POST" else { return nil }
        var dialogue = Dialogue()
        let isRead = (try? ElementParser.readBody(entry.body.bytes.span, into: &dialogue)) != nil
        return isRead && !dialogue.turns.isEmpty ? .chat(dialogue) : nil
    }

    private static let noReplies = JSONFields([])
    static let polled = JSONFields(literal: "messages.*.body")
    private static let tamakoReplies = JSONFields(literal: "response", "message")
    private static let stammerRequest = JSONFields(
        literal: "query", "user_key", "custom_base_system_prompt")
    private static let stammerReplies = JSONFields(
        literal: "data.answer", "data.message", "answer", "response", "message")
    private static let botyardMessage = JSONFields(literal: "body")
    private static let botyardLogin = JSONFields(literal: "nickname")

    /// The strings at some paths of a document; nil when it is none.
    static func texts(at fields: JSONFields, in body: ByteBuffer) -> [String?]? {
        var texts = [String?](repeating: nil, count: fields.paths.count)
        do throws(JSONError) {
            try fields.read(body.bytes.span) { path, token, _ in
                if case .string(let text) = token { texts[path] = text.string(in: body.bytes.span) }
            }
        } catch {
            return nil
        }
        return texts
    }
}
