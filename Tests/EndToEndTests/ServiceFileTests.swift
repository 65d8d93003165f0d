import Support
import Testing

/// Runs with a service that a file describes.
@Suite struct ServiceFileTests {
    private let scratch: ScratchFolder
    private let path: String
    /// Its tokens come at once.
    private let quickly = ["--sandbox-ttft", "1ms", "--sandbox-tpot", "0"]

    init() throws {
        scratch = try ScratchFolder()
        let sample = text(of: Child.root + "/workloads/services/sse-bot.json") ?? ""
        path = try scratch.write(sample, to: "bot.json")
    }

    private func ending(_ arguments: [String]) throws -> Child.Ending {
        try Child(arguments).ending()
    }

    /// The description goes along with the run, and a replay goes on with the same one only.
    @Test func theDescriptionStaysWithTheRun() throws {
        let workload = try ResumeTests.workload(3, in: scratch)
        let folder = scratch.path + "/run"
        let replay = ["replay", workload, "--service", path, "--exchanges", "1", "-c", "1", "-q"]
        let stopped = try ending(replay + ["-o", folder] + quickly)
        #expect(stopped.code == 0 || stopped.code == 110, "\(stopped.messages)")
        #expect(text(of: folder + "/service.json") == text(of: path))
        let run = try #require(text(of: folder + "/run.json"))
        #expect(
            run.contains("\"service\" : \"sse-bot\"") && run.contains("\"service_digest\" : \""))

        let changed = (text(of: path) ?? "").replacing("streams its replies", with: "talks")
        _ = try scratch.write(changed, to: "bot.json")
        let refused = try ending(["replay", "--resume", folder, "-q"])
        #expect(refused.code == 104)
        #expect(refused.messages.contains("the description of sse-bot has changed: its digest was"))

        _ = try scratch.write(text(of: folder + "/service.json") ?? "", to: "bot.json")
        let resumed = try ending(["replay", "--resume", folder, "--exchanges", "100", "-q"])
        #expect(ResumeTests.isPlayed(resumed), "\(resumed.messages)")
    }

    /// Another description is another plan.
    @Test func thePlanKnowsTheDescription() throws {
        func hash(_ name: String) throws -> Substring {
            let folder = "\(scratch.path)/\(name)"
            let run = ["run", "workloads/prompts.txt", "--service", path, "--seed", "1", "-c", "1"]
            _ = try ending(run + ["-n", "1", "-q", "-o", folder] + quickly)
            let record = try #require(text(of: folder + "/run.json"))
            let mark = try #require(record.firstRange(of: "\"plan_hash\" : \""))
            return record[mark.upperBound...].prefix(16)
        }
        let before = try hash("before")
        #expect(try hash("again") == before)
        let changed = (text(of: path) ?? "").replacing("A bot that", with: "One that")
        _ = try scratch.write(changed, to: "bot.json")
        #expect(try hash("after") != before)
    }

    @Test func complaintsEndItBeforeAnythingIsSent() throws {
        _ = try scratch.write("{\"chatload\":\"service/1\",\n\"say\":[\"x\"]}", to: "bot.json")
        for arguments in [
            ["run", "workloads/support.jsonl", "--service", path], ["service", "check", path],
            ["service", "try", path, "--say", "Hello"],
        ] {
            let ending = try ending(arguments)
            #expect(ending.code == 104 && ending.output.isEmpty)
            #expect(
                ending.messages.hasPrefix(
                    "chatload: error: \(path):1:1: a description needs \"name\""))
            #expect(ending.messages.contains("\(path):2:8: say.0: \"x\" is no request\n"))
        }
    }
}
