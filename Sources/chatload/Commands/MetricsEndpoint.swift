import Base
import ChatloadKit
import Networking

/// `--metrics-listen`: the figures of a run under way over HTTP, on a loop of its own, so that
/// whoever looks holds up no user.
struct MetricsEndpoint {
    static let path = "/metrics"

    private let loop: EventLoop
    private let server: PageServer
    private let source: MetricsSource

    /// Begins to listen; there is nothing to tell before `show`.
    ///
    /// - Throws: why the address cannot be listened on.
    static func started(
        at address: SocketAddress?, _ messages: RunMessages
    ) async throws(Fault) -> MetricsEndpoint? {
        guard let address else { return nil }
        let loop = EventLoop(name: "metrics", poller: EpollPoller())
        loop.start()
        let source = MetricsSource(loop: loop)
        let server = PageServer(path: path, loop: loop) { accept in
            let form = OpenMetrics.Form(accept: accept)
            return (type: form.type, body: await source.text(form))
        }
        do {
            let address = try await server.listen(on: address)
            messages.say("metrics at http://\(address)\(path)")
        } catch {
            loop.stop()
            // Of a listener the system's EADDRNOTAVAIL means something else than of a connection.
            let isForeign = error == .exhausted(.ports)
            throw Fault(
                "cannot listen on \(address): "
                    + (isForeign ? "not an address of this machine" : "\(error)"),
                at: .flag("--metrics-listen"),
                hint: error == .addressInUse
                    ? "another program has the port; 0 takes a free one" : nil)
        }
        return MetricsEndpoint(loop: loop, server: server, source: source)
    }

    /// Tells of this run from now on.
    func show(_ dispatcher: Dispatcher, of run: RunDescription) async {
        await source.show(dispatcher, of: run)
    }

    /// Stops listening.
    func stop() async {
        await server.close()
        loop.stop()
    }
}

/// Where the endpoint's figures come from. However often somebody asks, they are made anew only when
/// that takes at most a hundredth of the time, and twice a second at most.
private actor MetricsSource {
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var dispatcher: Dispatcher?
    private var run = RunDescription(name: "")
    private var texts: [OpenMetrics.Form: String] = [:]
    private var isMaking = false
    /// Until then the texts are new enough.
    private var freshUntil = Nanoseconds.zero

    init(loop: EventLoop) { self.loop = loop }

    func show(_ dispatcher: Dispatcher, of run: RunDescription) {
        self.dispatcher = dispatcher
        self.run = run
        texts = [:]
        freshUntil = .zero
    }

    func text(_ form: OpenMetrics.Form) async -> String {
        guard let dispatcher else {
            return OpenMetrics(Aggregator(steps: StepTable()), of: run).text(form)
        }
        if let text = texts[form], isMaking || loop.tick < freshUntil { return text }
        isMaking = true
        let start = loop.clock()
        let metrics = await metrics(of: dispatcher)
        for form in OpenMetrics.Form.allCases { texts[form] = metrics.text(form) }
        isMaking = false
        let end = loop.clock()
        freshUntil = end + max(.milliseconds(500), (end - start) * 100)
        return texts[form] ?? ""
    }

    private func metrics(of dispatcher: Dispatcher) async -> OpenMetrics {
        var metrics = OpenMetrics(await dispatcher.figures(), of: run)
        let progress = await dispatcher.progress(at: loop.clock())
        metrics.users = progress.users
        metrics.quotas = progress.quotas
        let use = progress.credentials
        if use.all > 0 {
            let usable = use.all - use.out - use.waiting
            metrics.credentials = [
                ("usable", usable), ("waiting", use.waiting), ("out", use.out),
            ]
        }
        metrics.elapsed = loop.clock() - dispatcher.start
        return metrics
    }
}
