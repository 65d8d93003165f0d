import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Whole runs in virtual time that keep their replies.
@Suite struct TranscriptTests {
    /// What a run leaves behind.
    private struct Folder {
        let scratch: ScratchFolder
        var files: [String: String] = [:]
        var drift = ReplyDiffFigures()
    }

    private static func play(
        _ scripts: [String], _ service: ServiceDescription = .stammer,
        settings: [String: String] = [:],
        keeping: ReplyKeeping = .progress, sandbox: SandboxSettings? = nil
    ) async throws -> Folder {
        var folder = Folder(scratch: try ScratchFolder())
        let path = folder.scratch.path + "/run"
        let log = try RunLog(folder: path, mode: .all, keeping: keeping)
        let count = scripts.count
        let run = VirtualRun(
            scripts: scripts, service: service, settings: settings, load: LoadShape(users: 3),
            log: log, adjust: { if keeping == .progress { $0.order = .once(count) } })
        if let sandbox {
            _ = try await run.againstSandbox(sandbox)
        } else {
            _ = try await run.againstSandbox(.logNormal)
        }
        try log.close()
        let replies = try KeptReplies(in: path)
        var description = RunDescription(name: "virtual")
        description.started = "2026-01-02T03:04:05Z"
        let written = try ReportFolder.write(replies, of: description, to: path)
        folder.drift = written.drift
        for file in written.paths {
            let name = String(file.split(separator: "/").last ?? "")
            folder.files[name] = try String(decoding: Files.contents(of: file), as: UTF8.self)
        }
        return folder
    }

    private static let scripts = [
        #"{"id":"quick","user":"ana","weight":3,"at":"1s500ms","turns":[{"say":"I am ${user}, \"hi\"\n","reply":"Hello!"},{"say":"Bye","think":"2s","name":"close"}]}"#,
        #"{"turns":[{"say":"机器人","reply":"Of course. You said: 机器人"}]}"#,
        #"{"id":"third","turns":[{"say":"one"},{"say":"two"},{"say":"three","reply":"four"}]}"#,
        #"{"id":"fourth","turns":[{"say":"one"}]}"#,
    ]

    @Test func theTranscriptIsAsRecorded() async throws {
        var sandbox = SandboxSettings.logNormal
        sandbox.stammer.errorRate = 0.6
        let folder = try await Self.play(Self.scripts, sandbox: sandbox)
        let text = try #require(folder.files["transcript.jsonl"])
        #expect(Golden.difference(text, from: "transcripts/stammer.jsonl") == nil)
        #expect(folder.drift.compared + folder.drift.missing == 3)
        // The conversations and their own fields are those of the script.
        let path = try folder.scratch.write(text, to: "again.jsonl")
        let (again, before) = (
            try Workload.open([path]),
            try Workload.open(
                [folder.scratch.write(Self.scripts.joined(separator: "\n"), to: "s")],
                attachFrom: ".")
        )
        #expect(again.count == before.count)
        for index in 0..<again.count {
            let (new, old) = (
                try again.conversation(at: index), try before.conversation(at: index)
            )
            #expect(new.id == old.id && new.turns == old.turns && new.user == old.user)
            #expect(new.weight == old.weight && new.at == old.at)
        }
    }

    @Test func aPolledServiceGivesTheReplyOfThePoll() async throws {
        let scripts = [
            #"{"id":"polled","turns":[{"say":"Hello"},{"call":"bots.list"}]}"#,
            #"{"id":"attached","turns":[{"say":"See","attach":["workloads/files/packing-list.txt"]}]}"#,
        ]
        let folder = try await Self.play(scripts, .botyard)
        let text = try #require(folder.files["transcript.jsonl"])
        #expect(Golden.difference(text, from: "transcripts/botyard.jsonl") == nil)
    }

    @Test func secretsAreNotKept() async throws {
        let scripts = [#"{"id":"echo","turns":[{"say":"my token is sandbox-token"}]}"#]
        let text = try #require(
            try await Self.play(scripts).files["transcript.jsonl"])
        #expect(text.contains("\"say\":\"my token is sandbox-token\",\"result\":{\"reply\":\""))
        #expect(text.contains("my token is ***"))
    }

    @Test func aBatchGivesABatchsOutput() async throws {
        let scripts = ["b", "a", "c"].map { id in
            #"{"custom_id":"request-\#(id)","method":"POST","url":"/v1/chat/completions","body":"#
                + #"{"model":"gpt-4o","messages":[{"role":"user","content":"Say \#(id)"}]}}"#
        }
        var sandbox = SandboxSettings.logNormal
        sandbox.stammer.errorRate = 0.5
        let folder = try await Self.play(scripts, sandbox: sandbox)
        let text = try #require(folder.files["batch_output.jsonl"])
        #expect(Golden.difference(text, from: "transcripts/batch_output.jsonl") == nil)
        #expect(folder.files["transcript.jsonl"]?.contains(#"{"id":"request-b","turns""#) == true)
    }

    @Test func aRunsTranscriptNamesTheTickets() async throws {
        let scripts = [#"{"id":"a","turns":[{"say":"A"}]}"#, #"{"turns":[{"say":"B"}]}"#]
        let scratch = try ScratchFolder()
        let log = try RunLog(folder: scratch.path + "/run", mode: .none, keeping: .replies)
        let run = VirtualRun(
            scripts: scripts, load: LoadShape(users: 4, conversations: 20), workers: 2, log: log)
        _ = try await run.againstSandbox(.logNormal)
        try log.close()
        let replies = try KeptReplies(in: scratch.path + "/run")
        let paths = try ReportFolder.write(
            replies, of: RunDescription(name: "run"), to: scratch.path
        ).paths
        #expect(paths == [scratch.path + "/transcript.jsonl"])
        let text = String(decoding: try Files.contents(of: paths[0]), as: UTF8.self)
        let ids = text.split(separator: "\n").map { $0.dropFirst(7).prefix { $0 != "\"" } }
        let tickets = ids.compactMap { Int($0.split(separator: "#").last ?? "") }
        #expect(tickets == Array(1...20))
        #expect(Set(ids.map { $0.prefix { $0 != "#" } }) == ["a", "line-2"])
    }
}
