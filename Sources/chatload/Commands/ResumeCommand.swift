import Base
import ChatloadKit
import Glibc
import Networking

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
    if let output = settings.output, RunReader.folder(of: output) != folder {
        throw Fault(
            "a replay goes on in its own folder", at: .flag("--output"),
            hint: "leave it out; chatload report \(folder) -o \(output) puts the reports there")
    }
    let resumption = try taken(folder, stored.run)
    var builder = PlanBuilder(settings: settings, surroundings: surroundings)
    builder.resumption = resumption
    var order = try checked(builder)
    order.output = folder
    try stored.check(settings.typed, order.plan)
    let descriptors = try ResourceCheck.all(for: order)
    let embedded = try await EmbeddedSandbox.started(for: &order)
    let result = try await session.resume(
        order, resumption, changes: stored.changes(in: settings.typed), descriptors: descriptors)
    try session.show(result)
    await embedded?.stop()
    return result.exitCode
}

private func taken(_ folder: String, _ run: RunDescription) throws(Fault) -> Resumption {
    do throws(Fault) {
        return try Resumption(of: folder, run, boot: Machine.boot)
    } catch {
        throw Fault(error.description, at: .flag("--resume"))
    }
}

extension RunRunner {
    /// Goes on where there is nothing left to play.
    func resumeComplete(_ folder: String) throws(Fault) -> ExitCode {
        messages.sayComplete(folder)
        let exports = try Export.opened(settings.exports)
        let result: RunResult?
        do throws(Fault) {
            result = try completed(folder, exports)
        } catch {
            throw Fault(error.description, exitCode: .internalError)
        }
        guard let result else { return .ok }
        try show(result)
        return result.exitCode
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
        let exports = try Export.opened(settings.exports)
        var run = resumption.run
        run.parts.append(
            RunPart(
                started: UTC.text(of: UTC.now), begins: resumption.elapsed.seconds,
                settings: changes, boot: Machine.boot))
        run.ended = nil
        run.brokenSLO = nil
        run.changedInput = nil
        run.conversations = resumption.doneCount + (order.plan.order.count ?? 0)
        let endpoint = try await MetricsEndpoint.started(at: settings.metricsAddress, messages)
        let log: RunLog
        do throws(Fault) {
            try ReportFolder.write(run, to: order.output)
            log = try resumption.begin(part: run.parts.count)
        } catch {
            throw Fault(error.description, at: .flag("--resume"), exitCode: .internalError)
        }
        messages.announce(order, run, descriptors: descriptors)
        messages.sayResuming(resumption, of: run)
        let before = ResumedFrom(count: run.parts.count - 1, elapsed: resumption.elapsed)
        let played = await play(order, run, log, endpoint, before: before)
        return try RunFinisher(
            order: order, messages: messages, played: played, exports: exports
        ).result(of: run, log)
    }
}
