package import Base
import Networking

/// A request that a run would send, as `plan` shows it.
package struct PreviewedExchange: Sendable, Equatable {
    /// The turn it belongs to, from 1.
    package var turn: Int
    /// The name of its step.
    package var step: String
    /// The wait the service asks for before it, such as between polls.
    package var pause: Nanoseconds
    /// The request, lines divided by line feeds, secrets masked, of bounded length.
    package var request: String
}

/// The first requests of a conversation, as far as they can be known without a service.
package struct Preview: Sendable, Equatable {
    package var exchanges: [PreviewedExchange] = []
    /// Why the preview ends before the conversation does, when a service's code gave up.
    package var failure: ExchangeFailure?
    /// Whether there is more than was asked for.
    package var isCutShort = false
}

extension ChatService {
    /// Plays a conversation against placeholder replies and keeps what would be sent.
    ///
    /// - Parameters:
    ///   - host: what `Host` says: the target's authority.
    ///   - row: the values of the data's columns.
    package func preview(
        of conversation: Conversation, host: String, identity: String = "user-1",
        row: [String] = [], limit: Int = 20
    ) async -> Preview {
        let transport = PreviewTransport(host: host, limit: limit, service: self)
        do throws(ExchangeFailure) {
            try await play(
                conversation, as: conversation.user ?? identity, row: row, over: transport)
        } catch {
            if !transport.preview.isCutShort {
                transport.preview.failure = ExchangeFailure(
                    error.errorClass, secrets.mask(error.detail))
            }
        }
        return transport.preview
    }

    private func play(
        _ conversation: Conversation, as identity: String, row: [String],
        over transport: PreviewTransport
    ) async throws(ExchangeFailure) {
        var values = VariableValues(
            of: conversation, identity: identity, iteration: 1, row: .success(row))
        let session = makeSession(identity: identity)
        session.conversation = ConversationContext(
            identity: identity, isPinned: conversation.user != nil, iteration: 1,
            with: conversation.parameters(systemIn: description.systemParameter))
        try conversation.fill(&session.conversation.with, with: values)
        for index in conversation.turns.indices {
            values.begin(turn: index + 1)
            let turn = try conversation.turn(at: index, with: values)
            transport.begin(
                turn: index + 1, with: session.conversation.with.merging(turn.with) { $1 })
            try await session.play(turn, with: self, over: transport)
            values.takePlaceholders(for: conversation.detail(ofTurn: index)?.captures ?? [])
        }
    }
}

/// A transport that sends nothing: it keeps the requests and answers each with the service's
/// placeholder.
final class PreviewTransport: ChatTransport {
    /// The longest line of a request that is shown in full, and the most lines.
    private static let longestLine = 400
    private static let mostLines = 60

    var cookies = CookieJar()
    let host: String
    var preview = Preview()
    private let limit: Int
    private let service: any ChatService
    private var turn = 0
    private var parameters: [String: String] = [:]
    private var pause = Nanoseconds.zero

    init(host: String, limit: Int, service: any ChatService) {
        self.host = host
        self.limit = limit
        self.service = service
    }

    /// What follows belongs to this turn, which is played with these parameters.
    func begin(turn: Int, with parameters: [String: String]) {
        self.turn = turn
        self.parameters = parameters
    }

    func exchange(
        _ step: ServiceStep, prompt: String, stream: ReplyStream?,
        build: (inout ByteBuffer) -> Void,
        read: (ResponseHead, Span<UInt8>, inout ParsedReply) throws(ExchangeFailure) -> Void
    ) async throws(ExchangeFailure) {
        guard preview.exchanges.count < limit else {
            preview.isCutShort = true
            throw ExchangeFailure(.cancelled, "the preview ends here")
        }
        var buffer = ByteBuffer()
        build(&buffer)
        preview.exchanges.append(
            PreviewedExchange(
                turn: turn, step: service.description[step].name, pause: pause,
                request: masked(buffer)))
        pause = .zero
        let reply = Array(service.placeholderReply(to: step, with: parameters).utf8)
        var parsed = ParsedReply()
        try read(ResponseHead(status: 200), reply.span, &parsed)
    }

    func pause(_ span: Nanoseconds) async throws(ExchangeFailure) { pause = pause + span }

    private func masked(_ request: ByteBuffer) -> String {
        let secrets = service.secrets
        let lines = request.text.split(
            maxSplits: Self.mostLines, omittingEmptySubsequences: false, whereSeparator: \.isNewline
        )
        return lines.prefix(Self.mostLines).map {
            secrets.mask(String($0), limit: Self.longestLine)
        }.joined(separator: "\n") + (lines.count > Self.mostLines ? "\n…" : "")
    }
}
