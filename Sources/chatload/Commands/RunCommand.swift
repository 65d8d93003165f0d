import Base
import ChatloadKit
import Glibc
import Networking
import Sandbox

/// `run`: plays the plan, keeps the log, and reports.
///
/// - Throws: what is wrong with the settings or the workload, or why the run's folder cannot be
///   written; nothing has been sent then, except where the log failed on the way.
func runCommand(
    _ settings: RunSettings, in surroundings: ProcessEnvironment
) async throws(Fault) -> ExitCode {
    let session = RunRunner(settings: settings, surroundings: surroundings)
    return try await session.ready(try settings.prepared(in: surroundings)) {
        (order, descriptors) throws(Fault) in
        if let threshold = settings.objectives.capacity {
            return try await findCapacity(threshold, order, session, descriptors: descriptors)
        }
        return try session.shown(try await session.run(order, descriptors: descriptors))
    }
}

/// `replay`: plays every conversation of the workload once, keeps the log, and reports; `folder` is
/// that of a replay to go on with.
///
/// - Throws: what is wrong with the settings or the workload, or why the replay's folder cannot be
///   written; nothing has been sent then, except where the log failed on the way.
func replayCommand(
    _ settings: RunSettings, resuming folder: String?, in surroundings: ProcessEnvironment
) async throws(Fault) -> ExitCode {
    guard let folder else { return try await runCommand(settings, in: surroundings) }
    return try await resumeCommand(settings, folder: folder, in: surroundings)
}

/// `plan`: builds the plan that `run` would play and shows it. Nothing is sent.
func planCommand(
    _ settings: RunSettings, in surroundings: ProcessEnvironment
) async throws(Fault) -> ExitCode {
    let order = try settings.prepared(in: surroundings)
    let report = try await PlanReport(of: order, settings)
    Terminal.output.write(settings.process.isJSON ? report.json : report.text)
    return .ok
}

/// `replay --resume`: goes on with a replay where it stopped, and reports on all of its parts.
///
/// - Throws: why it cannot be gone on with; nothing has been sent then, except where the log failed
///   on the way.
func resumeCommand(
    _ settings: RunSettings, folder: String, in surroundings: ProcessEnvironment
) async throws(Fault) -> ExitCode {
    let stored = try ResumedSettings(folder: folder)
    let folder = RunReader.folder(of: folder)
    let session = RunRunner(settings: settings, surroundings: surroundings)
    if stored.run.ended == .completed { return try session.resumeComplete(folder) }
    if let output = settings.output.folder, RunReader.folder(of: output) != folder {
        throw Fault(
            "a replay goes on in its own folder", at: .flag("--output"),
            hint: "leave it out; chatload report \(folder) -o \(output) puts the reports there")
    }
    let resumption = try Fault.telling(at: .flag("--resume")) { () throws(Fault) in
        try Resumption(of: folder, stored.run, boot: Machine.boot)
    }
    var order = try settings.prepared(in: surroundings, resuming: resumption)
    order.output = folder
    try stored.check(settings.typed, order.plan)
    return try await session.ready(order) { (order, descriptors) throws(Fault) in
        let result = try await session.resume(
            order, resumption, changes: stored.changes(in: settings.typed),
            descriptors: descriptors)
        return try session.shown(result)
    }
}

extension RunRunner {
    /// Goes on where there is nothing left to play.
    func resumeComplete(_ folder: String) throws(Fault) -> ExitCode {
        messages.say("\(folder) is complete: every conversation has been played")
        let exports = try Export.opened(settings.output.exports.paths)
        let result = try Fault.telling(exitCode: .internalError) { () throws(Fault) in
            try completed(folder, exports)
        }
        return try result.map { (result) throws(Fault) in try shown(result) } ?? .ok
    }

    /// Makes the files of a replay that was ended between its last reply and the last of its files.
    ///
    /// - Returns: nil where none are missing.
    private func completed(
        _ folder: String, _ exports: [Export]
    ) throws(Fault) -> RunResult? {
        let replies = try KeptReplies(in: folder)
        guard replies.hasJournal else { return nil }
        let (summary, latencies) = try RunReader.figures(of: [folder])
        let files =
            try ReportFolder.write(summary, latencies, to: folder)
            + ReportFolder.write(replies, of: summary.run, to: folder).paths
            + Export.write(
                exports, of: ExportedRun(summary, latencies, logs: [folder]))
        replies.removeJournal()
        return RunResult(summary: summary, files: files, wasInterrupted: false)
    }

    /// Plays what is left of a replay.
    func resume(
        _ order: PreparedRun, _ resumption: Resumption, changes: [String: String], descriptors: Int
    ) async throws(Fault) -> RunResult {
        let exports = try Export.opened(settings.output.exports.paths)
        var run = resumption.run
        run.parts.append(
            RunPart(
                started: UTCTime.text(of: UTCTime.now), begins: resumption.elapsed.seconds,
                settings: changes, boot: Machine.boot))
        run.ended = nil
        run.brokenSLO = nil
        run.changedInput = nil
        run.conversations = resumption.doneCount + (order.plan.order.count ?? 0)
        let endpoint = try await MetricsEndpoint.started(
            at: settings.output.metricsAddress, messages)
        let log = try Fault.telling(at: .flag("--resume"), exitCode: .internalError) {
            () throws(Fault) in
            try ReportFolder.write(run, to: order.output)
            return try resumption.begin(part: run.parts.count)
        }
        messages.announce(order, run, descriptors: descriptors)
        messages.sayResuming(resumption, of: run)
        let before = ResumedFrom(count: run.parts.count - 1, elapsed: resumption.elapsed)
        let played = await play(order, run, log, endpoint, before: before)
        return try played.result(of: run, log, messages, exports)
    }
}
