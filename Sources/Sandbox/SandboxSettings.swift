package import Base
package import Networking

/// Everything that can be chosen about a sandbox.
package struct SandboxSettings: Sendable, Equatable {
    /// How one imitated service behaves.
    package struct Service: Sendable, Equatable {
        /// Whether it is served at all.
        package var isOffered = true
        /// How long the bot takes. Whatever generates text has `SandboxSettings.pacing` instead.
        package var latency = LatencyModel.logNormal(median: .milliseconds(80), sigma: 0.5)
        /// The share of requests (0…1) answered with the service's own kind of 500.
        package var errorRate = 0.0
        /// How many requests each credential may send; nil when as many as it likes. Botyard has no
        /// credentials: there it holds for each logged-in user.
        package var requestLimit: ServiceLimit?
        /// How many tokens each credential may use; nil when as many as it likes.
        package var tokenLimit: ServiceLimit?

        /// The default behaviour: no errors, 80 ms in the median.
        package init() {}
    }

    /// The services that are imitated, in the order they are shown: what a path of theirs looks like,
    /// who has credentials of its own there, where their settings are, and the API of those that
    /// generate text.
    package static let services:
        [(
            name: String, path: String, holder: String,
            settings: any WritableKeyPath<SandboxSettings, Service> & Sendable, generates: Bool
        )] = [
            ("tamako", "GET /api/chat", "credential", \.tamako, false),
            ("botyard", "/v1/client-api/…", "user", \.botyard, false),
            ("stammer", "POST /en/chatbot/api/v1/message/", "credential", \.stammer, false),
            ("openai", "POST /v1/chat/completions", "key", \.openAI, true),
            (
                "azure-openai", "POST /openai/deployments/…/chat/completions", "key", \.azureOpenAI,
                true
            ),
            ("responses", "POST /v1/responses", "key", \.responses, true),
            ("anthropic", "POST /v1/messages", "key", \.anthropic, true),
            ("ollama", "POST /api/chat", "client", \.ollama, true),
            ("gemini", "POST /v1beta/models/…:streamGenerateContent", "key", \.gemini, true),
        ]

    /// What Botyard's send route does until the bot has answered.
    package enum BotyardReplies: String, Sendable, CaseIterable {
        /// Send answers at once and the reply turns up in the chat after the latency.
        case later
        /// Send answers when the bot's webhook has, as with a bot that replies from there.
        case blocking
    }

    /// Where to listen; only this machine can reach the default, and port 0 is any free one.
    package var address = SocketAddress.loopback(port: 0)
    /// What every random choice follows from: latencies, errors, ids, replies.
    package var seed: UInt64 = 1
    package var tamako = Service()
    package var botyard = Service()
    package var stammer = Service()
    package var openAI = Service()
    package var azureOpenAI = Service()
    package var responses = Service()
    package var anthropic = Service()
    package var ollama = Service()
    package var gemini = Service()
    /// When the tokens of services that generate text come, and how many.
    package var pacing = Pacing()
    package var botyardReplies = BotyardReplies.later
    /// Whether Botyard is imitated where its program differs from its documentation: `since` is
    /// exclusive, listed messages have no `chatId`, and the framework's own errors are all 500.
    package var isBotyardExact = false
    /// The status with which Tamako reports a missing parameter: 400 or 200.
    package var tamakoMissingStatus = 400
    /// Which credentials are valid; by default all that are not empty.
    package var credentials = Credentials()
    /// Connections beyond this number are closed at once.
    package var mostConnections = 65_536
    /// How many bytes requests under way may hold together; one beyond is answered with 503.
    package var mostHeldBytes = 1 << 30
    /// How long a connection may be silent between requests.
    package var idleTimeout = Nanoseconds.seconds(300)
    /// How long a request may take to arrive, and a response to be taken.
    package var transferTimeout = Nanoseconds.seconds(30)
    /// How it misbehaves; of several rules the first that strikes counts.
    package var faults: [FaultRule] = []
    /// For how long connections are refused, where that is the fault.
    package var refusal = Nanoseconds.milliseconds(20)
    /// When no answers leave.
    package var stalls: [Stall] = []
    /// The time since 1970 at the start, for dates, tokens and message timestamps; nil reads the
    /// system's clock once. Fixed for a simulation.
    package var startTime: Nanoseconds?

    /// The defaults.
    package init() {}
}

/// One service's latency and fault draws, in the order its requests arrive.
struct ServiceBehaviour {
    private let settings: SandboxSettings.Service
    private var random: SeededRandom

    /// The draws of the service number `stream` under the sandbox's seed.
    init(_ settings: SandboxSettings.Service, seed: UInt64, stream: UInt64) {
        self.settings = settings
        random = SeededRandom(seed: seed, stream: stream)
    }

    /// How long the bot takes this time.
    mutating func latency() -> Nanoseconds { settings.latency.draw(using: &random) }

    /// Whether this request fails with a 500.
    mutating func fails() -> Bool {
        settings.errorRate > 0 && random.unit() < settings.errorRate
    }
}
