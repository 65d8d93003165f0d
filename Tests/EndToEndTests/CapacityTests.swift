import Support
import Testing

/// `run --find-capacity` of the built binary.
@Suite struct CapacityTests {
    @Test func aLimitThatNothingKeepsIsSaidSo() throws {
        let scratch = try ScratchFolder()
        let search = try Child(
            [
                "run", "workloads/support.jsonl", "--find-capacity", "response.p50<1ms", "-c", "2",
                "-d", "1s", "--think", "0", "--sandbox-latency", "20ms", "-o", scratch.path + "/c",
            ]
        ).ending()
        #expect(search.code == 99, "\(search.messages)")
        #expect(
            search.output.contains("Highest level that held: none. First that did not: 1 users."))
        #expect(names(in: scratch.path + "/c") == ["users-1", "users-2"])
    }

    @Test func theEdgeIsFoundBetweenTheLevelsThatHeldAndFailed() throws {
        let scratch = try ScratchFolder()
        // Ten a second are let through and the rest is refused at once: few users fit under it.
        let search = try Child(
            [
                "run", "workloads/support.jsonl", "--find-capacity", "rejected<1%", "-c", "1", "-d",
                "1s", "--think", "0", "--sandbox-latency", "fixed:200ms", "--sandbox-limit",
                "12 requests/s", "-o", scratch.path + "/c",
            ]
        ).ending()
        #expect(search.code == 0, "\(search.messages)")
        #expect(search.output.contains("held"))
        #expect(search.output.contains("failed"))
        #expect(!search.output.contains("Highest level that held: none"))
    }
    /// Every level would write over the file of the last.
    @Test(arguments: ["--jtl", "--k6-summary"]) func oneFileCannotHoldASearch(flag: String) throws {
        let scratch = try ScratchFolder()
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "--find-capacity", "errors<1%", flag,
                scratch.path + "/file", "-o", scratch.path + "/run",
            ]
        ).ending()
        #expect(run.code == 104)
        #expect(run.messages.contains("\(flag): a search makes a run for each of its levels"))
        #expect(names(in: scratch.path) == [])
    }
}
