/// The failures of one class, step and status.
package struct ErrorSummary: Codable, Equatable, Sendable {
    package var errorClass: String
    package var step: String
    /// The HTTP status; nil where none came.
    package var status: Int?
    package var count: Int
    /// When the first and the last of them ended, in seconds since the run's start.
    package var first: Double
    package var last: Double
    /// What the first of them said of itself.
    package var example: String

    enum CodingKeys: String, CodingKey {
        case errorClass = "class"
        case step, status, count
        case first = "first_s"
        case last = "last_s"
        case example
    }

    /// Writes every figure, null where there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(errorClass, forKey: .errorClass)
        try container.encode(step, forKey: .step)
        try container.encode(status, forKey: .status)
        try container.encode(count, forKey: .count)
        try container.encode(first, forKey: .first)
        try container.encode(last, forKey: .last)
        try container.encode(example, forKey: .example)
    }
}

/// What ended in one interval of the run; times in milliseconds, percentiles to 1/32.
package struct TimelinePoint: Codable, Equatable, Sendable {
    /// The interval's begin, in seconds since the run's start.
    package var start: Double
    /// Its length in seconds; the last is as long as the run lasted in it.
    package var seconds: Double
    /// What most of it belongs to.
    package var phase = RunPhase.main
    package var exchanges = 0
    package var failed = 0
    /// Those of the failures that the service rejected.
    package var rejected = 0
    /// Turns that succeeded.
    package var turns = 0
    /// Exchanges of the warm-up, which are in no other figure.
    package var warmup = 0
    /// How many users were in a conversation, on average; warm-up and pauses included.
    package var users = 0.0
    /// Response times of the successes.
    package var mean: Double?
    package var p50: Double?
    package var p99: Double?
    package var max: Double?
    /// How much later than they should have requests left in it.
    package var lagMean: Double?
    package var lagMax: Double?

    init(start: Double, seconds: Double, phase: RunPhase = .main) {
        self.start = start
        self.seconds = seconds
        self.phase = phase
    }

    enum CodingKeys: String, CodingKey {
        case start = "start_s"
        case seconds, phase, exchanges, failed, rejected, turns, warmup, users
        case lagMean = "lag_mean_ms"
        case lagMax = "lag_max_ms"
        case mean = "mean_ms"
        case p50 = "p50_ms"
        case p99 = "p99_ms"
        case max = "max_ms"
    }

    /// Writes every figure, null where there is none.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(start, forKey: .start)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(phase, forKey: .phase)
        try container.encode(exchanges, forKey: .exchanges)
        try container.encode(failed, forKey: .failed)
        try container.encode(rejected, forKey: .rejected)
        try container.encode(turns, forKey: .turns)
        try container.encode(warmup, forKey: .warmup)
        try container.encode(users, forKey: .users)
        try container.encode(mean, forKey: .mean)
        try container.encode(p50, forKey: .p50)
        try container.encode(p99, forKey: .p99)
        try container.encode(max, forKey: .max)
        try container.encode(lagMean, forKey: .lagMean)
        try container.encode(lagMax, forKey: .lagMax)
    }
}

extension TimelinePoint {
    /// Reads an interval; what an older version did not write keeps its default.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int {
            try container.decodeIfPresent(Int.self, forKey: key) ?? 0
        }
        func figure(_ key: CodingKeys) throws -> Double? {
            try container.decodeIfPresent(Double.self, forKey: key)
        }
        self.init(
            start: try container.decode(Double.self, forKey: .start),
            seconds: try container.decode(Double.self, forKey: .seconds),
            phase: try container.decodeIfPresent(RunPhase.self, forKey: .phase) ?? .main)
        (exchanges, failed) = (try count(.exchanges), try count(.failed))
        (rejected, turns, warmup) = (try count(.rejected), try count(.turns), try count(.warmup))
        users = try figure(.users) ?? 0
        (mean, p50, p99, max) = (
            try figure(.mean), try figure(.p50), try figure(.p99), try figure(.max)
        )
        (lagMean, lagMax) = (try figure(.lagMean), try figure(.lagMax))
    }
}
