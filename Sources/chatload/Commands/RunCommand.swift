import ChatloadKit
import Glibc
import Networking
import Sandbox

/// `run`: plays the plan, keeps the log, and reports.
///
/// - Throws: what is wrong with the settings or the workload, or why the run's folder cannot be
///   written; nothing has been sent then, except where the log failed on the way.
func runCommand(
    _ settings: RunSettings, in surroundings: Surroundings
) async throws(Complaint) -> ExitCode {
    var order = try checked(PlanBuilder(settings: settings, surroundings: surroundings))
    let descriptors = try ResourceCheck.all(for: order)
    let embedded = try await EmbeddedSandbox.started(for: &order)
    let session = RunSession(settings: settings, surroundings: surroundings)
    let exitCode: ExitCode
    if let threshold = settings.capacity {
        exitCode = try await findCapacity(threshold, order, session, descriptors: descriptors)
    } else {
        let result = try await session.run(order, descriptors: descriptors)
        try session.show(result)
        exitCode = result.exitCode
    }
    await embedded?.stop()
    return exitCode
}
