import Glibc
import Support
import Testing

/// What the pages tell people to type works.
@Suite struct ReadmeTests {
    /// In the order in which they are read.
    private static let pages = ["README.md", "workloads/README.md", "reports/README.md"]

    /// Every line for chatload, in the order of the pages, since some need what others made: runs on
    /// the sandbox are only made short, runs on a real service become plans.
    @Test func everyCommandWorks() throws {
        let scratch = try ScratchFolder()
        let lines = try commands()
        #expect(lines.count > 10)
        for (number, line) in lines.enumerated() {
            let words = Self.words(of: line).map {
                $0.hasPrefix("reports/") ? "\(scratch.path)/\($0)" : $0
            }
            guard words.first == "serve" else {
                let arguments = bounded(words, folder: "\(scratch.path)/reports/\(number)")
                let ending = try Child(arguments, environment: variables(of: words)).ending()
                #expect(ending.code == 0, "\(line)\n\(ending.messages)")
                continue
            }
            let server = try Child(words + ["--port", "0"])
            let scheme = words.contains("--tls") ? "https" : "http"
            #expect(server.firstLine()?.hasPrefix("\(scheme)://127.0.0.1:") == true, "\(line)")
            server.signal(SIGTERM)
            #expect(server.ending().code == 0, "\(line)")
        }
    }

    /// What builds and starts chatload.
    private static let build = "swift build -c release --static-swift-stdlib && .build/release/"

    @Test func beginsWithTheTwoCommandsOfTheSetUp() throws {
        let shell = try shellLines(ofPage: "README.md")
        #expect(
            shell.prefix(2) == [
                "\(Self.build)chatload run workloads/support.jsonl", "swift test",
            ])
    }

    /// The links of the pages lead to files.
    @Test func itsFilesAreThere() throws {
        for page in Self.pages {
            let folder = Child.root + "/" + page.dropLast("README.md".count)
            for link in try contents(of: page).split(separator: "](").dropFirst() {
                let path = link.prefix { $0 != ")" && $0 != "#" }
                #expect(access(folder + path, F_OK) == 0, "\(page): \(path)")
            }
        }
    }

    private func bounded(_ words: [String], folder: String) -> [String] {
        guard words.first == "run" || words.first == "replay" else { return words }
        if words.contains("--target") || words.contains("--find-capacity") {
            return ["plan"] + words.dropFirst()
        }
        // Runs with a name are compared, which takes more than a moment of them; replays are not, and
        // keep to the times of their files.
        let isCompared = words.contains("-o") && words.first == "run"
        var options = ["-n", isCompared ? "400" : "3"]
        if words.first == "run" { options += ["--think", isCompared ? "50ms" : "0"] }
        if words.contains(where: { $0 == "openai" || $0.hasSuffix("/sse-bot.json") }) {
            options += ["--sandbox-ttft", "1ms", "--sandbox-tpot", "0"]
        } else if !words.contains("--sandbox-latency") {
            options += ["--sandbox-latency", "1ms"]
        }
        if !words.contains("-o") { options += ["-o", folder] }
        return words + options
    }

    /// The variables that a line mentions, each with a value of the right form.
    private func variables(of words: [String]) -> [String: String] {
        let names = words.compactMap { word in
            word.split(separator: "env:", maxSplits: 1).dropFirst().first.map(String.init)
        }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, RefusalTests.uuid) })
    }

    /// The arguments of the lines that call chatload.
    private func commands() throws -> [String] {
        try Self.pages.flatMap(shellLines).compactMap { line in
            for call in ["chatload ", "\(Self.build)chatload "] where line.hasPrefix(call) {
                return String(line.dropFirst(call.count))
            }
            return nil
        }
    }

    /// The words of a line, which may stand between single quotes.
    private static func words(of line: String) -> [String] {
        line.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .flatMap { place, part in
                place % 2 == 0 ? part.split(separator: " ").map(String.init) : [String(part)]
            }
    }

    /// The lines of the blocks of a page that are marked `sh`, continued lines joined.
    private func shellLines(ofPage page: String) throws -> [String] {
        let blocks = try contents(of: page).split(separator: "```sh\n").dropFirst()
        return blocks.flatMap { block in
            let code = block.prefix(upTo: block.firstRange(of: "```")?.lowerBound ?? block.endIndex)
            return code.replacing("\\\n", with: "").split(separator: "\n").map(String.init)
        }
    }

    private func contents(of page: String) throws -> String {
        guard let text = text(of: Child.root + "/" + page) else { throw Unavailable(what: page) }
        return text
    }
}
