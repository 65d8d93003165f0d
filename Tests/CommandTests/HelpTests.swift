import Support
import Testing

@testable import chatload

@Suite struct HelpTests {
    @Test(arguments: Command.allCases)
    func `a page shows every option within 80 columns`(command: Command) throws {
        let page = Help.page(for: command)
        for line in page.split(separator: "\n") { #expect(line.count <= 80) }
        for face in command.options where face.kind != .positional {
            for flag in face.flags { #expect(page.contains(flag)) }
            #expect(!face.help.isEmpty)
        }
        #expect(Golden.difference(page, from: "help-\(command.rawValue).txt") == nil)
    }

    @Test func `the first page is short and names every command`() throws {
        for line in Help.overview.split(separator: "\n") { #expect(line.count <= 80) }
        for command in Command.allCases { #expect(Help.overview.contains(command.rawValue)) }
        #expect(Help.overview.split(separator: "\n").count < 24)
        #expect(Golden.difference(Help.overview, from: "help.txt") == nil)
    }

    @Test(arguments: Command.allCases)
    func `names are unique and examples are understood`(command: Command) throws {
        let flags = command.options.flatMap(\.flags) + ["-h", "--help", "--version"]
        #expect(Set(flags).count == flags.count)
        for example in command.examples {
            let line = example.line.replacing("\\\n", with: "").dropFirst("chatload ".count)
            _ = try Invocation(words(String(line)), in: .made())
        }
    }
}
