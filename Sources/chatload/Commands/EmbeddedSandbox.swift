import ChatloadKit
import Networking
import Sandbox

/// The sandbox inside a run without a target, on an event loop of its own.
struct EmbeddedSandbox {
    private let server: SandboxServer
    private let loop: EventLoop

    /// Starts the sandbox an order asks for and makes it the order's target; nil when there is a
    /// target already.
    ///
    /// - Throws: that no loopback port can be listened on.
    static func started(for order: inout RunOrder) async throws(Complaint) -> EmbeddedSandbox? {
        guard let settings = order.sandbox else { return nil }
        let loop = EventLoop(name: "sandbox", poller: EpollPoller())
        loop.start()
        let server = SandboxServer(settings: settings, loop: loop)
        do {
            order.plan.target.port = try await server.start().port
        } catch {
            loop.stop()
            throw Complaint(
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
