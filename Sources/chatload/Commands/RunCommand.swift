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
    let descriptors = DescriptorLimit.raise()
    let embedded = try await EmbeddedSandbox.started(for: &order)
    let run = RunDescription(of: order, settings: settings)
    let log = try openLog(for: order, run, mode: settings.log)
    let messages = RunMessages(settings: settings, surroundings: surroundings)
    messages.announce(order, run, descriptors: descriptors)
    let (figures, wasInterrupted) = await play(order.plan, workers: order.workers, log, messages)
    await embedded?.stop()
    let logFailure = closed(log)
    let summary = figures.summary(of: run)
    try report(summary, figures.generator, to: order.output, settings, surroundings)
    if let logFailure { throw Complaint(logFailure.description, exitCode: .internalError) }
    return exitCode(summary, wasInterrupted: wasInterrupted)
}

/// Plays the plan on loops of its own until it ends or is interrupted: the first interrupt drains,
/// the second stops.
private func play(
    _ plan: Plan, workers: Int, _ log: RunLog, _ messages: RunMessages
) async -> (Aggregator, wasInterrupted: Bool) {
    let loops = (0..<workers).map { EventLoop(name: "worker-\($0)", poller: EpollPoller()) }
    for loop in loops { loop.start() }
    defer { for loop in loops { loop.stop() } }
    let dispatcher = Dispatcher(
        plan: plan, loops: loops, log: log, wallClock: Int64(time(nil)))
    let state = RunState()
    let interrupts = Interrupts {
        state.drains()
        messages.sayDraining(grace: plan.load.grace)
        dispatcher.drain()
    } second: {
        messages.sayStopping()
        Task { await dispatcher.stop() }
    }
    let progress = messages.showProgress(of: dispatcher, plan.load, state, clock: loops[0].clock)
    var figures = await dispatcher.run()
    figures.generator.quotas = dispatcher.quotaResults
    figures.generator.credentials = await dispatcher.credentialResults()
    await progress.stop()
    interrupts.stop()
    return (figures, state.isDraining)
}

/// Makes the run's folder with its description, so that even a killed run can be reported.
private func openLog(
    for order: RunOrder, _ run: RunDescription, mode: LogMode
) throws(Complaint) -> RunLog {
    do throws(LogComplaint) {
        let log = try RunLog(folder: order.output, mode: mode)
        try ReportFolder.write(run, to: order.output)
        return log
    } catch {
        throw Complaint(error.description, at: .flag("--output"))
    }
}

private func closed(_ log: RunLog) -> LogComplaint? {
    do throws(LogComplaint) {
        try log.close()
        return nil
    } catch {
        return error
    }
}

private func report(
    _ summary: Summary, _ generator: GeneratorFigures, to folder: String, _ settings: RunSettings,
    _ surroundings: Surroundings
) throws(Complaint) {
    do throws(LogComplaint) {
        try ReportFolder.write(generator, to: folder)
        let files = try ReportFolder.write(summary, to: folder)
        if settings.format == .json {
            Terminal.output.write(try ReportFolder.json(of: summary))
        } else {
            let isColoured = Terminal.output.showsColour(surroundings.environment)
            let report = TerminalReport(summary, files: files, isColoured: isColoured)
            Terminal.output.write(report.text)
        }
    } catch {
        throw Complaint(error.description, exitCode: .internalError)
    }
}

private func exitCode(_ summary: Summary, wasInterrupted: Bool) -> ExitCode {
    if wasInterrupted { return .interrupted }
    if summary.verdict.generator == .invalid { return .runInvalid }
    return summary.totals.succeeded == 0 ? .nothingSucceeded : .ok
}
