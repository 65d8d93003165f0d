import ChatloadKit
import Base
import Testing

@testable import chatload

/// The scripts as texts; `Tests/Shells/check` has real shells run them.
@Suite struct CompletionTests {
    @Test(arguments: Shell.allCases)
    func `every command and every option is completed`(shell: Shell) {
        let script = shell.completions
        for command in Command.allCases {
            #expect(script.contains(command.rawValue))
            for face in command.namedOptions {
                for name in face.names where name.count > 1 {
                    let isThere = script.contains("--\(name)") || script.contains("-l \(name)")
                    #expect(isThere, "\(shell): --\(name) of \(command)")
                }
            }
        }
    }

    @Test(arguments: [
        ("service", Services.names, false), ("config", [], true),
        ("output", [], true), ("rate", [], false), ("workload", [], true),
    ])
    func `an option's value is completed by what it can be`(
        name: String, words: [String], isPath: Bool
    ) {
        let face = Command.run.options.first { $0.name == name }
        #expect(face?.choices == words && face?.isPath == isPath)
    }

    @Test func `a quote does not end what is quoted`() {
        #expect("it's".shellQuoted == #"'it'\''s'"#)
    }

    @Test func `the manual has every option, and nothing that roff would take for its own`() {
        let page = Help.manual
        for face in Command.allCases.flatMap(\.namedOptions) {
            for flag in face.flags { #expect(page.contains(Help.escaped(flag))) }
        }
        for code in ExitCode.allCases { #expect(page.contains(".B \(code.rawValue)\n")) }
        let macros = page.split(separator: "\n").filter { $0.hasPrefix(".") }
        let known = ["TH", "SH", "TP", "PP", "B", "br", "nf", "fi", "RS", "RE"]
        for macro in macros { #expect(known.contains { macro.dropFirst().hasPrefix($0) }) }
        #expect(Help.escaped(#".a\b-c"#) == #"\&.a\eb\-c"#)
    }

    @Test func `one shell is wanted`() throws {
        #expect(throws: Fault.self) { try CompletionSettings().onlyShell() }
        #expect(throws: Fault.self) {
            try CompletionSettings(shells: [.zsh, .bash]).onlyShell()
        }
        #expect(try CompletionSettings(shells: [.fish]).onlyShell() == .fish)
    }
}
