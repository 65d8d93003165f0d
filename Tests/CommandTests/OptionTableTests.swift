import ChatloadKit
import Testing

@testable import chatload

/// What the rows of the option table say of all options.
@Suite struct OptionTableTests {
    @Test func everyOptionIsOfSomeCommandAndOfNoneTwice() {
        for option in OptionSpec.all { #expect(!option.commands.isEmpty, "\(option.names)") }
        for command in Command.allCases {
            let names = command.options.map(\.name)
            #expect(Set(names).count == names.count, "\(command)")
            #expect(names.allSatisfy { !$0.isEmpty })
        }
        #expect(OptionSpec.all.flatMap(\.commands).count > 200)
    }

    /// What a part of a replay may have of its own says nothing else to anybody.
    @Test(arguments: [
        ("set", OptionEffect.whatIsSent), ("seed", .whatIsSent), ("speed", .whatIsSent),
        ("tokens", .whatIsSent), ("log", .output), ("concurrency", .howItRuns),
        ("slo", .howItRuns), ("insecure", .howItRuns), ("output", .thisProcess),
        ("resume", .thisProcess), ("jtl", .thisProcess),
    ])
    func effects(name: String, effect: OptionEffect) {
        #expect(Command.replay.options.first { $0.name == name }?.effect == effect)
    }

    @Test func rolesInComparisons() {
        let roles = SettingRoles.ofOptions
        #expect(roles.untold.isSuperset(of: ["output", "quiet", "concurrency", "k6-summary"]))
        #expect(
            roles.incidental == [
                "abort-on-slo", "goodput", "grace", "log", "slo", "transcript", "until",
                "until-required",
            ])
        for name in ["think", "rate", "insecure", "sandbox-latency", "retry"] {
            #expect(!roles.untold.contains(name) && !roles.incidental.contains(name))
        }
    }

    /// The rows' defaults, as text, are those of the settings that a plan can be made of without a
    /// command line.
    @Test func theDefaultsAreThoseOfTheSettings() throws {
        #expect(try runSettings("").plan == PlanSettings())
    }
}
