package import Base
import Networking

/// Plan settings: what is to be played and how, as far as somebody said so; `PlanBuilder` makes a plan
/// of it.
package struct PlanSettings: Sendable, Equatable {
    package var workload = WorkloadSettings()
    package var play = Play.load
    package var load = LoadSettings()
    package var connections = ConnectionSettings()
    package var access = AccessSettings()
    package var retry = RetrySettings()
    package var data = DataSettings()
    /// nil for one that is drawn.
    package var seed: UInt64?

    package init() {}

    /// A seed for whoever was given none, short enough to be typed again.
    package static func drawnSeed() -> UInt64 { UInt64(UInt32.random(in: 1...UInt32.max)) }

    /// Checks what can be checked before a file is opened.
    ///
    /// - Returns: the load's shape.
    @discardableResult
    package func check(for service: ServiceDescription) throws(Fault) -> LoadShape {
        if workload.files.isEmpty, workload.says.isEmpty {
            throw Fault(
                "no workload to play", hint: "name a script, such as workloads/support.jsonl")
        }
        var shape: LoadShape
        switch play {
        case .load: shape = try load.shape()
        case .search: shape = try load.shape(isSearched: true)
        case .replay(let replay):
            try replay.check(with: load, service)
            shape = replay.shape(of: load)
        case .conversation: shape = LoadShape(users: 1, thinkOverride: .fixed(.zero))
        }
        _ = try retry.policy()
        return shape
    }
}

/// Play: what is made of a workload's conversations.
package enum Play: Sendable, Equatable {
    /// A load: as often as their weights say.
    case load
    /// A load whose level a search for the capacity sets.
    case search
    /// Each once.
    case replay(ReplaySettings)
    /// The one with this id once; nil for the first.
    case conversation(id: String?)

    /// How recorded times are played; nil when they are not.
    var pace: ReplayPace? { if case .replay(let replay) = self { replay.pace } else { nil } }
}

/// Workload settings: which conversations there are.
package struct WorkloadSettings: Sendable, Equatable {
    package var files: [String] = []
    /// What is said where there is no file, a turn each.
    package var says: [String] = []
    /// Whether conversations with errors are passed over.
    package var skipsBadLines = false
    /// The folder whose files scripts may attach; nil for the workload's own.
    package var attachFrom: String?
    /// How tokens are counted that the service does not report.
    package var tokens = TokenEstimate.usual

    package init() {}
}

/// Access settings: as whom a service is used, and within which limits.
package struct AccessSettings: Sendable, Equatable {
    package var quotas: [Quota] = []
    /// The file of the credentials.
    package var credentials: String?
    package var assignment = CredentialAssignment.sticky
    package var onReject = RejectionPolicy.record

    package init() {}
}

/// Data settings: where the rows for scripts' variables come from, and whom each is for.
package struct DataSettings: Sendable, Equatable {
    package var file: String?
    package var order: DataOrder?
    package var per: DataScope?

    package init() {}

    /// The table; nil without a file.
    func table() throws(Fault) -> DataTable? {
        if let file { return try DataTable.open(file) }
        if order == nil, per == nil { return nil }
        throw Fault(
            "needs data", at: .flag(order == nil ? "--data-per" : "--data-order"),
            hint: "name a file of rows: --data FILE")
    }

    /// The feeder of a plan with this seed, load and order of play; nil without a table.
    func feeder(
        of table: DataTable?, seed: UInt64, _ load: LoadShape, _ play: PlayOrder
    ) throws(Fault) -> Feeder? {
        guard let table else { return nil }
        let feeder = Feeder(
            table: table, order: order ?? .sequential, per: per ?? .conversation, seed: seed)
        guard feeder.order == .unique else { return feeder }
        if feeder.per == .user {
            guard load.arrivals == nil else {
                throw Fault(
                    "unique rows for users need a fixed number of users", at: .flag("--data-order"),
                    hint: "leave out --rate, or use --data-per conversation")
            }
            try Self.check(load.users, "users", of: table)
        } else if let count = play.count {
            try Self.check(count, "conversations", of: table)
        }
        return feeder
    }

    private static func check(_ wanted: Int, _ what: String, of table: DataTable) throws(Fault) {
        guard wanted > table.count else { return }
        throw Fault(
            "\(Figures.count(wanted)) \(what) want a row each and \(table.path) has"
                + " \(Figures.count(table.count))", at: .flag("--data-order"),
            hint: "give fewer \(what) or more rows, or let rows repeat: --data-order sequential")
    }
}
