import Base
import Networking

/// Model service: an imitated service that generates text, whole or as a stream, behind one API.
struct ModelService {
    /// Any model whose name begins so is there.
    private static let modelPrefix: StaticString = "sandbox"

    let api: ModelAPI
    private let settings: SandboxSettings
    private let stream: UInt64
    private let replies: ReplyText
    private var conduct: ServiceBehaviour
    private var cache: PrefixCache?
    private var asked = GenerationRequest()
    private var model = ByteBuffer()
    private var lead = ByteBuffer()
    private var generated: UInt64 = 0
    /// What the request that is being read refers to.
    private var before = Earlier(turn: 0, tokens: 0)
    /// By the names of replies.
    private var earlier = GenerationCache<HashedKey, Earlier>(capacity: 100_000)
    private(set) var ledger: CredentialLedger

    /// What comes of a request.
    struct Outcome {
        /// What it is counted as.
        var route: Route
        /// What is generated; nil where the answer is another.
        var generation: Generation?
        /// The API that has words for it.
        var api: ModelAPI?
        /// Whether it is to be streamed.
        var isStreamed = false
    }

    /// A reply that another can refer to.
    private struct Earlier {
        var turn: Int
        var tokens: Int
    }

    init(_ api: ModelAPI, _ settings: SandboxSettings, _ service: SandboxSettings.Service) {
        self.api = api
        self.settings = settings
        var name = FNV1a()
        name.add(api.name)
        stream = name.value
        replies = ReplyText(seed: settings.seed)
        conduct = ServiceBehaviour(service, seed: settings.seed, stream: stream)
        cache = settings.pacing.cacheBlock.map(PrefixCache.init(block:))
        ledger = CredentialLedger(service)
    }

    /// Answers a request for a place of the API's. What is generated is not in the response yet.
    mutating func answer(
        _ request: borrowing Request, for place: ModelAPI.Place, at now: Nanoseconds,
        into response: inout Response
    ) -> Outcome {
        switch place {
        case .nothing: api.refuse(.noSuchPath(request.text(request.path)), &response)
        case .page(let text, let type, let needsKey):
            if needsKey, credential(of: request, into: &response) == nil { break }
            if request.isGet {
                response.contentType = type
                response.body.append(fixed: text)
            } else {
                refuseMethod(of: request, allowing: "GET", into: &response)
            }
        case .reply(let named, let isStreamed, let isArray):
            guard let credential = credential(of: request, into: &response) else {
                return Outcome(route: api.routes.reply)
            }
            model.clear()
            if let named { model.append(request.bytes.span.extracting(named)) }
            var generation = generate(request, for: credential, at: now, into: &response)
            generation?.isArray = isArray
            api.writeLimits(ledger.standings(of: credential, at: now), now, &response)
            return Outcome(
                route: api.routes.reply, generation: generation, api: api,
                isStreamed: isStreamed ?? asked.isStreamed ?? api.streamsUnasked)
        }
        return Outcome(route: api.routes.other)
    }

    /// What is generated for a credential; nil where the request is refused.
    private mutating func generate(
        _ request: borrowing Request, for credential: HashedKey, at now: Nanoseconds,
        into response: inout Response
    ) -> Generation? {
        let standing = ledger.admit(credential, at: now)
        if let standing, standing.wait > .zero {
            api.refuse(.limited(standing), &response)
        } else if request.method != .post {
            refuseMethod(of: request, allowing: "POST", into: &response)
        } else if conduct.fails() {
            var random = random()
            response.delay = settings.pacing.firstToken.draw(using: &random)
            api.refuse(.failing, &response)
        } else if let refusal = read(request) {
            api.refuse(refusal, &response)
        } else {
            let generation = generate(at: now)
            ledger.charge(
                generation.promptTokens + generation.replyTokens, to: credential, at: now)
            return generation
        }
        return nil
    }

    private func refuseMethod(
        of request: borrowing Request, allowing allowed: String, into response: inout Response
    ) {
        response.addHeader("Allow", allowed)
        api.refuse(.wrongMethod(request.text(request.methodText)), &response)
    }

    /// Whose request it is; refuses it where it has no key that is taken.
    private func credential(
        of request: borrowing Request, into response: inout Response
    ) -> HashedKey? {
        let bytes = request.bytes.span
        let key = api.key(request)
        guard api.demandsKey else { return HashedKey(Span(), Span()) }
        guard let key, !key.isEmpty else {
            api.refuse(.noKey, &response)
            return nil
        }
        guard settings.credentials.takes(bytes.extracting(key), in: api.name) else {
            api.refuse(.wrongKey, &response)
            return nil
        }
        return HashedKey(bytes.extracting(key), Span())
    }
}

extension ModelService {
    /// The services that are offered, in the order in which paths are theirs.
    static func offered(_ settings: SandboxSettings) -> [ModelService] {
        let all: [(ModelAPI, SandboxSettings.Service)] = [
            (.openAI, settings.openAI), (.azureOpenAI, settings.azureOpenAI),
            (.responses, settings.responses), (.anthropic, settings.anthropic),
            (.ollama, settings.ollama), (.gemini, settings.gemini),
        ]
        return all.filter(\.1.isOffered).map { ModelService($0, settings, $1) }
    }
}

/// What is generated.
extension ModelService {
    /// Tokens of a reply that is to go on for ever.
    private static let longestReply = 4_096

    /// Reads what is asked for; why it is refused, if it is.
    private mutating func read(_ request: borrowing Request) -> ModelAPI.Refusal? {
        let body = request.bodyBytes.span.extracting(request.body)
        before = Earlier(turn: 0, tokens: 0)
        if let complaint = asked.read(body, api.members) { return .complaint(complaint) }
        if model.isEmpty {
            if asked.model.isEmpty { return .missing("model") }
            model.append(asked.model)
        }
        if !asked.hasMessages { return .missing(api.messages) }
        if asked.mostTokens == nil, let length = api.demandedLength { return .missing(length) }
        if !asked.previous.isEmpty {
            guard let known = earlier.value(for: HashedKey(asked.previous.bytes.span, Span()))
            else {
                return .unknownEarlier(asked.previous.text)
            }
            before = known
        }
        if let most = asked.mostTokens, most < 1 { return .badLength(most) }
        if !model.bytes.span.matches(Self.modelPrefix, at: 0) { return .unknownModel(model.text) }
        let prompt = before.tokens + asked.prompt.tokenCount
        let reply = min(asked.mostTokens ?? 1, Int(Int32.max))
        if let most = settings.pacing.context, prompt > most || reply > most - prompt {
            return .tooLong(prompt: prompt, reply: reply, most: most)
        }
        return nil
    }

    /// The draws of the next reply.
    private mutating func random() -> SeededRandom {
        generated += 1
        return SeededRandom(seed: settings.seed, stream: stream, index: generated)
    }

    private mutating func generate(at now: Nanoseconds) -> Generation {
        let pacing = settings.pacing
        var random = random()
        let id = String(random.next() | 1 << 63, radix: 16)
        let place = Int(truncatingIfNeeded: random.next())
        let prompt = before.tokens + asked.prompt.tokenCount
        let text = asked.prompt.bytes
        let cached = cache?.take(text.span, tokens: prompt) ?? 0
        var first = pacing.firstToken.draw(using: &random)
        if let speed = pacing.prefill {
            first = first + Nanoseconds(seconds: Double(prompt - cached) / speed)
        }
        let thought = pacing.reasoningTokens.draw(using: &random)
        let size = length(thought + max(pacing.replyTokens.draw(using: &random), 1), prompt)
        lead.clear()
        replies.append(
            to: &lead, message: text.span.extracting(asked.message).array,
            turn: before.turn + asked.turn)
        let reasoning = min(thought, size.tokens)
        remember(id, prompt + size.tokens)
        return Generation(
            pacing: pacing, random: random, firstToken: first, time: now, id: id,
            model: model.text, promptTokens: prompt, cachedTokens: cached,
            reasoningTokens: reasoning, answerTokens: size.tokens - reasoning,
            isCut: size.isCut, includesUsage: asked.includesUsage || api.tellsUsageUnasked,
            countsInFrames: asked.countsInFrames,
            thought: GeneratedText(lead: ByteBuffer(), place: place &+ 1),
            answer: GeneratedText(lead: lead, place: place))
    }

    /// Remembers a reply by the name that an API gives it, for requests that refer to it.
    private mutating func remember(_ id: String, _ tokens: Int) {
        guard let prefix = api.rememberedPrefix else { return }
        let name = Array((prefix + id).utf8)
        let now = Earlier(turn: before.turn + asked.turn, tokens: tokens)
        _ = earlier.update(HashedKey(name.span, Span()), initial: now) { _ in }
    }

    /// How many tokens a reply has that would end by itself after `drawn`.
    private func length(_ drawn: Int, _ prompt: Int) -> (tokens: Int, isCut: Bool) {
        let room = settings.pacing.context.map { $0 - prompt } ?? Self.mostTokens
        let most = min(asked.mostTokens ?? .max, room, Self.mostTokens)
        if asked.ignoresEnd {
            return (asked.mostTokens == nil ? min(Self.longestReply, most) : most, true)
        }
        let wanted = max(drawn, asked.leastTokens ?? 0)
        return (min(wanted, most), wanted > most)
    }

    /// No reply is longer, whatever is asked for.
    private static let mostTokens = 1_000_000
}

/// Prefix cache of an imitated model: the blocks of prompts that it has read, whole ones only, each
/// known by itself and all before it.
struct PrefixCache {
    /// Tokens of a block.
    private let block: Int
    private var blocks = GenerationCache<UInt64, Bool>(capacity: 100_000)

    /// An empty cache.
    init(block: Int) { self.block = max(block, 1) }

    /// How many of a prompt's tokens it has, and takes in the rest. The last token of a prompt is always
    /// read.
    mutating func take(_ prompt: Span<UInt8>, tokens: Int) -> Int {
        var hash = FNV1a()
        var (start, characters, number, known) = (0, 0, 0, 0)
        for index in 0...prompt.count {
            if index < prompt.count, prompt[index] & 0xC0 == 0x80 { continue }
            if characters == block * GeneratedText.width {
                hash.add(words: prompt.extracting(start..<index))
                number += 1
                if see(hash.value), known == number - 1 { known = number }
                (start, characters) = (index, 0)
            }
            characters += 1
        }
        return min(known, max(tokens - 1, 0) / block) * block
    }

    /// Whether a block was known; it is from now on.
    private mutating func see(_ hash: UInt64) -> Bool {
        if blocks.value(for: hash) != nil { return true }
        _ = blocks.update(hash, initial: true) { _ in }
        return false
    }
}
