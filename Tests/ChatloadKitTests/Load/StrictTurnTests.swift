import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Replays in virtual time whose turns are taken at their recorded times, reply or not.
@Suite struct StrictTurnTests {
    private static let pace = ReplayPace(speed: 1, turns: .strict)
    private static let script = """
        {"id":"a","at":"5s","turns":[{"say":"one","name":"one"},{"say":"two","at":"1s"},\
        {"say":"three","at":"2s"},{"say":"four","at":"20s"}]}
        """

    private func run(
        _ script: String = script, quotas: [String] = [], log: RunLog? = nil
    ) throws -> VirtualRun {
        let quotas = try quotas.map { try Quota(parsing: $0) }
        return VirtualRun(
            scripts: [script], load: LoadShape(users: 10), pace: Self.pace, log: log,
            adjust: { $0.quotas = quotas })
    }

    @Test func noTurnWaitsForAReply() async throws {
        let (result, counts) = try await run().againstSandbox(.fixed(.seconds(5)))
        let summary = result.summary
        #expect(counts.total == 4 && result.took == .seconds(30))
        #expect(summary.lateness.starts.max == 0 && summary.lateness.turns.count == 3)
        #expect(summary.lateness.turns.max == 0 && summary.latency[.response].max == 5_000)
        // The first three overlap; the fourth goes over one of their connections.
        #expect(result.schedule?.maxConnected == 3 && result.schedule?.maxUsers == 1)
        #expect(summary.totals[.conversationsCompleted] == 1)
        #expect(summary.conversations.max == 25_000)
    }

    @Test func theConversationLastsUntilTheLastReply() async throws {
        let result = try await run().against { stream, loop in
            while case let request = try await stream.receiveRequest(), !request.isEmpty {
                let isSlow = String(decoding: request, as: UTF8.self).contains("two")
                await loop.sleep(until: loop.tick + .seconds(isSlow ? 50 : 1))
                try await stream.send(okResponse)
            }
        }
        #expect(result.took == .seconds(56))
        #expect(result.summary.conversations.max == 51_000)
    }

    @Test func theTranscriptIsInTheOrderOfTurns() async throws {
        let scratch = try ScratchFolder()
        let log = try RunLog(folder: scratch.path + "/run", mode: .all, keeping: .progress)
        _ = try await run(log: log).against { stream, loop in
            while case let request = try await stream.receiveRequest(), !request.isEmpty {
                let text = String(decoding: request, as: UTF8.self)
                let word = ["one", "two", "three", "four"].first { text.contains($0) } ?? ""
                await loop.sleep(until: loop.tick + .seconds(word == "one" ? 9 : 2))
                let body = #"{"data":{"answer":"to \#(word)"}}"#
                let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                try await stream.send(Array((head + body).utf8))
            }
        }
        try log.close()
        let replies = try KeptReplies(in: scratch.path + "/run")
        let files = try ReportFolder.write(
            replies, of: RunDescription(name: "strict"), to: scratch.path + "/run")
        let path = try #require(files.paths.first { $0.hasSuffix("transcript.jsonl") })
        let text = try String(decoding: Files.contents(of: path), as: UTF8.self)
        let places = ["one", "two", "three", "four"].compactMap {
            text.firstRange(of: "\"reply\":\"to \($0)\"")?.lowerBound
        }
        #expect(places.count == 4 && places == places.sorted(), "\(text)")
    }

    @Test func aTurnThatMustNotFailEndsTheConversation() async throws {
        let script = """
            {"at":0,"turns":[{"say":"one","on_fail":"stop"},{"say":"two","at":"1s"},\
            {"say":"three","at":"9s"}]}
            """
        var sandbox = SandboxSettings.fixed(.seconds(5))
        sandbox.stammer.errorRate = 1
        let (result, counts) = try await run(script).againstSandbox(sandbox)
        #expect(counts.total == 2 && result.summary.totals[.conversationsFailed] == 1)
    }

    @Test func quotasHoldForAllOfAUsersLines() async throws {
        let (result, counts) = try await run(quotas: ["conversation:3 requests"])
            .againstSandbox(.fixed(.seconds(5)))
        #expect(counts.total == 3 && result.summary.totals[.conversationsCompleted] == 1)
        let (slow, _) = try await run(quotas: ["user:6 requests/m"])
            .againstSandbox(.fixed(.seconds(5)))
        #expect(slow.summary.lateness.turns.max == 18_000)
        #expect(slow.summary.verdict.scheduleLag.max == 0)
    }

    @Test func aDrainEndsTurnsThatWait() async throws {
        let result = try await run().against { stream, loop in
            while try await !stream.receiveRequest().isEmpty {
                await loop.sleep(until: loop.tick + .seconds(4))
                try await stream.send(okResponse)
            }
        } beforehand: { dispatcher, loop in
            _ = loop.schedule(at: loop.clock() + .milliseconds(7_500)) { dispatcher.drain() }
        }
        #expect(result.took == .seconds(11) && result.summary.totals[.succeeded] == 3)
        #expect(result.summary.totals[.conversationsAborted] == 1)
    }

    @Test func theHardStopEndsAllLines() async throws {
        var run = try run()
        run.load.grace = .seconds(1)
        let result = try await run.against { stream, loop in
            _ = try await stream.receiveRequest()
            await loop.sleep(until: loop.tick + .seconds(1_000))
        } beforehand: { dispatcher, loop in
            _ = loop.schedule(at: loop.clock() + .milliseconds(7_500)) { dispatcher.drain() }
        }
        #expect(result.took == .milliseconds(8_500))
        #expect(result.summary.errors.allSatisfy { $0.errorClass == "cancelled" })
        #expect(result.summary.totals[.failed] == 3)
    }

    @Test(arguments: [
        #"{"at":1,"turns":[{"say":"a"},{"say":"you said ${reply}","at":2}]}"#,
        #"{"at":1,"turns":[{"say":"a","capture":{"t":"(.+)"}},{"say":"${t}","at":2}]}"#,
    ])
    func textsThatNeedRepliesAreRefused(script: String) throws {
        let folder = try ScratchFolder()
        let path = try folder.write(script, to: "s.jsonl")
        let service = try ServiceDescription.stammer.configured(inSandbox: true)
        let workload = try Workload.open([path])
        #expect(workload.review(with: service, pace: Self.pace).complaints.count == 1)
        #expect(workload.review(with: service, pace: ReplayPace(speed: 1)).complaints.isEmpty)
    }

    @Test func variablesAreFilledInEachTurn() async throws {
        let script = """
            {"at":0,"turns":[{"say":"${user} ${turn}"},{"say":"${user} ${turn}","at":"1s"}]}
            """
        let (result, _) = try await run(script).againstSandbox(.fixed(.seconds(5)))
        #expect(result.summary.totals[.succeeded] == 2 && result.took == .seconds(6))
    }
}
