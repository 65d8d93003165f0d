import Glibc
import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// What the keys of a script do in a run.
@Suite struct ScriptKeyRunTests {
    /// Every operation a script can call is reported under its own step, once.
    @Test func everyOperationIsCalled() async throws {
        try #require(chdir(repository) == 0)
        let callable = ServiceDescription.botyard.steps.filter(\.isCallable).map(\.name)
        let calls = callable.map { operation in
            let attach = operation == "files.upload" || operation == "messages.send"
            return #"{"call":"\#(operation)","name":"my \#(operation)","#
                + #""expect":{"status":"2xx"}"#
                + (attach ? #","attach":["workloads/files/packing-list.txt"]"# : "")
                + (operation == "messages.send" ? #","with":{"body":"x"}"# : "") + "}"
        }
        var run = VirtualRun(
            scripts: [#"{"turns":[\#(calls.joined(separator: ","))]}"#],
            load: LoadShape(users: 1, conversations: 1))
        run.service = .botyard
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(1)))
        #expect(result.summary.errors == [])
        for operation in callable {
            #expect(result.summary.steps["my \(operation)"]?[.exchanges] == 1)
        }
        #expect(counts.total == result.summary.totals[.exchanges])
    }

    /// A turn's parameters count before the conversation's, and those before the run's.
    @Test func parametersAreLayered() async throws {
        let peer = AnsweringPeer { _ in .saying("x") }
        var run = VirtualRun(
            scripts: [
                #"{"with":{"language":"a"},"turns":[{"say":"1"},{"say":"2","with":{"language":"b"}},{"say":"3"}]}"#,
                #"{"turns":[{"say":"4"}]}"#,
            ], load: LoadShape(users: 1, conversations: 2))
        run.settings = ["language": "run"]
        _ = try await run.against { try await peer.serve($0, $1) }
        let paths = zip(peer.queries, peer.requests).sorted { $0.0 < $1.0 }.map {
            $0.1.prefix(while: { $0 != "?" }).split(separator: "/")[1]
        }
        #expect(paths == ["a", "b", "a", "run"])
    }

    /// A pinned conversation is continued under its own identity, others are fresh ones.
    @Test func usersArePinned() async throws {
        let peer = AnsweringPeer { _ in .saying("x") }
        let run = VirtualRun(
            scripts: [
                #"{"user":"ana","turns":[{"say":"p"}]}"#, #"{"turns":[{"say":"f ${user}"}]}"#,
            ],
            load: LoadShape(users: 1, conversations: 6))
        _ = try await run.against { try await peer.serve($0, $1) }
        let keys = peer.requests.map { request in
            request.split(separator: "\"user_key\":\"").last?.prefix { $0 != "\"" } ?? ""
        }
        #expect(keys.count { $0 == "ana" } == 3)
        #expect(Set(keys.filter { $0.hasPrefix("user-1-") }).count == 3)
        #expect(peer.queries.count { $0 == "f user-1" } == 3)
    }

    /// The system prompt goes where the service takes one, as it stands.
    @Test func systemPromptsAreSent() async throws {
        let peer = AnsweringPeer { _ in .saying("x") }
        let run = VirtualRun(
            scripts: [
                #"{"system":"Be ${brief}.","turns":[{"say":"a ${user}"},{"say":"b","with":{"custom_base_system_prompt":"B"}}]}"#,
                #"{"system":"S","with":{"custom_base_system_prompt":"W"},"turns":[{"say":"c"}]}"#,
            ], load: LoadShape(users: 1, conversations: 2))
        _ = try await run.against { try await peer.serve($0, $1) }
        let prompts = zip(peer.queries, peer.requests).sorted { $0.0 < $1.0 }.map {
            $0.1.split(separator: "\"custom_base_system_prompt\":\"").last?.prefix { $0 != "\"" }
        }
        #expect(prompts == ["Be ${brief}.", "B", "W"])
    }

    /// An attachment that only the run can name is sent, or fails its turn alone.
    @Test func attachmentsMayHaveVariables() async throws {
        try #require(chdir(repository) == 0)
        var run = VirtualRun(
            scripts: [
                #"{"turns":[{"say":"x","attach":["workloads/files/${file}"]},{"call":"bots.list"}]}"#
            ],
            load: LoadShape(users: 1, conversations: 2))
        run.service = .botyard
        run.data = "file\nreceipt.png\nmissing.png\n"
        let (result, counts) = try await run.againstSandbox(.fixed(.milliseconds(1)))
        #expect(counts.requests["botyard.files.upload"]?.values.reduce(0, +) == 1)
        let error = try #require(result.summary.errors.first)
        #expect(result.summary.errors.count == 1 && error.errorClass == "script")
        #expect(error.example.contains("workloads/files/missing.png"))
        #expect(result.summary.steps["bots.list"]?[.exchanges] ?? 0 >= 2)
    }
}
