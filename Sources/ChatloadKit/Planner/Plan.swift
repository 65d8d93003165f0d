package import Networking

/// Everything that is decided before the first byte is sent: immutable, printable, and all the
/// dispatcher needs to know.
package struct Plan: Sendable {
    package var service: ServiceChoice
    package var target: Target
    package var workload: Workload
    /// Which script each conversation of the run plays.
    package var chooser: ScriptChooser
    package var load: LoadShape
    package var timeouts: Timeouts
    package var seed: UInt64
    /// Limits that the run keeps of its own accord.
    package var quotas: [Quota] = []
    /// Identities towards the service, instead of the service's own; empty for that alone.
    package var credentials: [Credential] = []
    package var assignment = CredentialAssignment.sticky
    package var onReject = RejectionPolicy.record
    /// How tokens are counted that the service does not report.
    package var tokens = TokenEstimate.usual

    package init(
        service: ServiceChoice, target: Target, workload: Workload, chooser: ScriptChooser,
        load: LoadShape, timeouts: Timeouts = Timeouts(), seed: UInt64
    ) {
        self.service = service
        self.target = target
        self.workload = workload
        self.chooser = chooser
        self.load = load
        self.timeouts = timeouts
        self.seed = seed
    }
}

/// How many users, and when to stop: whichever limit comes first.
package struct LoadShape: Sendable, Equatable {
    /// Simulated users at once.
    package var users: Int
    package var conversations: Int?
    package var exchanges: Int?
    package var duration: Nanoseconds?
    /// What is under way when the run ends may finish within this time.
    package var grace: Nanoseconds
    /// Think time before every turn instead of what the scripts say.
    package var thinkOverride: ThinkTime?

    package init(
        users: Int, conversations: Int? = nil, exchanges: Int? = nil, duration: Nanoseconds? = nil,
        grace: Nanoseconds = .seconds(30), thinkOverride: ThinkTime? = nil
    ) {
        self.users = users
        self.conversations = conversations
        self.exchanges = exchanges
        self.duration = duration
        self.grace = grace
        self.thinkOverride = thinkOverride
    }
}

/// How long things may take before they count as failed.
package struct Timeouts: Sendable, Equatable {
    /// One exchange, opening its connection included.
    package var total: Nanoseconds
    /// Opening a connection.
    package var connect: Nanoseconds

    package init(total: Nanoseconds = .seconds(60), connect: Nanoseconds = .seconds(5)) {
        self.total = total
        self.connect = connect
    }
}
