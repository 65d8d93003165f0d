import Base
import ChatloadKit
import Networking

/// What is shown of a run under way, at one moment.
struct ProgressFigures: Sendable {
    /// A limit that ends the run: how much of it is used.
    struct Limit: Sendable {
        var done: Int
        var all: Int
    }

    /// One second of the past.
    struct Second: Sendable {
        /// Those that succeeded.
        var turnsPerSecond: Double
        /// The 99th percentile of the response times in it; nil with too few of them.
        var p99: Nanoseconds?
    }

    /// The part of the run that it is in; in the drain no new turn begins.
    var phase = RunPhase.main
    var elapsed = Nanoseconds.zero
    /// When the run is to stop; nil when a count decides.
    var planned: Nanoseconds?
    /// Simulated users that are playing.
    var users = 0
    /// The users or the starts a second that are wanted at the moment, in words.
    var wanted = ""
    /// Conversations that have ended, however many there may be.
    var conversationsDone = 0
    /// Conversations that have ended, of how many; nil where their number decides nothing.
    var conversations: Limit?
    /// The same of exchanges.
    var exchangeLimit: Limit?
    var exchanges = 0
    /// Turns that succeeded, over the last second or so.
    var turnsPerSecond = 0.0
    /// Response times of successes; nil while there are too few.
    var p50: Nanoseconds?
    var p90: Nanoseconds?
    var p99: Nanoseconds?
    var errors = 0
    /// Failures by class, the most frequent first.
    var failures: [(name: String, count: Int)] = []
    /// That nothing has succeeded although much was tried, with where and why; nil otherwise.
    var outage: String?
    /// The past seconds, the latest last.
    var seconds: [Second] = []
    var quotas: [QuotaResult] = []
    var credentials = CredentialUse()
    /// Starts that found no free user.
    var dropped = 0
    /// What the end would say if it were now.
    var verdict = Verdict()
    /// The share of all cores that this process uses, over the last second or so.
    var cpuShare = 0.0
}

extension ProgressFigures {
    /// How much of the run is done, 0…1, by the limit that is nearest; nil where none is known.
    var share: Double? {
        let times = planned.map { elapsed.seconds / max($0.seconds, 1e-9) }
        let counts = [conversations, exchangeLimit].compactMap { limit in
            limit.map { Double($0.done) / Double(max($0.all, 1)) }
        }
        return ([times].compactMap(\.self) + counts).max().map { min(max($0, 0), 1) }
    }

    /// How long it takes to the end at the pace so far; nil while nobody can say.
    var left: Nanoseconds? {
        let byTime = planned.map { max($0 - elapsed, .zero) }
        let byCount = [conversations, exchangeLimit].compactMap { limit -> Nanoseconds? in
            guard let limit, limit.done > 0, limit.done < limit.all else { return nil }
            let pace = elapsed.seconds / Double(limit.done)
            return Nanoseconds(seconds: pace * Double(limit.all - limit.done))
        }
        return ([byTime].compactMap(\.self) + byCount).min()
    }
}
