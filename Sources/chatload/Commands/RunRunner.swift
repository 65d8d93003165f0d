import Base
import ChatloadKit
import Glibc
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
        let early = earlyEnd(of: order)
        let watch = early.map {
            WatchedRun(dispatcher, for: $0, grace: plan.load.grace, messages)
        }
        await endpoint?.show(dispatcher, of: run)
        let figures = await dispatcher.run()
        await endpoint?.stop()
        let ending = await watch?.end()
        await messages.endProgress(progress)
        interrupts.stop()
        let change = dispatcher.changedInput
        // An error, so said to the quiet too.
        if let change { Terminal.messages.write(change.rendered) }
        return PlayedRun(
            order: order, figures: figures, started: started,
            wasInterrupted: interrupts.haveCome, ending: ending, changedInput: change)
    }

    /// What may end a run before its time; nil where nothing does.
    private func earlyEnd(of order: PreparedRun) -> EarlyEnd? {
        var early = EarlyEnd()
        early.whenSLOBreaks = settings.objectives.abortsOnSLO
        early.whenKnown = !order.objectives.precision.isEmpty
        early.when = order.endsWhen
        early.warmup = EarlyEnd.Warmup(of: order.plan.load, order.objectives.precision) {
            [messages] end, isSteady in
            messages.say(
                isSteady
                    ? "the warm-up ends after \(Units.format(end)): nothing drifts any more"
                    : "the warm-up ends after \(Units.format(end)), its longest: figures may still drift"
            )
        }
        return early.isPossible ? early : nil
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
            if let source = order.plan.service.description.source {
                try ReportFolder.write(service: source, to: order.output)
            }
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

/// The watch on a run that may end early, on a loop of its own while the run lasts.
struct WatchedRun {
    private let loop = EventLoop(name: "watch", poller: EpollPoller())
    private let watch: RunWatch
    private let task: Task<RunWatch.Ending?, Never>

    /// Begins to watch.
    init(
        _ dispatcher: Dispatcher, for end: EarlyEnd, grace: Nanoseconds, _ messages: RunMessages
    ) {
        loop.start()
        let watch = RunWatch(on: dispatcher, for: end, loop: loop)
        self.watch = watch
        task = Task(executorPreference: loop) {
            let ending = await watch.watch()
            let rest = "; turns under way may finish within \(Units.exact(grace))"
            switch ending {
            case .broken(let slo):
                messages.say("\(slo.description): ending the run (--abort-on-slo)" + rest)
            case .known(let time):
                messages.say(
                    "all that --until names is known after \(Units.format(time)): ending the run"
                        + rest)
            case .enough, nil: break
            }
            return ending
        }
    }

    /// Ends the watch.
    ///
    /// - Returns: why it has ended the run, if it has.
    func end() async -> RunWatch.Ending? {
        await watch.stop()
        defer { loop.stop() }
        return await task.value
    }
}

/// A run that has been played, and what is made of it: the log closed, the folder's files written.
struct PlayedRun {
    let order: PreparedRun
    let figures: Aggregator
    /// The wall clock when it began, to which all times of the log add.
    let started: String
    let wasInterrupted: Bool
    /// Why its watch ended the run, where it has.
    let ending: RunWatch.Ending?
    /// Which input is not what it was, where that ended the run.
    let changedInput: Fault?

    /// Ends the run.
    ///
    /// - Throws: why something could not be written, the first of it.
    func result(
        of run: RunDescription, _ log: RunLog, _ messages: RunMessages, _ exports: [Export]
    ) throws(Fault) -> RunResult {
        let failure: Fault?
        do throws(Fault) {
            try log.close()
            failure = nil
        } catch {
            failure = error
        }
        let result: RunResult
        do throws(Fault) {
            result = try write(run, exports, failed: failure != nil)
        } catch {
            throw complaint(about: failure ?? error, in: run)
        }
        if let failure { throw complaint(about: failure, in: run) }
        if run.command == "replay", result.summary.run.ended != .completed {
            messages.say("what is left is played by: chatload replay --resume \(log.folder)")
        }
        return result
    }

    private func write(
        _ begun: RunDescription, _ exports: [Export], failed: Bool
    ) throws(Fault) -> RunResult {
        let folder = order.output
        let replies = try KeptReplies(in: folder)
        var run = begun
        if run.parts.count == 1 { run.started = started }
        run.parts[run.parts.count - 1].started = started
        run.ended = end(of: run, replies, failed: failed)
        if case .broken(let slo) = ending { run.brokenSLO = slo.description }
        let generator = try generator(of: run)
        run.arrivalTimes = generator.arrivalTimes
        // A warm-up may have ended by itself.
        run.phases = run.phases.flatMap { _ in figures.knownPhases }
        run.changedInput = changedInput.map { "\($0.file ?? "") \($0.message)" }
        try ReportFolder.write(run, to: folder)
        try ReportFolder.write(generator, to: folder)
        let (transcripts, drift) = try ReportFolder.write(replies, of: run, to: folder)
        let (summary, latencies) = try figures(of: run, replies, drift)
        let files =
            try ReportFolder.write(summary, latencies, to: folder) + transcripts
            + Export.write(
                exports, of: ExportedRun(summary, latencies, logs: [folder]))
        if run.ended == .completed { replies.removeJournal() }
        return RunResult(summary: summary, files: files, wasInterrupted: wasInterrupted)
    }

    /// The figures of all parts are in the log alone.
    private func figures(
        of run: RunDescription, _ replies: KeptReplies, _ drift: ReplyDiffFigures
    ) throws(Fault) -> (Summary, LatencyLog) {
        if run.parts.count > 1 { return try RunReader.figures(of: [order.output]) }
        var summary = figures.summary(of: run)
        summary.drift = drift
        summary.note(try replies.notes(on: run))
        return (summary, figures.latencyLog)
    }

    /// What the generator says of itself over all parts that lived to say it.
    private func generator(of run: RunDescription) throws(Fault) -> GeneratorFigures {
        var generator = figures.generator
        if run.parts.count > 1 {
            generator.merge(part: try RunReader.generator(of: order.output))
        }
        return generator
    }

    private func end(of run: RunDescription, _ replies: KeptReplies, failed: Bool) -> RunEnd {
        if failed { return .failed }
        if changedInput != nil { return .inputChanged }
        if wasInterrupted { return .interrupted }
        switch ending {
        case .broken: return .sloBroken
        case .known: return .known
        case .enough, nil: break
        }
        let isAll = run.command != "replay" || replies.doneCount >= run.conversations ?? 0
        return isAll ? .completed : .stopped
    }

    private func complaint(about failure: Fault, in run: RunDescription) -> Fault {
        let hint =
            run.command == "replay"
            ? "once there is room, go on with: chatload replay --resume \(order.output)" : nil
        return Fault(failure.description, hint: hint, exitCode: .internalError)
    }
}

extension ExitCode {
    /// How a run that is whole ends: whether anything succeeded comes first, then whether its figures
    /// are the service's under the load that was asked for, and only then what they are.
    init(of summary: Summary) {
        if summary.totals[.succeeded] == 0 {
            self = .nothingSucceeded
        } else if summary.verdict.voidance != nil {
            self = .runInvalid
        } else {
            let areKept =
                summary.slo.allSatisfy(\.passed) && summary.run.brokenSLO == nil
                && summary.precision.allSatisfy { $0.isKnown || !$0.isRequired }
            self = areKept ? .ok : .sloFailed
        }
    }
}

extension RunDescription {
    /// What `run.json` says of a run that is about to begin; secrets stand in it by reference only.
    init(of order: PreparedRun, settings: RunSettings) {
        self.init(name: String(order.output.split(separator: "/").last ?? "run"))
        command = order.plan.order.isReplay ? "replay" : "run"
        started = UTCTime.text(of: UTCTime.now)
        service = order.plan.service.description.name
        serviceDigest = order.plan.service.description.digest
        target = order.targetInWords
        proxy = order.plan.connections.proxy?.description
        workloads = order.plan.workload.paths
        users = order.plan.load.users
        seed = order.plan.seed
        nonce = serviceDigest == nil ? nil : order.plan.nonce
        planHash = order.plan.digest
        digests = order.plan.inputs.map(\.digest)
        conversations = order.plan.order.count
        phases = order.plan.phases
        rejected = order.review.rejected.count
        parts = [RunPart(started: started, boot: Machine.boot)]
        expectedSteps = order.review.census.expectedSteps
        logMode = settings.output.log
        plan = RecordedPlan(
            objectives: order.objectives, verifiesCertificate: !settings.tls.isInsecure)
        for entry in settings.typed.entries { self.settings[entry.key] = entry.value }
        for entry in settings.output.labels.entries { labels[entry.key] = entry.value }
        versions = ["chatload": Help.version, "kernel": Machine.kernel]
        machine = Machine.description(workers: order.workers)
    }
}

/// The machine a run is generated on.
enum Machine {
    /// The kernel's name and release.
    static var kernel: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return text(of: &names.sysname) + " " + text(of: &names.release)
    }

    /// An identifier that changes each time the machine starts; empty where it has none.
    static var boot: String {
        let bytes = (try? Files.contents(of: "/proc/sys/kernel/random/boot_id")) ?? []
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }

    /// Cores, memory and architecture, in words.
    static func description(workers: Int) -> [String: String] {
        var names = utsname()
        _ = uname(&names)
        let pages = max(sysconf(Int32(_SC_PHYS_PAGES)), 0)
        let bytes = pages.multipliedReportingOverflow(by: max(sysconf(Int32(_SC_PAGESIZE)), 0))
        return [
            "cpus": "\(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))",
            "memory_bytes": "\(bytes.overflow ? 0 : bytes.partialValue)",
            "architecture": text(of: &names.machine), "workers": "\(workers)",
        ]
    }

    private static func text<Field>(of field: inout Field) -> String {
        withUnsafeBytes(of: &field) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
