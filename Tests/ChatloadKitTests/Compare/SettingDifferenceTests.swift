import Testing

@testable import ChatloadKit

@Suite struct SettingDifferenceTests {
    private static func run(_ change: (inout RunDescription) -> Void = { _ in }) -> RunDescription {
        var run = RunDescription(name: "one")
        run.service = "tamako"
        run.workloads = ["a.jsonl"]
        run.users = 10
        run.digests = ["0123456789abcdef"]
        run.serviceDigest = "123456789abcdef0"
        run.settings = ["think": "2s", "output": "reports/one"]
        run.versions = ["chatload": "1.0", "kernel": "Linux 6"]
        run.machine = ["cpus": "2", "memory_bytes": "4000"]
        change(&run)
        return run
    }

    @Test(arguments: [
        ("users", true, Self.run { $0.users = 20 }),
        ("think", true, Self.run { $0.settings["think"] = "0" }),
        ("rate", true, Self.run { $0.settings["rate"] = "50" }),
        ("workload's digest", true, Self.run { $0.digests = ["fedcba9876543210"] }),
        ("service's digest", true, Self.run { $0.serviceDigest = "edcba98765432100" }),
        ("machine's cpus", true, Self.run { $0.machine["cpus"] = "4" }),
        ("chatload", true, Self.run { $0.versions["chatload"] = "1.1" }),
        ("shard", true, Self.run { $0.shard = "1/2" }),
        ("workload", false, Self.run { $0.workloads = ["b.jsonl"] }),
        ("target", false, Self.run { $0.target = "http://b" }),
        ("seed", false, Self.run { $0.seed = 9 }),
        ("label branch", false, Self.run { $0.labels["branch"] = "main" }),
        ("machine's memory_bytes", false, Self.run { $0.machine["memory_bytes"] = "4001" }),
    ]) func isFound(name: String, matters: Bool, other: RunDescription) throws {
        let found = SettingDifference.between([Self.run()], [other])
        #expect(found.map(\.name) == [name])
        #expect(found.map(\.matters) == [matters])
    }

    @Test(arguments: [
        Self.run { $0.name = "two" }, Self.run { $0.settings["output"] = "reports/two" },
        Self.run { $0.started = "2026-01-02T03:04:05Z" }, Self.run { $0.planHash = "77" },
        // An older run does not know it.
        Self.run { $0.digests = [] }, Self.run { $0.serviceDigest = nil },
    ]) func isNone(other: RunDescription) {
        #expect(
            SettingDifference.between(
                [Self.run()], [other], SettingRoles(untold: ["output"])
            ).isEmpty)
    }

    @Test func theRunsOfASideAreToldTogether() {
        let found = SettingDifference.between(
            [Self.run(), Self.run { $0.users = 20 }], [Self.run(), Self.run()])
        #expect(
            found == [
                SettingDifference(name: "users", base: "10 | 20", new: "10", matters: true)
            ])
    }
}
