package import Base
package import Networking

/// Runs `body` on a loop of its own that stands on the kernel, and stops the loop afterwards.
package func onRealLoop<Result: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
    try await on(EventLoop(name: "real", poller: EpollPoller()), body)
}

/// Runs `body` on a loop of its own in virtual time with in-memory sockets.
package func onSimulatedLoop<Result: Sendable>(
    unanswered: Set<SocketAddress> = [], connectFailure: Int32? = nil,
    stalls: [(at: Nanoseconds, span: Nanoseconds)] = [],
    transit: Nanoseconds = .zero, stamps: Bool = true,
    _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
    let poller = SimulatedPoller()
    poller.unanswered = unanswered
    poller.connectFailure = connectFailure
    poller.stalls = stalls
    poller.transit = transit
    poller.stamps = stamps
    return try await on(EventLoop(name: "simulated", poller: poller), body)
}

private func on<Result: Sendable>(
    _ loop: EventLoop, _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
    loop.start()
    defer { loop.stop() }
    return try await Task(executorPreference: loop) { try await body(loop) }.value
}

/// The two kinds of loop, for tests that must hold on both.
package enum LoopKind: CaseIterable, Sendable {
    case real
    case simulated

    /// Runs `body` on a loop of this kind.
    package func run<Result: Sendable>(
        _ body: @escaping @Sendable (EventLoop) async throws -> Result
    ) async throws -> Result {
        switch self {
        case .real: try await onRealLoop(body)
        case .simulated: try await onSimulatedLoop(body)
        }
    }
}
