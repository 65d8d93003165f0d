package import Base
import Networking

/// Progress of a run at one moment: what a live view shows of it.
package struct RunProgress: Sendable {
    package var figures = LiveFigures()
    /// Simulated users that are in a conversation, or between two of them.
    package var users = 0
    /// Starts that found no free user.
    package var dropped = 0
    /// Conversations that were started.
    package var started = 0
    /// The part of the run that it is in.
    package var phase = RunPhase.main
    package var quotas: [QuotaResult] = []
    package var credentials = CredentialUse()

    /// Adds another worker's share.
    mutating func merge(_ other: RunProgress) {
        figures.merge(other.figures)
        users += other.users
        dropped += other.dropped
        started += other.started
    }
}

/// Use of credentials: how many a run has, and can use.
package struct CredentialUse: Sendable, Equatable {
    package var all = 0
    /// Taken out of use for good.
    package var out = 0
    /// Set aside for a while after a rejection.
    package var waiting = 0
    /// How much longer the last of those is set aside.
    package var longestWait = Nanoseconds.zero

    /// One of no credentials, or with these counts.
    package init(all: Int = 0, out: Int = 0, waiting: Int = 0, longestWait: Nanoseconds = .zero) {
        self.all = all
        self.out = out
        self.waiting = waiting
        self.longestWait = longestWait
    }
}
