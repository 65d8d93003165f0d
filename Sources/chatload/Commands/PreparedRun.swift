import Base
import ChatloadKit
import Glibc
import Networking
import Sandbox

/// Prepared run: a run decided down to the last setting, and what it needs besides its plan.
struct PreparedRun: Sendable {
    /// The plan. When there is a sandbox, its port is 0 until the sandbox listens.
    var plan: Plan
    /// What reading the workload brought to light.
    var review: ValidationReport
    /// What the run is to keep.
    var objectives = Objectives()
    /// Ends the run where its figures so far, looked at once a second, say so; nil lets it last.
    var endsWhen: (@Sendable (Summary) -> Bool)?
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

    /// Where it goes.
    var targetInWords: String {
        sandbox == nil ? plan.target.description : "the embedded sandbox"
    }
}

extension RunSettings {
    /// The run that was asked for, with a line on stderr while a big workload is read and checked.
    ///
    /// - Parameters:
    ///   - now: the wall clock, for the name of the run's folder.
    ///   - resumption: a replay to go on with.
    /// - Throws: what is wrong with the settings or the files.
    func prepared(
        in surroundings: ProcessEnvironment, now: Nanoseconds = UTCTime.now,
        resuming resumption: Resumption? = nil
    ) throws(Fault) -> PreparedRun {
        try plan.check(for: service.description)
        try output.check(isSearch: objectives.capacity != nil)
        let objectives = try objectives.objectives()
        let target = try target()
        let tls = try tls.context(for: target, in: surroundings)
        let (service, credentials) = try service.service(
            at: target, credentials: plan.access.credentials, in: surroundings)
        var builder = PlanBuilder(
            plan, service: service, credentials: credentials, target: target,
            environment: surroundings.environment)
        builder.tls = tls
        builder.resumed = resumption.map { ($0.elapsed, $0.isDone) }
        // A run of before there were nonces goes on without one.
        builder.nonce = resumption.map { $0.run.nonce ?? 0 }
        let (plan, review) = try Fault.changing {
            surroundings.withExcerpts($0, for: service)
        } in: { () throws(Fault) in
            try made(by: builder, in: surroundings)
        }
        try self.objectives.check(stepsOf: review.census, of: self.service.description)
        return PreparedRun(
            plan: plan, review: review, objectives: objectives,
            sandbox: target == nil
                ? try sandbox.settings(offering: service.description, seed: plan.seed) : nil,
            workers: workers(for: plan.load),
            output: output.folder ?? proposedFolder(at: now),
            isOutputProposed: output.folder == nil)
    }

    /// `reports/20261121T014512Z-support`: the UTC time and the workload's name without folder and
    /// ending.
    private func proposedFolder(at time: Nanoseconds) -> String {
        let file = plan.workload.files.first?.split(separator: "/").last ?? "run"
        let stem = file.prefix { $0 != "." }
        let plain = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "-" }
        let stamp = UTCTime.text(of: time, isWhole: true).filter { $0 != "-" && $0 != ":" }
        return "reports/" + stamp + "-" + (plain.isEmpty ? "run" : String(plain))
    }

    private func target() throws(Fault) -> Target? {
        guard let text = service.target else { return nil }
        try sandbox.checkAbsence()
        return try Fault.at(.flag("--target")) { () throws(Fault) in try Target(parsing: text) }
    }

    private func made(
        by builder: PlanBuilder, in surroundings: ProcessEnvironment
    ) throws(Fault) -> (plan: Plan, review: ValidationReport) {
        let isShown = process.showsProgress(in: surroundings)
        var reading = CheckingLine(isShown: isShown, doing: "reading the workload")
        var checking = CheckingLine(isShown: isShown)
        defer {
            reading.finish()
            checking.finish()
        }
        return try builder.plan {
            reading.update(bytes: $0)
        } checking: {
            reading.finish()
            checking.update(share: $0, bytes: $1)
        }
    }

    /// One worker for each core this process may use, and none without a user.
    private func workers(for load: LoadShape) -> Int {
        let workers = process.workers ?? ThisProcess.usableProcessors
        // A search for the capacity begins with few users and goes on to many.
        return plan.play == .search ? workers : min(workers, load.users)
    }
}

extension ProcessEnvironment {
    /// A fault in scripts with the lines it is about, where they may be shown.
    fileprivate func withExcerpts(_ fault: Fault, for service: any ChatService) -> Fault {
        var lines: [String: [Int: String]] = [:]
        let all = [fault] + fault.others
        var told = all.map { fault in
            guard let file = fault.file, fault.column != nil else { return fault }
            if lines[file] == nil {
                let wanted = all.filter { $0.file == file }.compactMap(\.line)
                lines[file] = self.lines(wanted, of: file, for: service)
            }
            var fault = fault
            fault.excerpt = fault.line.flatMap { lines[file]?[$0] }
            return fault
        }
        told[0].others = Array(told.dropFirst())
        return told[0]
    }

    /// Lines of a file by number, where it is small enough to be read again and holds no secret.
    private func lines(
        _ wanted: [Int], of path: String, for service: any ChatService
    ) -> [Int: String] {
        guard path != InputFile.stdin, let bytes = try? text(in: path) else { return [:] }
        let names = service.description.parameters.filter(\.isSecret).map { "\"\($0.name)\"" }
        let secrets = names + service.secrets.values
        var lines: [Int: String] = [:]
        let parts = bytes.split(
            separator: UInt8(ascii: "\n"), maxSplits: wanted.max() ?? 0,
            omittingEmptySubsequences: false)
        for number in wanted where number >= 1 && number <= parts.count {
            let line = String(decoding: parts[number - 1], as: UTF8.self)
            if !secrets.contains(where: line.contains) { lines[number] = line }
        }
        return lines
    }
}

/// Makes sure that the threads can be had: one for each loop, one for signals, and those of Swift's
/// own pool, without which nothing that waits goes on; and the memory beside them.
///
/// - Throws: why another thread is refused.
func requireThreads(forLoops loops: Int, users: Int = 1) throws(Fault) {
    // Besides its pool libdispatch starts its manager, and whoever serves a timer's queue or a
    // blocked one. Where it gets none of these it waits for ever.
    let needed = loops + 1 + ThisProcess.usableProcessors + 3
    // What a run takes of the address space at most: for itself, and for each user.
    let room = (64 << 20) + (32 << 10) * users
    let status = SystemThread.refusal(of: needed, beside: room)
    if status == 0 { return }
    throw Fault(
        "cannot start \(needed) threads and have memory beside them: \(String(cString: strerror(status)))",
        hint:
            "raise the limit (ulimit -u, or the container's; ulimit -v where memory is bounded)"
            + (loops > 1 ? ", or use --workers 1" : ""), exitCode: .internalError)
}

/// Whether the process's limits leave room for what is about to be done, asked before anything is
/// sent: what runs out in the middle of a run costs the run.
extension PreparedRun {

    /// Raises the limit on open files and makes sure that it is enough for all users at once, where
    /// all are to be there at once, and that there are threads.
    ///
    /// - Returns: how many files and sockets the run may have open.
    /// - Throws: that the limit is too low.
    func requireResources() throws(Fault) -> Int {
        let limit = ThisProcess.raiseDescriptorLimit()
        let (users, needed) = (usersAtOnce, descriptorsNeeded)
        // The ceiling of a schedule is seldom reached, and users that give their connections back
        // do not all need one at once.
        let isCertain = plan.load.arrivals == nil && plan.connections.idleClose == nil
        if needed > limit, isCertain || descriptorsNeeded(by: 1) > limit {
            throw Fault(
                "\(Figures.count(users)) \(users == 1 ? "user needs" : "users need")"
                    + " \(Figures.count(needed)) file descriptors, and the limit is"
                    + " \(Figures.count(limit))",
                hint: "raise it (ulimit -n \(needed)), or use fewer users (-c), or --idle-close")
        }
        try requireThreads(forLoops: loops, users: users)
        return limit
    }

    /// The users that may be there at the same time.
    var usersAtOnce: Int {
        min(plan.load.users, plan.load.arrivals == nil ? plan.conversationLimit ?? .max : .max)
    }

    /// The event loops: a worker's each, the log's, and the sandbox's.
    var loops: Int { workers + 1 + (sandbox == nil ? 0 : 1) }

    /// The file descriptors that all users take at once.
    var descriptorsNeeded: Int { descriptorsNeeded(by: usersAtOnce) }

    /// The file descriptors that so many users take at once: a connection each, at both ends where
    /// the sandbox is inside, and what is open beside them: each loop's, and a dozen files.
    private func descriptorsNeeded(by users: Int) -> Int {
        users * (sandbox == nil ? 1 : 2) + ThisProcess.openDescriptors + 2 * loops + 12
    }
}
