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
    package var start: Int
    /// Its length in seconds.
    package var seconds: Int
    package var exchanges = 0
    package var failed = 0
    /// Those of the failures that the service rejected.
    package var rejected = 0
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

    init(start: Int, seconds: Int) {
        self.start = start
        self.seconds = seconds
    }

    enum CodingKeys: String, CodingKey {
        case start = "start_s"
        case seconds, exchanges, failed, rejected, users
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
        try container.encode(exchanges, forKey: .exchanges)
        try container.encode(failed, forKey: .failed)
        try container.encode(rejected, forKey: .rejected)
        try container.encode(users, forKey: .users)
        try container.encode(mean, forKey: .mean)
        try container.encode(p50, forKey: .p50)
        try container.encode(p99, forKey: .p99)
        try container.encode(max, forKey: .max)
        try container.encode(lagMean, forKey: .lagMean)
        try container.encode(lagMax, forKey: .lagMax)
    }
}
