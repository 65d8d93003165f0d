import Networking

/// What the progress line shows of a run, at one moment.
struct ProgressFigures: Sendable {
    enum Phase: Sendable {
        case running
        /// No new conversations; the open ones are ending.
        case draining
    }

    var phase = Phase.running
    var elapsed = Nanoseconds.zero
    /// When the run is to stop; nil when a count decides.
    var planned: Nanoseconds?
    /// Simulated users that are playing.
    var users = 0
    /// Conversations that have ended, of how many; nil where their number decides nothing.
    var conversations: (done: Int, all: Int)?
    /// How long it takes until all have ended, at the pace so far; nil while nobody can say.
    var left: Nanoseconds?
    var exchanges = 0
    /// Since the last figures or over the whole run, as the reader sees fit.
    var exchangesPerSecond = 0.0
    /// Response times of successes; nil while there is none.
    var p50: Nanoseconds?
    var p99: Nanoseconds?
    var errors = 0
}
