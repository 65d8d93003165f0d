import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Ramps, warm-up, think times and connections of the closed model in virtual time.
@Suite struct ClosedRampTests {
    static let oneTurn = WholeRunTests.oneTurn
    private static let upAndDown = LoadCurve(
        from: 0,
        through: [
            LoadStage(length: .seconds(20), level: 20),
            LoadStage(length: .seconds(20), level: 20),
            LoadStage(length: .seconds(20), level: 0),
        ])

    /// The requests that arrive in each second.
    private func arrivals(
        of run: VirtualRun
    ) async throws -> (seconds: [Int], result: VirtualRun.Result) {
        let counts = SecondCounts()
        let result = try await run.against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                counts.add(loop.tick)
                await loop.sleep(until: loop.tick + .milliseconds(100))
                try await stream.send(okResponse)
            }
        }
        return (counts.all, result)
    }

    @Test(arguments: [1, 3])
    func usersFollowTheCurve(workers: Int) async throws {
        let run = VirtualRun(
            scripts: [Self.oneTurn],
            load: LoadShape(users: 20, curve: Self.upAndDown, duration: .seconds(60)),
            workers: workers)
        let (seconds, result) = try await arrivals(of: run)
        // Each user makes ten exchanges a second.
        for second in 0..<60 {
            let level = Self.upAndDown.level(at: .milliseconds(Int64(second) * 1_000 + 500))
            let count = seconds.indices.contains(second) ? seconds[second] : 0
            #expect(abs(Double(count) / 10 - level) <= 1, "second \(second)")
        }
        #expect(result.summary.totals[.conversationsAborted] == 0)
        #expect(result.schedule?.maxUsers == 20 && result.schedule?.wantedUsers == 20)
        #expect(result.took <= .milliseconds(60_100))
    }

    @Test func usersThatLeaveFinishTheirConversation() async throws {
        let curve = LoadCurve(
            from: 10,
            through: [
                LoadStage(length: .seconds(5), level: 10), LoadStage(length: .zero, level: 0),
            ])
        let run = VirtualRun(
            scripts: [WholeRunTests.threeTurns], load: LoadShape(users: 10, curve: curve))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect(result.summary.totals[.conversationsAborted] == 0)
        // A conversation takes 3.3 s: the second round is under way at 5 s.
        #expect(result.summary.totals[.conversationsCompleted] == 20)
        #expect(result.took == .milliseconds(6_600))
    }

    @Test func usersComeBackWhenTheyAreWantedAgain() async throws {
        let curve = LoadCurve(
            from: 5,
            through: [
                LoadStage(length: .seconds(5), level: 5), LoadStage(length: .zero, level: 1),
                LoadStage(length: .seconds(10), level: 1), LoadStage(length: .zero, level: 5),
                LoadStage(length: .seconds(5), level: 5),
            ])
        let run = VirtualRun(
            scripts: [Self.oneTurn],
            load: LoadShape(users: 5, curve: curve, duration: .seconds(20)))
        let (seconds, result) = try await arrivals(of: run)
        #expect(seconds[2] == 50 && seconds[10] == 10 && seconds[17] == 50)
        #expect(result.summary.latency[.response].max.map { $0 <= 200 } ?? false)
    }

    @Test func aRunWithoutConversationsLeftDoesNotWaitForTheRamp() async throws {
        let curve = LoadCurve(from: 0, through: [LoadStage(length: .seconds(3_600), level: 100)])
        let run = VirtualRun(
            scripts: [Self.oneTurn],
            load: LoadShape(
                users: 100, curve: curve, conversations: 50, startJitter: .seconds(10)))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect(result.summary.totals[.conversationsCompleted] == 50)
        #expect(result.took < .seconds(70))
    }

    @Test func jitterSpreadsTheStarts() async throws {
        let run = VirtualRun(
            scripts: [#"{"turns":[{"say":"a"},{"say":"b","think":"1h"}]}"#],
            load: LoadShape(users: 100, duration: .seconds(12), startJitter: .seconds(10)))
        let (seconds, result) = try await arrivals(of: run)
        #expect(seconds.reduce(0, +) == 100 && seconds.allSatisfy { $0 < 25 })
        #expect(seconds.count == 10)
        #expect(result.summary.latency[.response].max == 100)
    }

    @Test func aDrainEndsEveryWaitAtOnce() async throws {
        let think = #"{"turns":[{"say":"a"},{"say":"b","think":"1h"}]}"#
        let run = VirtualRun(
            scripts: [think],
            load: LoadShape(
                users: 10,
                curve: LoadCurve(from: 0, through: [LoadStage(length: .seconds(600), level: 10)]),
                duration: .milliseconds(30_050), startJitter: .seconds(60)))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(100)))
        #expect(result.took <= .milliseconds(30_150))
    }

    @Test(arguments: [1, 2, 5])
    func readingTakesAsLongAsTheReply(words: Int) async throws {
        var load = LoadShape(users: 1, conversations: 2)
        load.thinkOverride = .reading(wordsPerMinute: 60)
        let run = VirtualRun(
            scripts: [#"{"turns":[{"say":"a"},{"say":"b"},{"say":"c"}]}"#], load: load)
        let reply = String(repeating: "fünf ", count: words)
        let body = "{\"data\":{\"answer\":\"\(reply)\"}}"
        let response = Array(
            "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
        let result = try await run.against { stream, _ in
            while try await !stream.receiveRequest().isEmpty { try await stream.send(response) }
        }
        // Two of three turns follow a reply, a word a second.
        #expect(result.took == .seconds(Int64(4 * words)))
    }

    @Test func idleConnectionsAreGivenBack() async throws {
        let script = #"{"turns":[{"say":"a"},{"say":"b","think":"10s"}]}"#
        var run = VirtualRun(
            scripts: [script], load: LoadShape(users: 50, duration: .seconds(100)))
        run.load.startJitter = .seconds(10)
        let kept = try await run.againstSandbox(.fixed(.milliseconds(10)))
        run.connections.idleClose = .seconds(1)
        let closed = try await run.againstSandbox(.fixed(.milliseconds(10)))
        #expect(closed.result.summary.totals == kept.result.summary.totals)
        #expect(kept.result.schedule?.maxConnected == 50)
        // A second of ten each, by chance somewhat more at once.
        #expect((closed.result.schedule?.maxConnected ?? 50) <= 15)
    }

    @Test func freeUsersGiveTheirConnectionsBackToo() async throws {
        var run = VirtualRun(
            scripts: [Self.oneTurn],
            load: LoadShape(
                users: 100, arrivals: Arrivals(rate: 50),
                curve: LoadCurve(
                    from: 50,
                    through: [
                        LoadStage(length: .seconds(5), level: 50),
                        LoadStage(length: .zero, level: 0.2),
                        LoadStage(length: .seconds(60), level: 0.2),
                    ]),
                duration: .seconds(65)))
        run.connections.idleClose = .seconds(2)
        let connects = SecondCounts()
        let result = try await run.against { stream, loop in
            connects.add(loop.tick)
            while try await !stream.receiveRequest().isEmpty {
                await loop.sleep(until: loop.tick + .milliseconds(200))
                try await stream.send(okResponse)
            }
        }
        #expect(result.summary.totals[.failed] == 0)
        // Ten in the busy part; then every start opens one of its own.
        #expect(connects.all.reduce(0, +) == 10 + 12)
    }

    @Test func theWarmUpIsMarked() async throws {
        var load = LoadShape(users: 2, duration: .seconds(10))
        load.warmup = .time(.seconds(4))
        let run = VirtualRun(scripts: [Self.oneTurn], load: load)
        let (seconds, result) = try await arrivals(of: run)
        #expect(seconds.reduce(0, +) == 200)
        #expect(result.summary.totals[.exchanges] == 120)
        load.warmup = .conversations(50)
        let byCount = try await arrivals(of: VirtualRun(scripts: [Self.oneTurn], load: load))
        #expect(byCount.result.summary.totals[.exchanges] == 150)
    }
}

/// Counts what happens in each second.
private final class SecondCounts: Sendable {
    private let counts = Locked<[Int]>([])

    var all: [Int] { counts.withLock { $0 } }

    func add(_ time: Nanoseconds) {
        let second = Int(time.count / 1_000_000_000)
        counts.withLock { counts in
            while counts.count <= second { counts.append(0) }
            counts[second] += 1
        }
    }
}
