import ChatloadKit
import Testing

@testable import chatload

/// What is said of options by their names says it of options that exist.
@Suite struct OptionNameTests {
    @Test(arguments: [
        ("played by probe", RunSettings.probed), ("free in a resumed replay", ResumedSettings.free),
        ("this process's own", ResumedSettings.own),
        ("untold by a comparison", SettingDifference.untold),
    ])
    func everyNameIsAnOption(set: String, names: Set<String>) {
        let known = Set(Command.allCases.flatMap(\.faces).flatMap(\.names))
        #expect(names.subtracting(known) == [], "\(set)")
    }
}
