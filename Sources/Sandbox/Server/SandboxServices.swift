import Base
import Networking

/// All imitated services behind one port: from a request and the time to an answer and its delay.
/// It knows nothing of sockets.
struct SandboxServices {
    private let settings: SandboxSettings
    private var tamako: TamakoService
    private var botyard: BotyardService
    private var stammer: StammerService
    /// Those that are offered, in the order in which paths are theirs.
    private var models: [ModelService]
    /// What has been generated, and what is under way.
    var generated = SandboxCounts.Generated()
    private var faults: FaultDraw
    /// Requests by route and status; 0 is the status of one that gets no whole answer.
    private var counts: [Route: [Int: Int]] = [:]

    /// Services started at `start` (since 1970).
    init(_ settings: SandboxSettings, start: Nanoseconds) {
        self.settings = settings
        tamako = TamakoService(settings)
        botyard = BotyardService(settings, start: start)
        stammer = StammerService(settings)
        models = ModelService.offered(settings)
        faults = FaultDraw(settings.faults, seed: settings.seed)
    }

    /// What has been received so far, by a server in this state.
    func snapshot(of state: HTTPServerState?) -> SandboxCounts {
        var snapshot = SandboxCounts()
        for (route, statuses) in counts { snapshot.requests[route.rawValue] = statuses }
        if let state {
            snapshot.connections = state.accepted
            snapshot.refusedConnections = state.refused
            snapshot.bytesIn = state.bytesIn
            snapshot.bytesOut = state.bytesOut
        }
        for (fault, count) in faults.counts { snapshot.faults[fault.rawValue] = count }
        for (name, ledger) in [
            ("tamako", tamako.ledger), ("botyard", botyard.ledger), ("stammer", stammer.ledger),
        ] where !ledger.counts.isEmpty {
            snapshot.credentials[name] = ledger.counts
        }
        for model in models where !model.ledger.counts.isEmpty {
            snapshot.credentials[model.api.name] = model.ledger.counts
        }
        snapshot.generated = generated
        return snapshot
    }

    /// Answers a request that arrived at the time `now` (since 1970) at a server in this state, and
    /// counts it.
    ///
    /// - Returns: what goes wrong with the answer. What it says is wrong already; on the wire it is up
    ///   to the caller. Of an answer with a stream the response is the head alone. Whether a model
    ///   generates the whole answer meanwhile.
    @discardableResult
    mutating func answer(
        _ request: borrowing Request, at now: Nanoseconds, of state: HTTPServerState? = nil,
        into response: inout Response
    ) -> (fault: InjectedFault?, stream: StreamedReply?, isGenerated: Bool) {
        let asked = request.text(request.fields.fault)
        if let asked, InjectedFault(rawValue: asked) == nil {
            refuse(fault: asked, into: &response)
            counts[.unknown, default: [:]][response.status, default: 0] += 1
            return (nil, nil, false)
        }
        let outcome = respond(to: request, at: now, of: state, into: &response)
        let route = outcome.route
        var reply = outcome.streamed
        let fault = faults.next(at: route, asked: asked.flatMap(InjectedFault.init(rawValue:))) {
            reply?.canHave($0) ?? !$0.isOfStreams
        }
        let tokens = outcome.put(&reply, fault, running: generated.running, into: &response)
        generated.tokens += tokens
        if let fault, reply == nil || !fault.isOfJSON {
            fault.spoil(&response, to: request, at: now, turn: faults.counts[fault] ?? 0)
        }
        if reply != nil {
            reply?.isChunked = request.fields.isHTTP11
            response.framing = request.fields.isHTTP11 ? .chunks : .connection
        } else if !response.isEncoded, !response.body.isEmpty, let coding = request.wantedCoding {
            response.encode(as: coding)
        }
        let status = fault?.isAnswer ?? true ? response.status : 0
        counts[route, default: [:]][status, default: 0] += 1
        return (fault, reply, tokens > 0)
    }

    private mutating func respond(
        to request: borrowing Request, at now: Nanoseconds, of state: HTTPServerState?,
        into response: inout Response
    ) -> ModelService.Outcome {
        // A path that Tamako shares with Ollama is Tamako's where the method is.
        if !(settings.tamako.isOffered && TamakoService.owns(request)) {
            for index in models.indices {
                guard let place = models[index].api.place(request) else { continue }
                return models[index].answer(request, for: place, at: now, into: &response)
            }
        }
        return ModelService.Outcome(
            route: answerOthers(request, at: now, of: state, into: &response))
    }

    private mutating func answerOthers(
        _ request: borrowing Request, at now: Nanoseconds, of state: HTTPServerState?,
        into response: inout Response
    ) -> Route {
        let bytes = request.bytes.span
        let path = request.path
        let start = path.lowerBound
        if bytes.matches("/api/", at: start) {
            if settings.tamako.isOffered { return tamako.answer(request, at: now, into: &response) }
        } else if StammerService.owns(bytes, path) {
            if settings.stammer.isOffered {
                return stammer.answer(request, at: now, into: &response)
            }
        } else if bytes.matches("/v1/", at: start) || bytes.matches("/static/", at: start)
            || bytes.equals("/", path)
        {
            if settings.botyard.isOffered {
                return botyard.answer(request, at: now, into: &response)
            }
        } else if bytes.equals("/_sandbox/counts", path) && request.isGet {
            response.body.append(snapshot(of: state).json)
            return .counts
        }
        response.status = 404
        response.contentType = Response.plain
        response.body.append(fixed: "chatload sandbox: no service has this path\n")
        return .unknown
    }

    private func refuse(fault name: String, into response: inout Response) {
        response.status = 400
        response.contentType = Response.plain
        response.body.append("chatload sandbox: no fault is called '\(name)'; there are")
        for fault in InjectedFault.allCases { response.body.append(" " + fault.rawValue) }
        response.body.append(fixed: "\n")
    }

    /// Answers what is not a request; the connection ends with it.
    mutating func refuse(_ refusal: RequestParser.Refusal, into response: inout Response) {
        response.closes = true
        response.contentType = Response.plain
        response.status = refusal.status
        if refusal == .late { response.contentType = nil }
        if refusal == .bodyTooLarge {
            if settings.isBotyardExact { response.status = 500 }
            response.contentType = Response.json
            response.body.append(message: "Request Entity Too Large")
        }
        counts[.malformed, default: [:]][response.status, default: 0] += 1
    }
}

/// Everything that a request can be counted as, and its name in `SandboxCounts`.
enum Route: String, CaseIterable {
    case tamakoChat = "tamako.chat"
    case tamakoOther = "tamako.other"
    case stammerMessage = "stammer.message"
    case stammerOther = "stammer.other"
    case openAIChat = "openai.chat"
    case openAIOther = "openai.other"
    case azureChat = "azure-openai.chat"
    case azureOther = "azure-openai.other"
    case responsesCreate = "responses.create"
    case responsesOther = "responses.other"
    case anthropicMessages = "anthropic.messages"
    case anthropicOther = "anthropic.other"
    case ollamaChat = "ollama.chat"
    case ollamaOther = "ollama.other"
    case geminiGenerate = "gemini.generate"
    case geminiOther = "gemini.other"
    case botyardServiceInfo = "botyard.service-info"
    case botyardBots = "botyard.bots.list"
    case botyardBot = "botyard.bots.get"
    case botyardCommands = "botyard.bots.commands"
    case botyardCreateUser = "botyard.users.create"
    case botyardCurrentUser = "botyard.users.current"
    case botyardCreateChat = "botyard.chats.create"
    case botyardChats = "botyard.chats.list"
    case botyardDeleteChat = "botyard.chats.delete"
    case botyardSend = "botyard.messages.send"
    case botyardMessages = "botyard.messages.list"
    case botyardUpload = "botyard.files.upload"
    case botyardStatic = "botyard.static"
    case botyardBotAPI = "botyard.bot-api"
    case botyardAdminAPI = "botyard.admin-api"
    case botyardOther = "botyard.other"
    case counts = "sandbox.counts"
    case unknown
    case malformed
}
