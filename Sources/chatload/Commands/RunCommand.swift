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
    var order = try checked(PlanBuilder(settings: settings, surroundings: surroundings))
    let descriptors = try ResourceCheck.all(for: order)
    let embedded = try await EmbeddedSandbox.started(for: &order)
    let session = RunRunner(settings: settings, surroundings: surroundings)
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

/// `replay`: plays every conversation of the workload once, keeps the log, and reports.
///
/// - Throws: what is wrong with the settings or the workload, or why the replay's folder cannot be
///   written; nothing has been sent then, except where the log failed on the way.
func replayCommand(
    _ settings: RunSettings, in surroundings: ProcessEnvironment
) async throws(Fault) -> ExitCode {
    if let folder = settings.replay.resumes {
        return try await resumeCommand(settings, folder: folder, in: surroundings)
    }
    var order = try checked(PlanBuilder(settings: settings, surroundings: surroundings))
    let descriptors = try ResourceCheck.all(for: order)
    let embedded = try await EmbeddedSandbox.started(for: &order)
    let session = RunRunner(settings: settings, surroundings: surroundings)
    let result = try await session.run(order, descriptors: descriptors)
    try session.show(result)
    await embedded?.stop()
    return result.exitCode
}

/// `plan`: builds the plan that `run` would play and shows it. Nothing is sent.
func planCommand(_ settings: RunSettings, in surroundings: ProcessEnvironment)
    async throws(Fault)
    -> ExitCode
{
    let report = try await planReport(
        PlanBuilder(settings: settings, surroundings: surroundings))
    Terminal.output.write(settings.format == .json ? report.json : report.text)
    return .ok
}

/// The report of the plan that `builder` makes.
func planReport(_ builder: PlanBuilder) async throws(Fault) -> PlanReport {
    let order = try checked(builder)
    let conversation: Conversation
    do {
        let first = order.plan.order.script(forTicket: 1)
        conversation = try order.plan.workload.conversation(at: first)
    } catch {
        throw error
    }
    let host = order.sandbox == nil ? order.plan.target.authority : "sandbox"
    let preview = await order.plan.service.preview(
        of: conversation, host: host, row: order.plan.feeder?.rowOfFirst ?? [],
        limit: PlanReport.mostRequests)
    return PlanReport(
        order: order, typed: builder.settings.typed, script: conversation.id, preview: preview)
}

/// The order, with a line on stderr while a big workload is checked.
func checked(_ builder: PlanBuilder) throws(Fault) -> PreparedRun {
    var line = CheckingLine(isShown: builder.settings.showsProgress(in: builder.surroundings))
    defer { line.finish() }
    return try builder.order { line.update(share: $0, bytes: $1) }
}

extension RunSettings {
    /// Whether lines that are drawn over again are wanted and can be seen.
    func showsProgress(in surroundings: ProcessEnvironment) -> Bool {
        !isQuiet && !hidesProgress && Terminal.messages.isInteractive(surroundings.environment)
    }
}
