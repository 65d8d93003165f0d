import Base
import ChatloadKit
import Networking
import Sandbox

/// What came of one run.
struct RunResult {
    var summary: Summary
    /// The files that were written.
    var files: [String]
    var wasInterrupted: Bool

    var exitCode: ExitCode {
        if summary.run.ended == .inputChanged { return .internalError }
        return wasInterrupted ? .interrupted : ExitCode(of: summary)
    }
}

/// Plays orders as the settings say: keeps the log, shows progress, writes the reports.
struct RunRunner {
    let settings: RunSettings
    let surroundings: ProcessEnvironment

    /// Plays one order and writes its folder.
    ///
    /// - Throws: why the folder cannot be written; nothing has been sent then, except where the log
    ///   failed on the way.
    func run(_ order: PreparedRun, descriptors: Int) async throws(Fault) -> RunResult {
        let exports = try Export.opened(
            settings.output.exports.paths, output: settings.output.folder)
        let endpoint = try await MetricsEndpoint.started(
            at: settings.output.metricsAddress, messages)
        let order = try order.withOwnFolder()
        let run = RunDescription(of: order, settings: settings)
        let log = try openLog(for: order, run)
        messages.announce(order, run, descriptors: descriptors)
        let played = await play(order, run, log, endpoint)
        messages.sayDataIsUsedUp(
            order.plan.feeder, started: played.figures.generator.schedule?.started)
        return try played.result(of: run, log, messages, exports)
    }

    /// What stderr is told.
    var messages: RunMessages {
        RunMessages(settings.process, in: surroundings)
    }

    /// Does something with a run once there is room for it and its sandbox, if it has one, listens.
    func ready(
        _ order: PreparedRun,
        _ body: (_ order: PreparedRun, _ descriptors: Int) async throws(Fault) -> ExitCode
    ) async throws(Fault) -> ExitCode {
        var order = order
        let descriptors = try order.requireResources()
        let embedded = try await EmbeddedSandbox.started(for: &order)
        let exitCode = try await body(order, descriptors)
        await embedded?.stop()
        return exitCode
    }

    /// Shows a run on stdout.
    ///
    /// - Returns: what the process ends with because of it.
    func shown(_ result: RunResult) throws(Fault) -> ExitCode {
        if settings.process.isJSON {
            Terminal.output.write(
                try Fault.telling(exitCode: .internalError) { () throws(Fault) in
                    try JSONReport.text(result.summary)
                })
        } else {
            let isColoured = Terminal.output.showsColour(surroundings.environment)
            Terminal.output.write(
                TerminalReport(
                    result.summary, files: result.files, isColoured: isColoured,
                    columns: Terminal.output.size.columns
                ).text)
        }
        return result.exitCode
    }

    /// Plays the plan on loops of its own until it ends or is interrupted: the first interrupt
    /// drains, the second stops.
    func play(
        _ order: PreparedRun, _ run: RunDescription, _ log: RunLog, _ endpoint: MetricsEndpoint?,
        before: ResumedFrom = ResumedFrom()
    ) async -> PlayedRun {
        let (plan, messages) = (order.plan, messages)
        let loops = (0..<order.workers).map { number in
            EventLoop(name: "worker-\(number)", poller: EpollPoller())
        }
        for loop in loops { loop.start() }
        defer { for loop in loops { loop.stop() } }
        let dispatcher = Dispatcher(
            plan: plan, loops: loops, log: log, objectives: order.objectives,
            wallClock: UTCTime.now.count / 1_000_000_000, before: before)
        let started = UTCTime.text(of: UTCTime.now - (loops[0].clock() - dispatcher.start))
        log.whenFailing { failure in
            messages.say("stopping: \(failure)")
            Task { await dispatcher.stop() }
        }
        let interrupts = Self.interrupts(
            of: dispatcher, log, messages, grace: plan.load.grace)
        let progress = messages.showProgress(
            of: dispatcher, plan, clock: loops[0].clock)
        let watch =
            settings.objectives.abortsOnSLO
            ? WatchedSLOs(of: dispatcher, grace: plan.load.grace, messages) : nil
        await endpoint?.show(dispatcher, of: run)
        let figures = await dispatcher.run()
        await endpoint?.stop()
        let broken = await watch?.end()
        await messages.endProgress(progress)
        interrupts.stop()
        let change = dispatcher.changedInput
        // An error, so said to the quiet too.
        if let change { Terminal.messages.write(change.rendered) }
        return PlayedRun(
            order: order, figures: figures, started: started,
            wasInterrupted: interrupts.haveCome, broken: broken, changedInput: change)
    }

    private static func interrupts(
        of dispatcher: Dispatcher, _ log: RunLog, _ messages: RunMessages, grace: Nanoseconds
    ) -> Interrupts {
        Interrupts {
            messages.say(
                "interrupted: turns under way may finish within \(Units.exact(grace));"
                    + " interrupt again to stop at once")
            dispatcher.drain()
        } second: {
            messages.say("interrupted again: stopping at once")
            Task { await dispatcher.stop() }
        } lastly: {
            log.flush()
            ThisProcess.say("the run did not end at once; its log is in \(log.folder)")
        }
    }

    /// Makes the run's folder with its description, so that even a killed run can be reported.
    private func openLog(
        for order: PreparedRun, _ run: RunDescription
    ) throws(Fault) -> RunLog {
        try Fault.telling(at: .flag("--output")) { () throws(Fault) in
            let log = try RunLog(
                folder: order.output, mode: settings.output.log, keeping: settings.keeping)
            try ReportFolder.write(run, to: order.output)
            return log
        }
    }
}

extension PreparedRun {
    /// The same with a folder that no other run has, where the name is not the user's.
    func withOwnFolder() throws(Fault) -> PreparedRun {
        if !isOutputProposed { return self }
        var order = self
        order.output = try Fault.telling(at: .flag("--output")) { () throws(Fault) in
            try RunFolder.claim(output)
        }
        order.isOutputProposed = false
        return order
    }
}

/// The sandbox inside a run without a target, on an event loop of its own.
struct EmbeddedSandbox {
    private let server: SandboxServer
    private let loop: EventLoop

    /// Starts the sandbox an order asks for and makes it the order's target; nil when there is a
    /// target already.
    ///
    /// - Throws: that no loopback port can be listened on.
    static func started(for order: inout PreparedRun) async throws(Fault) -> EmbeddedSandbox? {
        guard let settings = order.sandbox else { return nil }
        let loop = EventLoop(name: "sandbox", poller: EpollPoller())
        loop.start()
        let server = SandboxServer(settings: settings, loop: loop)
        do {
            order.plan.target.port = try await server.start().port
        } catch {
            loop.stop()
            throw Fault(
                "the embedded sandbox cannot listen on \(settings.address): \(error)",
                exitCode: .internalError)
        }
        return EmbeddedSandbox(server: server, loop: loop)
    }

    /// Ends it.
    func stop() async {
        await server.stop()
        loop.stop()
    }
}

/// The watch on a run's SLOs, on a loop of its own while the run lasts.
struct WatchedSLOs {
    private let loop = EventLoop(name: "slo", poller: EpollPoller())
    private let watch: SLOWatch
    private let task: Task<BrokenSLO?, Never>

    /// Begins to watch.
    init(of dispatcher: Dispatcher, grace: Nanoseconds, _ messages: RunMessages) {
        loop.start()
        let watch = SLOWatch(on: dispatcher, loop: loop)
        self.watch = watch
        task = Task(executorPreference: loop) {
            let broken = await watch.watch()
            if let broken {
                messages.say(
                    "\(broken.description): ending the run (--abort-on-slo); turns under way may"
                        + " finish within \(Units.exact(grace))")
            }
            return broken
        }
    }

    /// Ends the watch.
    ///
    /// - Returns: what was not kept, if anything.
    func end() async -> BrokenSLO? {
        await watch.stop()
        defer { loop.stop() }
        return await task.value
    }
}
