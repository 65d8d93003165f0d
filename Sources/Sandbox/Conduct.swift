import Networking

/// One service's latency and fault draws, in the order its requests arrive.
struct Conduct {
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
