import Base
import Networking
import Sandbox
import Support

@testable import ChatloadKit

/// A whole load test in virtual time: the dispatcher and the peer it talks to on one simulated loop.
struct VirtualRun {
    /// One JSONL line per script.
    var scripts: [String]
    /// The data's file; nil for none.
    var data: String?
    var dataOrder = DataOrder.sequential
    var dataScope = DataScope.conversation
    var service = ServiceDescription.stammer
    var settings: [String: String] = [:]
    var load: LoadShape
    var timeouts = Timeouts()
    var connections = Connections()
    /// Workers, all on the one loop.
    var workers = 1
    /// When the generator itself is held up, and for how long.
    var stalls: [(at: Nanoseconds, span: Nanoseconds)] = []
    /// How long responses are on their way, and whether their arrival is known.
    var transit = Nanoseconds.zero
    var stamps = true
    var seed: UInt64 = 7
    /// Whether each script is played once, and by which clock.
    var isReplay = false
    var pace: ReplayPace?
    /// The run's log, which the test closes.
    var log: RunLog?
    /// What is to be kept, on pain of the run's end.
    var objectives = Objectives()
    /// What the sandbox shows of itself; nil where it speaks no TLS.
    var identity: TLSIdentity?
    /// What the wall clock says at the start.
    var wallClock: Int64?
    /// What else is to be decided.
    var adjust: @Sendable (inout Plan) -> Void = { _ in }

    /// How a warm-up ended.
    struct WarmupEnd: Sendable {
        var time: Nanoseconds
        var isSteady: Bool
    }

    /// What came of it.
    struct Result: Sendable {
        var summary: Summary
        var schedule: ScheduleFigures?
        /// Virtual time from the start to the end of the run.
        var took: Nanoseconds
        var quotas: [QuotaResult] = []
        var credentials: [CredentialResult] = []
        /// What was not kept, and when, where that ended the run.
        var ending: RunWatch.Ending?
        /// When a warm-up ended by itself.
        var warmup: WarmupEnd?

        var broken: BrokenSLO? { if case .broken(let slo) = ending { slo } else { nil } }
    }

    /// Plays against the sandbox; also returns what the sandbox says it has received.
    func againstSandbox(
        _ sandbox: SandboxSettings
    ) async throws -> (result: Result, counts: SandboxCounts) {
        try await onSimulatedLoop(stalls: stalls, transit: transit, stamps: stamps) {
            try await againstSandbox(sandbox, on: $0)
        }
    }

    /// Plays against the sandbox on a loop of the caller's, be it in virtual time or not.
    func againstSandbox(
        _ sandbox: SandboxSettings, on loop: EventLoop
    ) async throws -> (result: Result, counts: SandboxCounts) {
        let server = SandboxServer(
            settings: sandbox, tls: try identity.map { try TLSContext(server: $0) }, loop: loop)
        let address = try await server.start()
        let result = try await play(on: loop, address)
        let counts = await server.counts
        await server.stop()
        return (result, counts)
    }

    /// Plays against a peer that handles each connection with `serve`. `beforehand` may schedule
    /// what is to happen to the dispatcher meanwhile.
    func against(
        _ serve: @escaping @Sendable (Stream, EventLoop) async throws -> Void,
        beforehand: @escaping @Sendable (Dispatcher, EventLoop) -> Void = { _, _ in }
    ) async throws -> Result {
        try await onSimulatedLoop(stalls: stalls, transit: transit, stamps: stamps) { loop in
            let peer = TestPeer(on: loop, serve)
            let address = try await peer.start()
            let result = try await play(on: loop, address, beforehand)
            await peer.stop()
            return result
        }
    }

    /// Plays against an address that nobody listens on, or that never answers.
    /// `refusal` is the error number with which the kernel will not even try.
    func againstNobody(
        unanswered: Bool = false, refusal: Int32? = nil,
        beforehand: @escaping @Sendable (Dispatcher, EventLoop) -> Void = { _, _ in }
    ) async throws -> Result {
        let address = SocketAddress.loopback(port: 1)
        return try await onSimulatedLoop(
            unanswered: unanswered ? [address] : [], connectFailure: refusal
        ) { loop in
            try await play(on: loop, address, beforehand)
        }
    }

    /// Plays against an address that nobody listens on before the time `start`, and a peer from then
    /// on that handles each connection with `serve`.
    func againstLatePeer(
        from start: Nanoseconds,
        _ serve: @escaping @Sendable (Stream, EventLoop) async throws -> Void
    ) async throws -> Result {
        try await onSimulatedLoop(stalls: stalls, transit: transit, stamps: stamps) { loop in
            let address = SocketAddress.loopback(port: 7_000)
            let peer = TestPeer(on: loop, serve)
            let arrival = Task(executorPreference: loop) {
                await loop.sleep(until: start)
                _ = try await peer.start(at: address)
            }
            let result = try await play(on: loop, address)
            try await arrival.value
            await peer.stop()
            return result
        }
    }

    private func play(
        on loop: EventLoop, _ address: SocketAddress,
        _ beforehand: (Dispatcher, EventLoop) -> Void = { _, _ in }
    ) async throws -> Result {
        let folder = try ScratchFolder()
        let file = try folder.write(scripts.joined(separator: "\n"), to: "scripts.jsonl")
        let table = try data.map { try DataTable.open(folder.write($0, to: "data.csv")) }
        let workload = try Workload.open(
            [file], columns: table?.columns ?? [], attachFrom: ".")
        let service = try service.configured(settings, inSandbox: true)
        let review = workload.review(with: service, pace: pace)
        var plan = Plan(
            service: service, target: Target(host: address.ip, port: address.port),
            workload: workload,
            order: isReplay || pace != nil
                ? .once(workload.count)
                : .weighted(ScriptChooser(weights: review.weights, seed: seed)),
            load: load, timeouts: timeouts, connections: connections, seed: seed)
        plan.feeder = table.map {
            Feeder(table: $0, order: dataOrder, per: dataScope, seed: seed)
        }
        plan.clock = pace.map {
            ReplayClock(recorded: review.starts, playing: plan.order, at: $0)
        }
        if let identity {
            var trusted = TLSSettings()
            trusted.authorities = identity.chain
            plan.tls = try TLSContext(client: trusted)
        }
        adjust(&plan)
        let start = loop.clock()
        let dispatcher = Dispatcher(
            plan: plan, loops: Array(repeating: loop, count: workers), log: log,
            objectives: objectives, wallClock: wallClock)
        beforehand(dispatcher, loop)
        var early = EarlyEnd()
        early.whenSLOBreaks = !objectives.thresholds.isEmpty
        early.whenKnown = !objectives.precision.isEmpty
        let warmup = Locked<WarmupEnd?>(nil)
        early.warmup = EarlyEnd.Warmup(of: load, objectives.precision) { end, isSteady in
            warmup.withLock { $0 = WarmupEnd(time: end, isSteady: isSteady) }
        }
        let watch = RunWatch(on: dispatcher, for: early, loop: loop)
        let isWatched = early.isPossible
        let watching = Task(executorPreference: loop) { isWatched ? await watch.watch() : nil }
        let figures = await dispatcher.run()
        await watch.stop()
        let ending = await watching.value
        return Result(
            summary: figures.summary(of: RunDescription(name: "virtual")),
            schedule: figures.generator.schedule, took: loop.clock() - start,
            quotas: dispatcher.quotaResults,
            credentials: await dispatcher.credentialResults(), ending: ending,
            warmup: warmup.withLock { $0 })
    }
}
