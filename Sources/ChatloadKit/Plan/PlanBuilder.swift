package import Base
package import Networking

/// Plan builder: makes a plan of settings, and checks everything that can be checked before anything
/// is sent.
package struct PlanBuilder {
    /// What is known of a replay's earlier parts: how long they took, without the pauses between them,
    /// and whether the conversation at an index has been played.
    package typealias Resumed = (elapsed: Nanoseconds, isDone: (Int) -> Bool)

    let settings: PlanSettings
    let service: any ChatService
    let credentials: [Credential]
    /// nil for the embedded sandbox, on 127.0.0.1 at a port that is not known yet.
    let target: Target?
    /// What may name a proxy.
    let environment: [String: String]
    /// The earlier parts of a replay that is gone on with.
    package var resumed: Resumed?
    /// The nonce of the parts before, where there were any; nil for one that is drawn.
    package var nonce: UInt64?
    /// What connections to the target are encrypted with.
    package var tls: TLSContext?

    package init(
        _ settings: PlanSettings, service: any ChatService, credentials: [Credential] = [],
        target: Target? = nil, environment: [String: String] = [:]
    ) {
        self.settings = settings
        self.service = service
        self.credentials = credentials
        self.target = target
        self.environment = environment
    }

    /// The plan, and what reading its workload brought to light.
    ///
    /// - Parameters:
    ///   - reading: gets the bytes that have come of a workload that is read into memory.
    ///   - checking: gets the share of the workload that has been checked, and its size.
    /// - Throws: what is wrong with the settings or the files. Of conversations only where they may
    ///   not be left out, or nothing is left.
    package func plan(
        reading: ((Int) -> Void)? = nil, checking: (Double, Int) -> Void = { _, _ in }
    ) throws(Fault) -> (plan: Plan, review: ValidationReport) {
        var load = try settings.check(for: service.description)
        let connections = try settings.connections.connections(to: target, environment)
        try requireOneStdin()
        let table = try settings.data.table()
        let seed = settings.seed ?? PlanSettings.drawnSeed()
        let opened = try workload(seed: seed, columns: table?.columns ?? [], reading)
        let review = try review(of: opened, row: table?.row(at: 0) ?? [], checking)
        let workload = opened.leavingOut(review.rejected)
        let order = try order(of: workload, review, seed: seed)
        let feeder = try settings.data.feeder(of: table, seed: seed, load, order)
        if let limit = feeder?.conversationLimit {
            load.conversations = min(load.conversations ?? limit, limit)
        }
        let nonce = nonce ?? PlanSettings.drawnSeed()
        var plan = Plan(
            service: try service.naming(by: seed ^ nonce),
            target: target ?? Target(host: "127.0.0.1", port: 0),
            workload: workload, order: order, load: load,
            timeouts: settings.connections.timeouts, connections: connections, seed: seed)
        plan.nonce = nonce
        plan.clock = settings.play.pace.map {
            ReplayClock(
                recorded: review.starts, playing: order, at: $0, after: resumed?.elapsed ?? .zero)
        }
        plan.tls = tls
        plan.feeder = feeder
        plan.quotas = settings.access.quotas
        plan.credentials = try credentials(namingBy: seed ^ nonce)
        plan.assignment = settings.access.assignment
        plan.onReject = settings.access.onReject
        plan.retry = try settings.retry.policy()
        plan.tokens = settings.workload.tokens
        plan.replyLengths = ReplyLengths(
            settings.workload.lengths.reply, seed: seed, for: service.description)
        return (plan, review)
    }

    /// The credentials, what their services make up following from `nonce`.
    private func credentials(namingBy nonce: UInt64) throws(Fault) -> [Credential] {
        try credentials.map { (credential) throws(Fault) in
            Credential(label: credential.label, service: try credential.service.naming(by: nonce))
        }
    }

    /// Stdin can be read once.
    private func requireOneStdin() throws(Fault) {
        let inputs = settings.workload.files + [settings.data.file].compactMap(\.self)
        if inputs.count(where: { $0 == InputFile.stdin }) > 1 {
            throw Fault(
                "stdin (-) is named twice and can be read once", hint: "put one of them into a file"
            )
        }
    }

    private func workload(
        seed: UInt64, columns: [String], _ reading: ((Int) -> Void)?
    ) throws(Fault) -> Workload {
        let wanted = settings.workload
        let prompts = PromptSettings(
            seed: seed, tokens: wanted.tokens, calibration: PromptCalibration())
        if let made = MadePrompts(wanted.lengths, prompts, for: service.description) {
            return try .making(made)
        }
        if wanted.files.isEmpty { return try .saying(wanted.says) }
        return try Workload.open(
            wanted.files, prompts: prompts, columns: columns, attachFrom: wanted.attachFrom,
            progress: reading)
    }

    private func review(
        of workload: Workload, row: [String], _ checking: (Double, Int) -> Void
    ) throws(Fault) -> ValidationReport {
        let review = workload.review(
            with: service, tokens: settings.workload.tokens, row: row, pace: settings.play.pace
        ) { checking($0, workload.byteCount) }
        if let change = review.change { throw change }
        if let fault = review.fault,
            !settings.workload.skipsBadLines || review.census.once.conversations == 0
        {
            throw fault
        }
        return review
    }

    private func order(
        of workload: Workload, _ review: ValidationReport, seed: UInt64
    ) throws(Fault) -> PlayOrder {
        switch settings.play {
        case .load, .search:
            return .weighted(ScriptChooser(weights: review.weights, seed: seed))
        case .replay:
            let all = review.census.once.conversations
            let count = min(all, settings.load.conversations ?? all)
            guard let resumed else { return .once(count) }
            return .remaining(ConversationSet(below: count) { !resumed.isDone($0) })
        case .conversation(let id):
            let index = try id.map { (id) throws(Fault) in try workload.index(of: id) } ?? 0
            return .remaining(ConversationSet(below: workload.count) { $0 == index })
        }
    }
}

extension ValidationReport {
    /// All complaints as one fault, nil when there is none.
    fileprivate var fault: Fault? {
        guard var first = complaints.first else { return nil }
        first.others = Array(complaints.dropFirst())
        let others = complaintCount - complaints.count
        if others > 0 {
            first.others.append(
                Fault(
                    "and \(Figures.count(others)) more of this kind",
                    hint: "--skip-bad-lines goes on without them"))
        }
        return first
    }
}

extension Workload {
    /// The index of the conversation with an id.
    fileprivate func index(of wanted: String) throws(Fault) -> Int {
        var ids: [String] = []
        for index in 0..<count {
            guard let id = try? conversation(at: index).id else { continue }
            if id == wanted { return index }
            // Enough to guess what was meant.
            if ids.count < 1_000 { ids.append(id) }
        }
        let known = ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
        throw Fault(
            "there is no conversation \(Printable.quoted(wanted))", at: .flag("--conversation"),
            hint: nearestName(to: wanted, among: ids).map { "did you mean \($0)?" }
                ?? "there are " + known)
    }
}

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
        try workload.lengths.check(files: workload.files)
        if workload.files.isEmpty, workload.says.isEmpty, workload.lengths.prompt == nil {
            throw Fault(
                "no workload to play",
                hint: "name a script, such as workloads/support.jsonl, or have prompts made:"
                    + " --prompt-tokens 512")
        }
        var shape: LoadShape
        switch play {
        case .load: shape = try load.shape()
        case .search: shape = try load.shape(isSearched: true)
        case .replay(let replay):
            if workload.lengths.prompt != nil {
                throw Fault(
                    "makes prompts without end, and a replay plays each conversation once",
                    at: .flag("--prompt-tokens"), hint: "use chatload run -n N")
            }
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
    /// What is made instead, and how long replies are to be.
    package var lengths = LengthSettings()

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
