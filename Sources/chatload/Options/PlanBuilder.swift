import Base
import ChatloadKit
import Glibc
import Networking
import Sandbox

/// A run decided down to the last setting, and what it needs besides its plan.
struct PreparedRun: Sendable {
    /// The plan. When there is a sandbox, its port is 0 until the sandbox listens.
    var plan: Plan
    /// What reading the workload brought to light.
    var review: ValidationReport
    /// What the run is to keep.
    var objectives = Objectives()
    /// The embedded sandbox to start first; nil when there is a target.
    var sandbox: SandboxSettings?
    /// The number of event loops.
    var workers: Int
    /// The run's folder.
    var output: String
    /// Whether its name is a proposal, so that another is taken where it is there already.
    var isOutputProposed = false

    /// What the workload holds.
    var census: WorkloadStats { review.census }
}

/// Makes a plan of the settings: checks everything that can be checked before anything is sent.
struct PlanBuilder {
    let settings: RunSettings
    let surroundings: ProcessEnvironment
    /// The wall clock, in seconds since 1970, for the name of the run's folder.
    var now = time(nil)

    /// A replay to go on with.
    var resumption: Resumption?

    /// The order. `progress` gets the bytes of the workload read so far and all of them.
    func order(progress: (_ read: Double, _ all: Int) -> Void = { _, _ in }) throws(Fault)
        -> PreparedRun
    {
        if settings.probe.isOn { try ProbeBuilder(settings: settings).check() }
        if settings.workloads.isEmpty, !settings.probe.isOn {
            throw Fault(
                "no workload to play", hint: "name a script, such as workloads/support.jsonl")
        }
        var load = try LoadBuilder(settings: settings).load()
        let retry = try RetryBuilder(settings: settings).policy()
        let objectives = try ObjectivesBuilder(settings: settings).objectives()
        let target = try target()
        let connections = try ConnectionsBuilder(settings: settings, surroundings: surroundings)
            .connections(to: target)
        let tls = try TLSBuilder(
            options: settings.tls, surroundings: surroundings
        )
        .context(for: target)
        let (service, credentials) = try ServiceBuilder(
            settings: settings, surroundings: surroundings
        )
        .service(pathPrefix: target?.pathPrefix ?? "")
        try requireOneStdin()
        let data = DataBuilder(settings: settings)
        let table = try data.table()
        let seed = settings.seed ?? Seed.drawn()
        let opened = try open(seed: seed, columns: table?.columns ?? [])
        let review = try review(of: opened, with: service, row: table?.row(at: 0) ?? []) {
            progress($0, opened.byteCount)
        }
        try ObjectivesBuilder(settings: settings).check(stepsOf: review.census)
        let workload = opened.leavingOut(review.rejected)
        let order = try playOrder(workload, review, seed: seed)
        let feeder = try data.feeder(of: table, seed: seed, load, order)
        if let limit = feeder?.conversationLimit {
            load.conversations = min(load.conversations ?? limit, limit)
        }
        var plan = Plan(
            service: service, target: target ?? Target(host: "127.0.0.1", port: 0),
            workload: workload, order: order, load: load,
            timeouts: Timeouts(total: settings.timeout, connect: settings.connectTimeout),
            connections: connections, seed: seed)
        plan.clock = ReplayBuilder(settings: settings).pace.map {
            ReplayClock(
                recorded: review.starts, playing: order, at: $0,
                after: resumption?.elapsed ?? .zero)
        }
        plan.tls = tls
        plan.feeder = feeder
        plan.quotas = settings.quotas
        plan.credentials = credentials
        plan.assignment = settings.assignment
        plan.onReject = settings.onReject
        plan.retry = retry
        plan.tokens = settings.tokens
        let sandbox = target == nil ? SandboxBuilder.embedded(settings, seed: seed) : nil
        return PreparedRun(
            plan: plan, review: review, objectives: objectives, sandbox: sandbox,
            workers: workers(for: load), output: output,
            isOutputProposed: settings.output == nil)
    }

    /// What reading the workload brings to light.
    ///
    /// - Throws: what is wrong with conversations, unless they may be left out and something is left.
    private func review(
        of workload: Workload, with service: any ChatService, row: [String],
        progress: (Double) -> Void
    ) throws(Fault) -> ValidationReport {
        let review = workload.review(
            with: service, tokens: settings.tokens, row: row,
            pace: ReplayBuilder(settings: settings).pace, progress: progress)
        if let change = review.change { throw change }
        let complaints = ScriptExcerpts(service: service, surroundings: surroundings)
        if let complaint = complaints.complaint(about: review),
            !settings.skipsBadLines || review.census.once.conversations == 0
        {
            throw complaint
        }
        return review
    }

    private func playOrder(
        _ workload: Workload, _ review: ValidationReport, seed: UInt64
    ) throws(Fault) -> PlayOrder {
        if settings.probe.isOn { return try ProbeBuilder(settings: settings).order(of: workload) }
        if settings.replay.isOn {
            let all = review.census.once.conversations
            let count = min(all, settings.conversations ?? all)
            guard let resumption else { return .once(count) }
            return .remaining(ConversationSet(below: count) { !resumption.isDone($0) })
        }
        return .weighted(ScriptChooser(weights: review.weights, seed: seed))
    }

    private func target() throws(Fault) -> Target? {
        guard let text = settings.target else { return nil }
        if let option = settings.sandboxOption {
            throw Fault(
                "there is no sandbox in a run with a target", at: .flag(option),
                hint: "leave out either \(option) or --target")
        }
        do {
            return try Target(parsing: text)
        } catch {
            throw error.at(.flag("--target"))
        }
    }

    private func open(seed: UInt64, columns: [String]) throws(Fault) -> Workload {
        let prompts = PromptSettings(seed: seed, tokens: settings.tokens)
        var line = CheckingLine(
            isShown: settings.showsProgress(in: surroundings), doing: "reading the workload")
        defer { line.finish() }
        do {
            return settings.workloads.isEmpty
                ? try ProbeBuilder(settings: settings).workload()
                : try Workload.open(
                    settings.workloads, prompts: prompts, columns: columns,
                    attachFrom: settings.attachFrom
                ) { line.update(bytes: $0) }
        } catch {
            throw error
        }
    }

    /// Stdin can be read once.
    private func requireOneStdin() throws(Fault) {
        let inputs = settings.workloads + [settings.data].compactMap(\.self)
        if inputs.count(where: { $0 == InputFile.stdin }) > 1 {
            throw Fault(
                "stdin (-) is named twice and can be read once", hint: "put one of them into a file"
            )
        }
    }

    /// One worker for each core this process may use, and none without a user.
    private func workers(for load: LoadShape) -> Int {
        let workers = settings.workers ?? Processors.usable
        // A search for the capacity begins with few users and goes on to many.
        return settings.capacity == nil ? min(workers, load.users) : workers
    }

    private var output: String {
        settings.output
            ?? "reports/" + RunName.make(at: now, workload: settings.workloads.first ?? "")
    }
}

extension RunSettings {
    /// The flag of an option that only the embedded sandbox heeds, if one was given.
    fileprivate var sandboxOption: String? {
        if sandboxLatency != nil { return "--sandbox-latency" }
        if sandboxErrorRate != nil { return "--sandbox-error-rate" }
        if !sandboxLimits.entries.isEmpty { return "--sandbox-limit" }
        if !sandboxFaults.isEmpty { return "--sandbox-fault" }
        return sandboxStalls.isEmpty ? nil : "--sandbox-stall"
    }
}

/// Names of runs.
enum RunName {
    /// `20261121T014512Z-support`: the UTC time and the workload's name without folder and ending.
    static func make(at seconds: time_t, workload: String) -> String {
        let file = workload.split(separator: "/").last ?? "run"
        let stem = file.prefix { $0 != "." }
        let plain = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "-" }
        let time = UTC.text(of: seconds).filter { $0 != "-" && $0 != ":" }
        return time + "-" + (plain.isEmpty ? "run" : String(plain))
    }
}

/// The wall clock, in words.
enum UTC {
    /// Now.
    static var now: Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + Nanoseconds(Int64(time.tv_nsec))
    }

    /// `2026-11-21T01:45:12.003456789Z`, of a time since 1970.
    static func text(of time: Nanoseconds) -> String {
        let (seconds, rest) = time.count.quotientAndRemainder(dividingBy: 1_000_000_000)
        let (whole, part) = rest < 0 ? (seconds - 1, rest + 1_000_000_000) : (seconds, rest)
        let fraction = "\(part)"
        let zeros = String(repeating: "0", count: 9 - fraction.count)
        return text(of: time_t(whole)).dropLast() + "." + zeros + fraction + "Z"
    }

    /// `2026-11-21T01:45:12Z`.
    static func text(of seconds: time_t) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [
            digits(parts.tm_year + 1_900, 4), digits(parts.tm_mon + 1), digits(parts.tm_mday),
        ]
        let time = [digits(parts.tm_hour), digits(parts.tm_min), digits(parts.tm_sec)]
        return date.joined(separator: "-") + "T" + time.joined(separator: ":") + "Z"
    }

    private static func digits(_ value: Int32, _ count: Int = 2) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(count - text.count, 0)) + text
    }
}
