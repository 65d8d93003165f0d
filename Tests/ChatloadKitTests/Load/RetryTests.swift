import Base
import Networking
import Sandbox
import Support
import Synchronization
import Testing

@testable import ChatloadKit

/// What is tried again and what is not, in virtual time.
@Suite struct RetryTests {
    /// A peer that treats the first so many requests badly, and answers all others after 10 ms.
    private final class Peer: Sendable {
        private let faults: Int
        private let count = Atomic<Int>(0)
        private let fault: @Sendable (Stream) async throws -> Void

        init(faults: Int, _ fault: @escaping @Sendable (Stream) async throws -> Void) {
            (self.faults, self.fault) = (faults, fault)
        }

        var requests: Int { count.load(ordering: .relaxed) }

        func serve(_ stream: Stream, on loop: EventLoop) async throws {
            while try await !stream.receiveRequest().isEmpty {
                if count.wrappingAdd(1, ordering: .relaxed).newValue <= faults {
                    return try await fault(stream)
                }
                await loop.sleep(until: loop.tick + .milliseconds(10))
                try await stream.send(okResponse)
            }
        }
    }

    private static let unavailable: @Sendable (Stream) async throws -> Void = { stream in
        try await stream.send(Array("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy".utf8))
    }
    private static let brokenBody: @Sendable (Stream) async throws -> Void = { stream in
        try await stream.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf".utf8))
        stream.reset()
    }

    private static func run(_ policy: RetryPolicy, conversations: Int = 1) -> VirtualRun {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn],
            load: LoadShape(users: 1, conversations: conversations))
        run.timeouts = Timeouts(total: .seconds(10), connect: .seconds(2))
        run.adjust = { $0.retry = policy }
        return run
    }

    @Test func refusedTwiceThenAnswered() async throws {
        let start = Nanoseconds.milliseconds(400)
        let result = try await Self.run(RetryPolicy(most: 8)).againstLatePeer(from: start) {
            stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                await loop.sleep(until: loop.tick + .milliseconds(10))
                try await stream.send(okResponse)
            }
        }
        let totals = result.summary.totals
        #expect(
            totals[.succeeded] == 1 && totals[.failed] >= 2 && totals[.retries] == totals[.failed])
        #expect(totals[.saved] == 1)
        #expect(totals[.conversationsCompleted] == 1 && totals[.conversationsFailed] == 0)
        #expect(result.summary.errors.map(\.errorClass) == ["connect_refused"])
        // The back-off is in response time alone: the request was due at the run's start.
        #expect(result.summary.latency[.service].max == 10)
        #expect(try #require(result.summary.latency[.response].max) >= 410)
        #expect(result.summary.latency[.throttled].count == 0)
        #expect(result.summary.verdict.scheduleLag.max == nil)
    }

    @Test(arguments: [
        ("a message that may have been taken", false, unavailable, 1),
        ("the same, unsafely", true, unavailable, 2),
        ("a reply that breaks off", false, brokenBody, 1),
        ("the same, unsafely", true, brokenBody, 2),
    ])
    func whatMayHaveBeenCarriedOut(
        name: String, isUnsafe: Bool, fault: @escaping @Sendable (Stream) async throws -> Void,
        requests: Int
    ) async throws {
        let peer = Peer(faults: 1, fault)
        let result = try await Self.run(RetryPolicy(most: 3, repeatsUnsafe: isUnsafe))
            .against(peer.serve)
        #expect(peer.requests == requests)
        #expect(result.summary.totals[.conversationsCompleted] == requests - 1)
    }

    @Test func whatOnlyReadsIsRepeated() async throws {
        var run = Self.run(RetryPolicy(most: 3))
        run.service = .botyard
        run.scripts = [#"{"turns":[{"call":"service.info"}]}"#]
        let peer = Peer(faults: 3, Self.unavailable)
        let result = try await run.against(peer.serve)
        #expect(peer.requests == 4)
        #expect(result.summary.steps["service.info"]?[.retries] == 3)
        // The service's own format is no matter of luck.
        #expect(result.summary.errors.map(\.errorClass) == ["http_5xx", "malformed_reply"])
    }

    @Test func enoughIsEnough() async throws {
        let peer = Peer(faults: .max, Self.unavailable)
        let result = try await Self.run(
            RetryPolicy(most: 2, repeatsUnsafe: true), conversations: 4
        ).against(peer.serve)
        let totals = result.summary.totals
        #expect(peer.requests == 12 && totals[.exchanges] == 12 && totals[.retries] == 8)
        #expect(totals[.saved] == 0 && totals[.conversationsFailed] == 4)
    }

    /// Seconds that a service asks for, and how often it is asked.
    @Test(arguments: [("5", 2, 5.0), ("0", 2, 0.0), ("31", 1, 0.0), ("soon", 2, 0.0)])
    func aRejectionIsAlwaysRepeated(advice: String, requests: Int, wait: Double) async throws {
        let peer = Peer(faults: 1) { stream in
            let head = "HTTP/1.1 429 No\r\nRetry-After: \(advice)\r\nContent-Length: 0\r\n\r\n"
            try await stream.send(Array(head.utf8))
        }
        let result = try await Self.run(RetryPolicy(most: 3)).against(peer.serve)
        #expect(peer.requests == requests)
        #expect(result.summary.totals[.rejected] == 1)
        #expect(result.summary.totals[.conversationsCompleted] == requests - 1)
        #expect(result.took.seconds >= wait && result.took.seconds <= wait + 0.3)
    }

    @Test func aStoppedCredentialIsNotRetried() async throws {
        var run = Self.run(RetryPolicy())
        run.adjust = {
            $0.retry = RetryPolicy(most: 3, repeatsUnsafe: true)
            $0.onReject = .stop
        }
        let peer = Peer(faults: 9) { stream in
            try await stream.send(Array("HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n".utf8))
        }
        _ = try await run.against(peer.serve)
        #expect(peer.requests == 1)
    }

    @Test func retriesAndPausesGoTogether() async throws {
        var run = Self.run(RetryPolicy())
        run.adjust = {
            $0.retry = RetryPolicy(most: 1, repeatsUnsafe: true)
            $0.onReject = .wait
            $0.quotas = [Quota(.run, 60, .requests, per: .seconds(60), burst: 1)]
        }
        let peer = Peer(faults: 1, Self.unavailable)
        let result = try await run.against(peer.serve)
        #expect(peer.requests == 2)
        // The second leaves when the quota lets it, a second after the first.
        #expect(result.took >= .seconds(1) && result.took <= .milliseconds(1_300))
        #expect(try #require(result.summary.latency[.throttled].max) < 1_000)
        #expect(result.quotas.first?.used == 2)
    }

    @Test func theEndOfTheGraceEndsABackOff() async throws {
        var run = Self.run(RetryPolicy(most: 100, delay: .seconds(30)))
        run.load = LoadShape(users: 8, duration: .seconds(20), grace: .seconds(2))
        let result = try await run.againstNobody()
        #expect(result.took == .seconds(22))
        #expect(result.summary.totals[.conversationsAborted] == 8)
        #expect(result.summary.errors.map(\.errorClass) == ["connect_refused"])
    }

    @Test func theSameSeedBacksOffAlike() async throws {
        let runs = try await [
            Self.run(RetryPolicy(most: 5), conversations: 5).againstNobody(),
            Self.run(RetryPolicy(most: 5), conversations: 5).againstNobody(),
        ]
        #expect(runs[0].took == runs[1].took && runs[0].took > .seconds(1))
        #expect(runs[0].summary.totals[.exchanges] == 30)
    }

    @Test func pausesDoubleUpToTheLongest() {
        let policy = RetryPolicy(most: 100, delay: .seconds(1))
        let pauses = [1, 2, 3, 5, 6, 64, 1_000].map {
            policy.pause(before: $0, share: 1, asked: .absent)?.seconds
        }
        #expect(pauses == [1, 2, 4, 16, 30, 30, 30])
        #expect(policy.pause(before: 3, share: 0, asked: .absent) == .zero)
        #expect(policy.pause(before: 1, share: 1, asked: .delay(.seconds(7))) == .seconds(7))
        #expect(policy.pause(before: 4, share: 1, asked: .delay(.seconds(7))) == .seconds(8))
        #expect(policy.pause(before: 1, share: 1, asked: .delay(.seconds(31))) == nil)
        #expect(policy.pause(before: 1, share: 1, asked: .unreadable("x")) == .seconds(1))
    }

    @Test(arguments: ErrorClass.allCases)
    func onlyWhatPassesIsMended(error: ErrorClass) {
        let (careful, bold) = (RetryPolicy(most: 1), RetryPolicy(most: 1, repeatsUnsafe: true))
        let passing: Set<ErrorClass> = [
            .dns, .connectRefused, .connectTimeout, .connectReset, .connectFailed, .exhausted,
            .sendFailed, .closedEarly, .timeout, .timeoutFirstToken, .timeoutIdle, .http5xx,
            .rejected,
        ]
        let isPassing = passing.contains(error)
        #expect(bold.retries(error, isRepeatable: false, wasSent: true) == isPassing)
        #expect(careful.retries(error, isRepeatable: false, wasSent: false) == isPassing)
        #expect(careful.retries(error, isRepeatable: true, wasSent: true) == isPassing)
        #expect(careful.retries(error, isRepeatable: false, wasSent: true) == (error == .rejected))
    }
}
