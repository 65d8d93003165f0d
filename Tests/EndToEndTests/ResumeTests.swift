import FoundationEssentials
import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit
@testable import chatload

/// Replays that end in all kinds of ways and are gone on with.
@Suite struct ResumeTests {
    /// A workload of conversations with three turns each.
    static func workload(_ count: Int, in scratch: ScratchFolder) throws -> String {
        let lines = (0..<count).map { number in
            #"{"id":"c-\#(number)","turns":[{"say":"Hello \#(number)","reply":"Hello"},"#
                + #"{"say":"And then?"},{"say":"Bye"}]}"# + "\n"
        }
        return try scratch.write(lines.joined(), to: "workload.jsonl")
    }

    static func target(_ port: Int) -> [String] {
        [
            "--service", "stammer", "--target", "http://127.0.0.1:\(port)", "--set",
            "token=env:TOKEN", "--set",
            "chatbot_uuid=\(RefusalTests.uuid)",
        ]
    }

    static func child(_ arguments: [String]) throws -> Child {
        try Child(["replay"] + arguments, environment: ["TOKEN": "any"])
    }

    /// Whether everything was played, however busy the machine was meanwhile.
    static func isPlayed(_ ending: Child.Ending) -> Bool {
        ending.code == ExitCode.ok.rawValue || ending.code == ExitCode.runInvalid.rawValue
    }

    /// The ids of a transcript's lines.
    static func ids(of folder: String) throws -> [String] {
        let lines = try #require(text(of: folder + "/transcript.jsonl"))
        return lines.split(separator: "\n").map { String($0.dropFirst(7).prefix { $0 != "\"" }) }
    }

    static func inFlight(_ folder: String) throws -> [InFlight] {
        guard let list = text(of: folder + "/in_flight.json") else { return [] }
        return try JSONDecoder().decode(InFlightList.self, from: Data(list.utf8)).conversations
    }

    /// Messages that the sandbox has received.
    static func messages(_ port: Int) throws -> Int {
        let counts = try get("/_sandbox/counts", port: port)
        let number = counts.firstRange(of: "\"total\":").map { counts[$0.upperBound...] }
        return number.flatMap { Int($0.prefix(while: \.isNumber)) } ?? -1
    }

    @Test func twentyTimesKilledEverythingIsPlayedOnce() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let (count, kills) = (2_000, 20)
        let workload = try Self.workload(count, in: scratch)
        let (server, port) = try serve(["stammer", "--latency", "10ms", "--seed", "1"])
        defer { server.signal(SIGKILL) }
        var random = SeededRandom(seed: 2_026)
        let start = [workload, "-o", folder, "-c", "20", "-q"] + Self.target(port)
        for kill in 0..<kills {
            let run = try Self.child(kill == 0 ? start : ["--resume", folder, "-q"])
            // Before anything is sent there is nothing to go on with.
            if kill == 0 { #expect(wait(for: folder + "/journal.tsv") { $0.contains("sends") }) }
            poll(nil, 0, 20 + Int32(random.next(upperBound: UInt64(160))))
            run.signal(SIGKILL)
            let ending = run.ending()
            #expect(ending.code == 128 + SIGKILL, "kill \(kill): \(ending.messages)")
            if kill % 6 == 5 {
                #expect(try Child(["report", folder]).ending().code == 0)
                let ids = try Self.ids(of: folder)
                #expect(ids == ids.sorted { number(of: $0) < number(of: $1) })
            }
        }
        let last = try Self.child(["--resume", folder, "-q"]).ending()
        #expect(Self.isPlayed(last), "\(last.messages)")
        #expect(try Self.ids(of: folder) == (0..<count).map { "c-\($0)" })
        let summary = try summary(of: folder)
        #expect(summary.totals[.conversationsCompleted] == count)
        #expect(summary.totals[.conversationsStarted] == count)
        #expect(summary.run.ended == .completed && !names(in: folder).contains("journal.tsv"))
        // Each conversation in flight had sent the turns before the one that is listed, and that
        // one perhaps.
        let inFlight = try Self.inFlight(folder)
        let sure = 3 * count + inFlight.reduce(0) { $0 + $1.turn - 1 }
        let messages = try Self.messages(port)
        #expect((sure...sure + inFlight.count).contains(messages), "\(messages), \(inFlight)")
        #expect(inFlight.count <= 20 * kills && !inFlight.isEmpty)
    }

    @Test func interruptedAndResumedIsOneReport() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let workload = try Self.workload(60, in: scratch)
        let quickly = ["--sandbox-latency", "30ms", "--seed", "7", "-c", "4"]
        let first = try Self.child([workload, "-o", folder] + quickly)
        #expect(wait(for: folder + "/journal.tsv") { $0.contains("done") })
        // Nobody else may go on with it meanwhile.
        let second = try Self.child(["--resume", folder]).ending()
        #expect(second.code == 104, "\(second.messages)")
        #expect(second.messages.contains("another chatload is at work in this folder"))
        first.signal(SIGINT)
        let ending = first.ending()
        #expect(ending.code == 105, "\(ending.messages)")
        #expect(ending.messages.contains("chatload replay --resume \(folder)"))
        #expect(ending.output.contains("! interrupted before its end"))
        try expectSameReport(folder, scratch)
        let resumed = try Self.child(["--resume", folder, "-c", "8"]).ending()
        #expect(Self.isPlayed(resumed), "\(resumed.messages)")
        #expect(resumed.messages.contains("part 2: "))
        #expect(resumed.output.contains("played in 2 parts"))
        #expect(resumed.output.contains("60 started: 60 completed"))
        try expectSameReport(folder, scratch)
        let run = try summary(of: folder).run
        #expect(run.parts.count == 2 && run.parts[1].settings == ["concurrency": "8"])
        #expect(run.parts[1].begins > 0 && run.ended == .completed && run.seed == 7)
        let again = try Self.child(["--resume", folder]).ending()
        #expect(again.code == 0 && again.output.isEmpty)
        #expect(again.messages.contains("is complete: every conversation has been played"))
    }

    /// Rebuilds the reports from the logs and compares.
    private func expectSameReport(_ folder: String, _ scratch: ScratchFolder) throws {
        let again = scratch.path + "/again"
        let report = try Child(["report", folder, "-o", again]).ending()
        #expect(report.code == 0, "\(report.messages)")
        for name in ["summary.json", "summary.csv", "timeline.csv", "report.html"] {
            #expect(text(of: "\(folder)/\(name)") == text(of: "\(again)/\(name)"), "\(name)")
        }
    }

    @Test func whatHasChangedIsRefused() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let workload = try Self.workload(20, in: scratch)
        let some = [workload, "-o", folder, "--exchanges", "9", "--seed", "7", "-q"]
        let first = try Self.child(some + ["--sandbox-latency", "1ms"]).ending()
        #expect(first.code == 0, "\(first.messages)")
        #expect(try summary(of: folder).run.ended == .stopped)
        let before = names(in: folder).compactMap { text(of: "\(folder)/\($0)") }
        let other = try Self.child(
            ["--resume", folder, "--think", "1s", "--set", "language=de"]
        ).ending()
        #expect(other.code == 104)
        #expect(
            other.messages == """
                chatload: error: --resume: --set was not set and is 'language=de' now
                  hint: put it back as it was, or replay anew into another folder
                chatload: error: --resume: --think was not set and is '1s' now\n
                """)
        _ = try Self.workload(21, in: scratch)
        let changed = try Self.child(["--resume", folder]).ending()
        #expect(changed.code == 104)
        #expect(changed.messages.contains("\(workload) has changed: its digest was "))
        let elsewhere = try Self.child(["--resume", folder, "-o", "elsewhere"]).ending()
        #expect(elsewhere.code == 104)
        #expect(elsewhere.messages.contains("--output: a replay goes on in its own folder"))
        // Nothing was touched, and as it was it can be gone on with.
        #expect(names(in: folder).compactMap { text(of: "\(folder)/\($0)") } == before)
        _ = try Self.workload(20, in: scratch)
        let resumed = try Self.child(["--resume", folder, "--exchanges", "1000"]).ending()
        #expect(Self.isPlayed(resumed), "\(resumed.messages)")
        #expect(try Self.ids(of: folder) == (0..<20).map { "c-\($0)" })
    }

    @Test(.enabled(if: !Sanitizer.isOfThreads), arguments: [4_000, 20_000, 60_000])
    func whatCannotBeWrittenEndsTheReplay(fileSize: Int) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let workload = try Self.workload(400, in: scratch)
        let (server, port) = try serve(["stammer"])
        defer { server.signal(SIGKILL) }
        let options = [workload, "-o", folder, "-c", "8"] + Self.target(port)
        let full = try Child(
            ["replay"] + options, environment: ["TOKEN": "any"], fileSize: fileSize
        ).ending()
        #expect(full.code == 107, "\(full.messages)")
        #expect(full.messages.contains("chatload: stopping: \(folder)/"))
        #expect(full.messages.contains("File too large"))
        #expect(full.messages.contains("go on with: chatload replay --resume \(folder)"))
        // What was written can be read,
        let report = try Child(["report", folder, "-o", scratch.path + "/again"]).ending()
        #expect(report.code == 0, "\(report.messages)")
        // and gone on with.
        let resumed = try Self.child(["--resume", folder]).ending()
        #expect(Self.isPlayed(resumed), "\(resumed.messages)")
        #expect(try Self.ids(of: folder) == (0..<400).map { "c-\($0)" })
        #expect(try summary(of: folder).totals[.conversationsCompleted] == 400)
        let inFlight = try Self.inFlight(folder)
        let sure = 1_200 + inFlight.reduce(0) { $0 + $1.turn - 1 }
        #expect((sure...sure + inFlight.count).contains(try Self.messages(port)), "\(inFlight)")
    }

    /// A replay may also be ended between its last reply and its last file.
    @Test func filesThatAreMissingAtTheEndAreMade() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let workload = try Self.workload(20, in: scratch)
        let first = try Self.child(
            [workload, "-o", folder, "--exchanges", "9", "-q", "--sandbox-latency", "1ms"]
        ).ending()
        #expect(first.code == 0, "\(first.messages)")
        unlink(folder + "/summary.json")
        mkdir(folder + "/summary.json", 0o700)
        let resume = ["--resume", folder, "--exchanges", "1000", "-q"]
        let stopped = try Self.child(resume).ending()
        #expect(stopped.code == 107, "\(stopped.messages)")
        #expect(names(in: folder).contains("journal.tsv"))
        let described = try #require(text(of: folder + "/run.json"))
        #expect(described.contains(#""ended" : "completed""#), "\(described)")
        rmdir(folder + "/summary.json")
        let made = try Self.child(resume).ending()
        #expect(Self.isPlayed(made), "\(made.messages)")
        #expect(made.output.contains("20 started: 20 completed"))
        #expect(try Self.ids(of: folder) == (0..<20).map { "c-\($0)" })
        #expect(!names(in: folder).contains("journal.tsv"))
        try expectSameReport(folder, scratch)
    }

    @Test func onlyAReplayCanBeResumed() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = ["run", "workloads/support.jsonl", "-n", "2", "-q", "-o", folder] + quickly
        #expect(try Child(run).ending().code == 0)
        let resumed = try Self.child(["--resume", folder]).ending()
        #expect(resumed.code == 104)
        #expect(
            resumed.messages.hasPrefix(
                "chatload: error: --resume: \(folder): is a run; only a replay knows"))
        let nothing = try Self.child(["--resume", scratch.path + "/none"]).ending()
        #expect(nothing.code == 104 && nothing.messages.contains("there is no such folder"))
    }

    private func number(of id: String) -> Int { Int(id.dropFirst(2)) ?? -1 }
}
