import Base
import ChatloadKit
import Networking

/// `probe`: plays one conversation and shows every exchange as it happens.
func probeCommand(
    _ settings: RunSettings, _ shown: ProbeSettings, in surroundings: ProcessEnvironment
) async throws(Fault) -> ExitCode {
    var order = try settings.prepared(in: surroundings)
    try requireThreads(forLoops: order.loops)
    let embedded = try await EmbeddedSandbox.started(for: &order)
    var writer = try order.probeWriter(settings, shown, surroundings)
    let exitCode = await probe(order.plan, writing: &writer)
    Terminal.output.write(writer.ending)
    await embedded?.stop()
    return exitCode
}

/// Plays the plan's conversation, writes what happens, and tells how it went. What is written is
/// written by another thread than the one that plays, which has times to measure.
private func probe(_ plan: Plan, writing writer: inout any ProbeWriter) async -> ExitCode {
    let loop = EventLoop(name: "probe", poller: EpollPoller())
    loop.start()
    defer { loop.stop() }
    let (events, sink) = AsyncStream.makeStream(of: TraceEvent.self)
    let dispatcher = Dispatcher(
        plan: plan, loops: [loop], log: nil, wallClock: UTCTime.now.count / 1_000_000_000,
        telling: { sink.yield($0) })
    let interrupts = Interrupts {
        Task { await dispatcher.stop() }
    } second: {
    }
    Task {
        _ = await dispatcher.run()
        sink.finish()
    }
    Terminal.output.write(writer.opening)
    var mask = ProbeMask(plan.secrets)
    var hasSucceeded = false
    for await event in events {
        if case .ended(let witnessed) = event {
            mask.learn(from: witnessed.head)
            if witnessed.exchange.outcome == .ok { hasSucceeded = true }
        }
        Terminal.output.write(writer.text(of: event, without: mask))
    }
    interrupts.stop()
    if interrupts.haveCome { return .interrupted }
    return hasSucceeded ? .ok : .nothingSucceeded
}

/// One of the forms in which a probe is shown.
protocol ProbeWriter {
    /// What stands before everything else.
    var opening: String { get }
    /// What stands after everything else.
    var ending: String { get }

    /// What is shown when something has happened, without what nobody may see.
    mutating func text(of event: TraceEvent, without mask: ProbeMask) -> String
}

extension PreparedRun {
    /// The form that was asked for.
    fileprivate func probeWriter(
        _ settings: RunSettings, _ shown: ProbeSettings, _ surroundings: ProcessEnvironment
    ) throws(Fault) -> any ProbeWriter {
        let conversation = try plan.workload.conversation(
            at: plan.order.script(forIteration: plan.order.iteration(atPlace: 1)))
        if settings.process.isJSON {
            return ProbeJSON(of: self, conversation: conversation.id)
        }
        if shown.asCurl {
            return ProbeCurl(
                origin: plan.target, through: plan.connections.proxy?.variable,
                conversation: conversation, settings, in: surroundings)
        }
        return ProbeText(
            of: self, conversation: conversation, showsAll: shown.showsAll,
            isColoured: Terminal.output.showsColour(surroundings.environment))
    }
}
