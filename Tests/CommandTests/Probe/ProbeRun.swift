@testable import ChatloadKit
import Base
import Networking
import Support

@testable import chatload

/// A probe of a scripted peer in virtual time.
struct ProbeRun {
    var service = ServiceDescription.stammer
    var settings: [String: String] = [:]
    var says = ["Hello"]
    /// Extra headers.
    var headers: [HeaderField] = []
    /// What the peer answers, request by request; after one that ends in a bell it hangs up, as it
    /// does when there is none left.
    var answers: [String] = []
    var timeout = Nanoseconds.seconds(10)

    private static let bell = UInt8(0x07)

    /// What happened, and the order it happened in.
    func events() async throws -> (order: PreparedRun, events: [TraceEvent]) {
        try await onSimulatedLoop { loop in
            let answers = Answers(self.answers)
            let peer = TestPeer(on: loop) { stream, loop in
                while try await !stream.receiveRequest().isEmpty {
                    await loop.sleep(until: loop.tick + .milliseconds(120))
                    guard let answer = answers.next() else { return }
                    try await stream.send(Array(answer.utf8.filter { $0 != Self.bell }))
                    if answer.utf8.last == Self.bell { return }
                }
            }
            let order = try order(at: try await peer.start())
            let (events, sink) = AsyncStream.makeStream(of: TraceEvent.self)
            _ = await Dispatcher(plan: order.plan, loops: [loop], log: nil) { sink.yield($0) }.run()
            sink.finish()
            await peer.stop()
            var all: [TraceEvent] = []
            for await event in events { all.append(event) }
            return (order, all)
        }
    }

    /// All that a writer makes of it.
    func text(
        _ make: (PreparedRun, Conversation) -> any ProbeWriter
    ) async throws -> String {
        let (order, events) = try await events()
        let conversation = try order.plan.workload.conversation(at: 0)
        var writer = make(order, conversation)
        var mask = ProbeMask(order.plan.secrets)
        let texts = events.map { event in
            if case .ended(let witnessed) = event { mask.learn(from: witnessed.head) }
            return writer.text(of: event, without: mask)
        }
        return writer.opening + texts.joined() + writer.ending
    }

    /// For people.
    func text(showsAll: Bool = false, isColoured: Bool = false) async throws -> String {
        try await text {
            ProbeText(of: $0, conversation: $1, showsAll: showsAll, isColoured: isColoured)
        }
    }

    private func order(at address: SocketAddress) throws -> PreparedRun {
        let workload = try Workload.saying(says)
        let service = try service.configured(settings, extraHeaders: headers, inSandbox: true)
        let plan = Plan(
            service: service, target: Target(host: address.ip, port: address.port),
            workload: workload, order: .once(1),
            load: LoadShape(users: 1, thinkOverride: .fixed(.zero)),
            timeouts: Timeouts(total: timeout, connect: .seconds(2)), seed: 7)
        let review = workload.review(with: service)
        return PreparedRun(plan: plan, review: review, workers: 1, output: "")
    }
}

/// Answers, to be handed out one after the other.
private final class Answers: Sendable {
    private let rest: Locked<ArraySlice<String>>

    init(_ all: [String]) { rest = Locked(all[...]) }

    func next() -> String? { rest.withLock { $0.popFirst() } }
}

/// An answer with its length.
func answer(_ head: String, _ body: String) -> String {
    "\(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}
