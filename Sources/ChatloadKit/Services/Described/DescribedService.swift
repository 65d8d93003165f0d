import Base
import Networking

/// A chat service as a file describes it.
final class DescribedService: ChatService {
    let setup: ServiceSetup
    /// By the requests' places in the file.
    private let requests: [RequestPlan]
    /// What a turn does, in this order.
    private let said: [Int]
    private let messages: MessageTemplates?
    /// Whether replies are asked for in pieces, where the service can do both.
    private let streams: Bool
    private let file: ServiceFile

    /// - Throws: values of parameters that the requests cannot be made with.
    init(_ setup: ServiceSetup, _ file: ServiceFile) throws(Fault) {
        (self.setup, self.file) = (setup, file)
        guard case .requests(let said) = file.say, !said.isEmpty else {
            throw Fault("\(file.name): has nothing to say with", hint: "name its requests in say")
        }
        self.said = said
        let parameters = ParameterValues(of: file.parameters, in: setup.settings)
        messages = MessageTemplates(file.history, parameters)
        streams = parameters.place(of: .stream).map(parameters.isSet) ?? true
        let order = file.stepOrder
        let model = setup.model as? DescribedService
        var requests: [RequestPlan] = []
        for (place, request) in file.requests.enumerated() {
            var body = request.body
            if place == said[0], !setup.settings.bodyMembers.isEmpty {
                body = try request.body(
                    setting: setup.settings.bodyMembers, parameters, of: file.name)
            }
            let known = request.reply.dependsOnParameters ? nil : model?.requests[place].reply
            let reply = if let known { known } else { try ReplyPlan(request.reply, parameters) }
            let step = ServiceStep(order.firstIndex(of: place) ?? 0)
            requests.append(
                try RequestPlan(
                    request, as: step, common: file.headers, body: body, reply: reply, setup,
                    parameters))
        }
        self.requests = requests
    }

    func makeSession(identity: String) -> ServiceSession {
        DescribedSession(
            identity: identity, captures: file.captures.count, requests: requests.count)
    }

    func exchangeCount(of turn: Turn) -> ClosedRange<Int> {
        let count = if case .say = turn.action { said.count } else { 1 }
        return count...count
    }

    func play(
        _ turn: Turn, in session: ServiceSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        guard let session = session as? DescribedSession else {
            preconditionFailure("BUG: a session of another service")
        }
        session.begin(turn, for: file.user, nonce: setup.settings.nonce)
        guard case .say = turn.action else {
            return try await call(turn, in: session, over: transport)
        }
        messages?.begin(turn, session.values, setup.settings.history)
        do throws(ExchangeFailure) {
            for place in said {
                try await send(
                    place, turn, in: session, isLast: place == said.last, over: transport)
            }
        } catch {
            session.drop()
            throw error
        }
    }

    private func call(
        _ turn: Turn, in session: DescribedSession, over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        guard let place = file.requests.firstIndex(where: { $0.name == turn.step }) else {
            throw ExchangeFailure(.script, "\(file.name) has no request \(turn.step)")
        }
        try await send(place, turn, in: session, isLast: false, over: transport)
    }

    /// Sends one request.
    ///
    /// - Parameter isLast: whether its response ends the turn with the reply.
    private func send(
        _ place: Int, _ turn: Turn, in session: DescribedSession, isLast: Bool,
        over transport: any ChatTransport
    ) async throws(ExchangeFailure) {
        let plan = requests[place]
        let port = session.port(
            of: place, by: plan.reply, streams: plan.reply.isStreamed && streams)
        try await transport.exchange(
            plan.step, prompt: turn.text, stream: port.stream,
            build: { buffer in
                plan.append(
                    to: &buffer, session.values, text: turn.text, system: messages?.system ?? [],
                    over: transport)
            },
            read: { (head, body, reply) throws(ExchangeFailure) in
                if let stream = port.stream {
                    try stream.complete(head, body, into: &reply)
                } else {
                    try port.reader.read(head, body, into: &reply)
                }
                reply.deliversReply = isLast
                if isLast { messages?.keep(turn, reply, session.values, setup.settings.history) }
            })
    }

    func placeholderReply(to step: ServiceStep, with parameters: [String: String]) -> String {
        let order = file.stepOrder
        guard order.indices.contains(step.index) else { return "{}" }
        return file.requests[order[step.index]].reply.placeholder
    }
}

/// Session with a described service. Confined to its user's loop.
final class DescribedSession: ServiceSession {
    let values: SessionValues
    /// By the requests' places: what reads their responses, made when it is needed first.
    private var ports: [Port?]
    /// The conversation that has begun; nil before the first.
    private var begun: Int?
    /// What had been captured before the turn.
    private var before: [[UInt8]?] = []
    private var random = SeededRandom(seed: 0)
    /// The families of random numbers behind users' names and behind what is fresh each time.
    private static let (userStream, freshStream) = (0x7573_6572 as UInt64, 0x6672_6573_68 as UInt64)

    init(identity: String, captures: Int, requests: Int) {
        values = SessionValues(captures: captures)
        ports = Array(repeating: nil, count: requests)
        super.init(identity: identity)
    }

    /// Begins a turn, and before its first one the conversation: what another one was about is
    /// forgotten.
    func begin(_ turn: Turn, for user: (id: ServiceFile.UserID, isFresh: Bool)?, nonce: UInt64) {
        if begun != conversation.iteration { beginConversation(for: user, nonce: nonce) }
        values.turn += 1
        values.uuid = random.uuid()
        before = values.captures
    }

    private func beginConversation(
        for user: (id: ServiceFile.UserID, isFresh: Bool)?, nonce: UInt64
    ) {
        begun = conversation.iteration
        values.user = conversation.identity
        values.conversation = conversation.iteration
        values.turn = 0
        values.history.clear()
        for place in values.captures.indices { values.captures[place] = nil }
        var name = FNV1a()
        name.add(conversation.identity)
        let fresh = user?.isFresh == true && !conversation.isPinned
        // What is made up for a user stays the same in all its conversations, unless each has its own.
        var own = SeededRandom(
            seed: nonce, stream: Self.userStream ^ name.value,
            index: fresh ? UInt64(truncatingIfNeeded: conversation.iteration) : 0)
        values.userID =
            switch user?.id ?? .identity {
            case .identity:
                conversation.identity + (fresh ? "-\(conversation.iteration)" : "")
            case .uuid: own.uuid()
            case .hex(let count): own.digits(count, base: 16)
            case .digits(let count): own.digits(count, base: 10)
            }
        random = SeededRandom(
            seed: nonce, stream: Self.freshStream ^ name.value,
            index: UInt64(truncatingIfNeeded: conversation.iteration))
    }

    /// Forgets what a turn that has failed has brought.
    func drop() {
        values.captures = before
        values.history.drop()
    }

    /// What reads a request's responses.
    func port(of request: Int, by plan: ReplyPlan, streams: Bool) -> Port {
        if let port = ports[request], port.reader.plan === plan, (port.stream != nil) == streams {
            return port
        }
        let reader = ReplyReader(plan, for: values)
        let port = Port(reader: reader, stream: streams ? ReplyStream(reading: reader) : nil)
        ports[request] = port
        return port
    }

    /// What reads the responses to a request, whole or as they come.
    struct Port {
        let reader: ReplyReader
        let stream: ReplyStream?
    }
}

/// Templates of the messages in a history, by who says them.
struct MessageTemplates: Sendable {
    private let user: BodyTemplate?
    private let assistant: BodyTemplate?
    /// The system's message, written; empty where there is none.
    let system: [UInt8]

    /// Those of a history that the client keeps; nil of any other.
    init?(_ history: ServiceFile.History, _ parameters: ParameterValues) {
        guard case .client(let message, let roles) = history else { return nil }
        func template(_ role: MessageRole) -> BodyTemplate? {
            guard let name = roles[role] ?? role.rawValue else { return nil }
            return BodyTemplate(message, parameters, role: name)
        }
        (user, assistant) = (template(.user), template(.assistant))
        var written = ByteBuffer()
        if let text = parameters.value(of: .system), let template = template(.system) {
            let utf8 = text.utf8
            template.append(to: &written, SessionValues(captures: 0), text: utf8.span)
        }
        system = written.bytes
    }

    /// Begins a turn with the user's message behind what is kept of those before.
    func begin(_ turn: Turn, _ values: SessionValues, _ settings: HistorySettings) {
        if settings.source == .none { values.history.clear() }
        if let limit = settings.limit { values.history.drop(beyond: limit) }
        let text = turn.text.utf8
        values.history.begin(tokens: TokenEstimate.usual.tokens(in: turn.text)) { buffer in
            user?.append(to: &buffer, values, text: text.span)
        }
    }

    /// Keeps the turn with its reply, byte for byte; one without an answer leaves nothing, as services
    /// take no empty message.
    func keep(
        _ turn: Turn, _ reply: borrowing ParsedReply, _ values: SessionValues,
        _ settings: HistorySettings
    ) {
        if settings.source == .none { return }
        if settings.source == .recorded, let recorded = turn.reply {
            let text = recorded.utf8
            values.history.keep(tokens: TokenEstimate.usual.tokens(in: recorded)) { buffer in
                assistant?.append(to: &buffer, values, text: text.span)
            }
        } else if !reply.text.isEmpty {
            values.history.keep(tokens: TokenEstimate.usual.tokens(in: reply.text)) {
                buffer in
                assistant?.append(to: &buffer, values, text: reply.text.bytes.span)
            }
        } else {
            values.history.drop()
        }
    }
}

extension SeededRandom {
    /// A random UUID (RFC 9562, version 4).
    fileprivate mutating func uuid() -> String {
        let (high, low) = (next() & ~0xF000 | 0x4000, next() & ~(3 << 62) | 2 << 62)
        func hex(_ value: UInt64, _ shift: UInt64, _ count: Int) -> String {
            let digits = String(value >> shift & (1 << UInt64(4 * count) - 1), radix: 16)
            return String(repeating: "0", count: count - digits.count) + digits
        }
        return [
            hex(high, 32, 8), hex(high, 16, 4), hex(high, 0, 4), hex(low, 48, 4), hex(low, 0, 12),
        ].joined(separator: "-")
    }

    /// So many digits, the first of them none of zero.
    fileprivate mutating func digits(_ count: Int, base: UInt64) -> String {
        (0..<count).map { place in
            let least: UInt64 = place == 0 && base == 10 ? 1 : 0
            return String(next() % (base - least) + least, radix: Int(base))
        }.joined()
    }
}
