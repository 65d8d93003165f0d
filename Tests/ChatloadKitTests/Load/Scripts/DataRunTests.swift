import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Runs that take values from a file of rows.
@Suite struct DataRunTests {
    static let data = "order,city\n1,Bonn\n2,\"Köln, Süd\"\n3,Ulm\n"
    static let script = #"{"turns":[{"say":"${order} ${city}"},{"say":"${user} ${order}"}]}"#

    @Test(arguments: [1, 2])
    func everyConversationHasItsRow(workers: Int) async throws {
        let queries = try await queries { run in
            run.workers = workers
            run.load = LoadShape(users: 3, conversations: 7)
        }
        let firsts = queries.filter { !$0.contains("user") }
        let expected = [
            "1 Bonn", "1 Bonn", "1 Bonn", "2 Köln, Süd", "2 Köln, Süd", "3 Ulm", "3 Ulm",
        ]
        #expect(firsts.sorted() == expected)
    }

    @Test func shuffledIsTheSameForASeed() async throws {
        let runs = try await [(1, 7), (3, 7), (1, 8)].asyncMap { workers, seed in
            try await queries { run in
                run.dataOrder = .shuffled
                run.workers = workers
                run.seed = UInt64(seed)
                run.scripts = [#"{"turns":[{"say":"${conversation} ${order}"}]}"#]
                run.load = LoadShape(users: 2, conversations: 60)
            }.sorted()
        }
        #expect(runs[0] == runs[1] && runs[0] != runs[2])
        #expect(runs[0].count { $0.hasSuffix(" 2") } == 20)
    }

    @Test func aUserKeepsItsRow() async throws {
        let queries = try await queries { run in
            run.dataScope = .user
            run.scripts = [#"{"turns":[{"say":"${user} ${order}"}]}"#]
            run.load = LoadShape(users: 4, conversations: 40)
        }
        #expect(Set(queries) == ["user-1 1", "user-2 2", "user-3 3", "user-4 1"])
    }

    /// Data in parameters of the service, and in what is expected.
    @Test func dataStandsEverywhere() async throws {
        var run = VirtualRun(
            scripts: [
                #"{"with":{"custom_base_system_prompt":"You are in ${city}."},"turns":["#
                    + #"{"say":"order 100${order}","with":{"language":"l${order}"},"expect":{"contains":"order 100${order}"}}]}"#
            ],
            load: LoadShape(users: 1, conversations: 2))
        run.data = Self.data
        let peer = AnsweringPeer { _ in .saying("order 1001") }
        let result = try await run.against { try await peer.serve($0, $1) }
        #expect(peer.requests.first?.contains("\"You are in Bonn.\"") == true)
        #expect(peer.requests.first?.hasPrefix("POST /l1/") == true)
        #expect(peer.requests.last?.contains("\"You are in Köln, Süd.\"") == true)
        #expect(
            result.summary.errors.map(\.example) == [
                "expected the reply to contain \"order 1002\", got \"order 1001\""
            ])
    }

    /// A row that is not there any more fails the turns that want it and nothing else.
    @Test func whenTheRowsHaveRunOut() async throws {
        var run = VirtualRun(
            scripts: [Self.script, #"{"id":"plain","turns":[{"say":"plain"}]}"#],
            load: LoadShape(users: 1, conversations: 8))
        run.data = Self.data
        run.dataOrder = .unique
        let peer = AnsweringPeer { _ in .saying("x") }
        let result = try await run.against { try await peer.serve($0, $1) }
        #expect(result.summary.errors.allSatisfy { $0.example.contains("has no row left") })
        #expect(result.summary.errors.allSatisfy { $0.errorClass == "script" })
        #expect(peer.queries.count { $0 == "plain" } == 4)
    }

    private func queries(_ adjust: (inout VirtualRun) -> Void) async throws -> [String] {
        var run = VirtualRun(
            scripts: [Self.script], load: LoadShape(users: 1, conversations: 1))
        run.data = Self.data
        adjust(&run)
        let peer = AnsweringPeer { _ in .saying("x") }
        let result = try await run.against { try await peer.serve($0, $1) }
        #expect(result.summary.totals[.failed] == 0)
        return peer.queries
    }
}

extension Array {
    fileprivate func asyncMap<Result>(
        _ body: (Element) async throws -> Result
    ) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
