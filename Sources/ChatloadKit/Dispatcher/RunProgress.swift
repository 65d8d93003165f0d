/// How a run goes at one moment: what a live view shows of it.
package struct RunProgress: Sendable {
    package var figures = LiveFigures()
    /// Simulated users that are in a conversation, or between two of them.
    package var users = 0
    /// How late requests left so far, to 1/32.
    package var lag = Histogram().coarse
    package var quotas: [QuotaResult] = []
    package var credentials = CredentialUse()

    /// Adds another worker's share.
    mutating func merge(_ other: RunProgress) {
        figures.merge(other.figures)
        users += other.users
        lag.merge(other.lag)
    }
}

/// How many credentials a run has, and can use.
package struct CredentialUse: Sendable, Equatable {
    package var all = 0
    /// Taken out of use for good.
    package var out = 0
    /// Set aside for a while after a rejection.
    package var waiting = 0

    /// One of no credentials, or with these counts.
    package init(all: Int = 0, out: Int = 0, waiting: Int = 0) {
        self.all = all
        self.out = out
        self.waiting = waiting
    }
}
