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
