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

extension RunSettings {
    /// The run that was asked for, with a line on stderr while a big workload is read and checked.
    ///
    /// - Parameters:
    ///   - now: the wall clock, in seconds since 1970, for the name of the run's folder.
    ///   - resumption: a replay to go on with.
    /// - Throws: what is wrong with the settings or the files.
    func prepared(
        in surroundings: ProcessEnvironment, now: time_t = time(nil),
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
        let excerpts = ScriptExcerpts(service: service, surroundings: surroundings)
        let (plan, review) = try Fault.changing(excerpts.added) { () throws(Fault) in
            try made(by: builder, in: surroundings)
        }
        try self.objectives.check(stepsOf: review.census)
        return PreparedRun(
            plan: plan, review: review, objectives: objectives,
            sandbox: target == nil
                ? sandbox.settings(offering: service.description, seed: plan.seed) : nil,
            workers: workers(for: plan.load),
            output: output.folder
                ?? "reports/"
                + RunName.make(at: now, workload: self.plan.workload.files.first ?? ""),
            isOutputProposed: output.folder == nil)
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

/// Script excerpts: the lines that faults in scripts are about.
private struct ScriptExcerpts {
    let service: any ChatService
    let surroundings: ProcessEnvironment

    /// The fault with its lines, where they may be shown.
    func added(to fault: Fault) -> Fault {
        var lines: [String: [Int: String]] = [:]
        let all = [fault] + fault.others
        var told = all.map { fault in
            guard let file = fault.file, fault.column != nil else { return fault }
            if lines[file] == nil {
                lines[file] = read(all.filter { $0.file == file }.compactMap(\.line), of: file)
            }
            var fault = fault
            fault.excerpt = fault.line.flatMap { lines[file]?[$0] }
            return fault
        }
        told[0].others = Array(told.dropFirst())
        return told[0]
    }

    /// Lines of a file by number, where it is small enough to be read again and holds no secret.
    private func read(_ wanted: [Int], of path: String) -> [Int: String] {
        guard path != InputFile.stdin, let bytes = try? surroundings.text(in: path) else {
            return [:]
        }
        var lines: [Int: String] = [:]
        let last = wanted.max() ?? 0
        let parts = bytes.split(
            separator: UInt8(ascii: "\n"), maxSplits: last, omittingEmptySubsequences: false)
        for number in wanted where number >= 1 && number <= parts.count {
            let line = String(decoding: parts[number - 1], as: UTF8.self)
            if !mayHoldSecret(line) { lines[number] = line }
        }
        return lines
    }

    private func mayHoldSecret(_ line: String) -> Bool {
        let names = service.description.parameters.filter(\.isSecret).map { "\"\($0.name)\"" }
        return names.contains { line.contains($0) }
            || service.secrets.values.contains { line.contains($0) }
    }
}

/// Names of runs.
enum RunName {
    /// `20261121T014512Z-support`: the UTC time and the workload's name without folder and ending.
    static func make(at seconds: time_t, workload: String) -> String {
        let file = workload.split(separator: "/").last ?? "run"
        let stem = file.prefix { $0 != "." }
        let plain = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "-" }
        let time = UTCTime.text(of: .seconds(Int64(seconds)), isWhole: true).filter {
            $0 != "-" && $0 != ":"
        }
        return time + "-" + (plain.isEmpty ? "run" : String(plain))
    }
}
