import Base
import ChatloadKit
import Glibc
import Networking

/// What stderr is told while a run lasts.
struct RunMessages: Sendable {
    private let isQuiet: Bool
    private let showsProgress: Bool
    private let environment: [String: String]
    /// Where the live view is; nil where nobody looks.
    private let screen: LiveScreen?

    init(_ options: ProcessOptions, in surroundings: ProcessEnvironment) {
        isQuiet = options.isQuiet
        showsProgress = !options.isQuiet && !options.hidesProgress
        environment = surroundings.environment
        let terminal = Terminal.messages
        let isLive = showsProgress && terminal.isInteractive(environment)
        screen = isLive ? LiveScreen(size: { terminal.size }, write: terminal.write) : nil
    }

    /// What is about to happen, in a line or two.
    func announce(_ order: PreparedRun, _ run: RunDescription, descriptors: Int) {
        let load = order.plan.load
        let target = order.sandbox == nil ? run.target : "the embedded sandbox (no --target given)"
        say(
            "\(run.service) at \(target)\(order.plan.connections.wayInWords): \(Self.words(of: order.plan)),"
                + " \(Self.end(of: order.plan)), seed \(run.seed)")
        if let warning = Self.warning(of: load, in: order, descriptors: descriptors) {
            say("warning: " + warning)
        }
        if order.plan.secrets.hasShortValues {
            say(
                "warning: a secret is shorter than four characters; it is masked only where it is"
                    + " a word of its own")
        }
    }

    /// The run is over; perhaps because the data is.
    func sayDataIsUsedUp(_ feeder: Feeder?, started: Int?) {
        guard let feeder, let limit = feeder.conversationLimit, started == limit else { return }
        say(
            "every row of \(feeder.table.path) has been used:"
                + " \(Figures.count(feeder.table.count, "conversation"))")
    }

    /// Shows how the run goes until `endProgress`; nil where it is not to be shown.
    func showProgress(
        of dispatcher: Dispatcher, _ plan: Plan, clock: @escaping @Sendable () -> Nanoseconds
    ) -> Task<Void, Never>? {
        guard showsProgress else { return nil }
        guard let screen else {
            let line = Locked(ProgressLine(write: Terminal.messages.write))
            return dispatcher.reportProgress(of: plan, clock: clock) { figures in
                line.withLock { $0.update(figures) }
            }
        }
        let isColoured = Terminal.messages.showsColour(environment)
        let isUnicode = Terminal.showsUnicode(environment)
        return dispatcher.reportProgress(of: plan, clock: clock) { figures in
            screen.draw { columns in
                LiveFrame(
                    figures, columns: columns, isColoured: isColoured, isUnicode: isUnicode
                ).lines
            }
        }
    }

    /// Shows nothing more, and takes the live view away.
    func endProgress(_ task: Task<Void, Never>?) async {
        task?.cancel()
        await task?.value
        screen?.finish()
    }

    /// A line of its own, above the live view.
    func say(_ text: String) {
        if isQuiet { return }
        let line = "chatload: \(text)\n"
        if let screen { screen.say(line) } else { Terminal.messages.write(line) }
    }

    private static func warning(
        of load: LoadShape, in order: PreparedRun, descriptors: Int
    ) -> String? {
        let needed = order.descriptorsNeeded
        let users = Figures.count(load.users) + " users need "
        // Users that give their connections back do not all need one at once.
        if order.plan.connections.idleClose != nil { return nil }
        if needed > descriptors {
            return users + Figures.count(needed) + " file descriptors and the limit is"
                + " \(Figures.count(descriptors)): some will not connect; raise it with"
                + " ulimit -n"
        }
        let sources = max(order.plan.connections.sources.count, 1)
        guard let ports = SystemResource.ephemeralPorts, load.users > ports * sources else {
            return nil
        }
        return users + "more than the \(Figures.count(ports * sources)) local ports of"
            + " \(sources) source address\(sources == 1 ? "" : "es"): some will not connect; name"
            + " more with --source-address"
    }

    private static func words(of plan: Plan) -> String {
        let load = plan.load
        if load.arrivals == nil {
            let users = plan.usersInWords + (load.users == 1 ? " user" : " users")
            return users + (load.startInWords.isEmpty ? "" : " that begin \(load.startInWords)")
        }
        return "\(load.arrivalsInWords), \(load.usersInWords) users"
    }

    private static func end(of plan: Plan) -> String {
        let load = plan.load
        var ends: [String] = []
        if plan.order.isReplay {
            let times = plan.clock.map { " over \(Units.format($0.end))" } ?? ""
            ends.append(
                "\(Figures.count(plan.conversationLimit ?? 0, "conversation")) once each\(times)")
        }
        if let duration = load.duration { ends.append("for \(Units.exact(duration))") }
        if !plan.order.isReplay, let count = load.conversations {
            ends.append(Figures.count(count, "conversation"))
        }
        if let count = load.exchanges { ends.append(Figures.count(count, "exchange")) }
        return ends.joined(separator: " or ")
    }
}

extension RunMessages {
    /// Another part of a replay begins.
    func sayResuming(_ resumption: Resumption, of run: RunDescription) {
        let (done, all) = (resumption.doneCount, run.conversations ?? 0)
        say("part \(run.parts.count): \(done) of \(all) conversations are done")
        let inFlight = resumption.inFlight
        if inFlight.isEmpty { return }
        let names = inFlight.prefix(3).map { "\($0.conversation) (turn \($0.turn))" }
        let more = inFlight.count > 3 ? " …" : ""
        say(
            "\(inFlight.count) were in flight and are played again: "
                + names.joined(separator: ", ") + more)
    }
}
