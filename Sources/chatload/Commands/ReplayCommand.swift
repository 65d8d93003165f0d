import ChatloadKit
import Networking

/// `replay`: plays every conversation of the workload once, keeps the log, and reports.
///
/// - Throws: what is wrong with the settings or the workload, or why the replay's folder cannot be
///   written; nothing has been sent then, except where the log failed on the way.
func replayCommand(
    _ settings: RunSettings, in surroundings: Surroundings
) async throws(Complaint) -> ExitCode {
    if let folder = settings.replay.resumes {
        return try await resumeCommand(settings, folder: folder, in: surroundings)
    }
    var order = try checked(PlanBuilder(settings: settings, surroundings: surroundings))
    let descriptors = try ResourceCheck.all(for: order)
    let embedded = try await EmbeddedSandbox.started(for: &order)
    let session = RunSession(settings: settings, surroundings: surroundings)
    let result = try await session.run(order, descriptors: descriptors)
    try session.show(result)
    await embedded?.stop()
    return result.exitCode
}
