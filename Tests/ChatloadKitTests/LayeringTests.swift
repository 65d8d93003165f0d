import Support
import Testing

/// The borders inside the pipeline, which the compiler does not hold.
@Suite struct LayeringTests {
    /// Who may mention whose types. The words for failures and for what a reply puts out are
    /// everybody's.
    private static let allowed: [(folder: String, mentions: Set<String>)] = [
        ("Grammar", []), ("Results", []), ("Services", ["Grammar"]),
        ("Scripts", ["Services", "Grammar"]), ("Plan", ["Scripts", "Services", "Grammar"]),
        ("Load", ["Plan", "Scripts", "Services", "Results", "Grammar"]),
        ("Compare", ["Results"]), ("Reports", ["Results", "Compare"]),
    ]
    private static let everybodys: Set<Substring> = [
        "ErrorClass", "Outcome", "ExchangeFailure", "ReplyOutput",
    ]

    @Test func foldersMentionOnlyWhatTheyMay() {
        let types = Self.allowed.map { folder, _ in
            Self.files("ChatloadKit/\(folder)/").reduce(into: Set<Substring>()) {
                $0.formUnion(Self.declaredTypes(in: $1.code))
            }
        }
        #expect(
            types[2].contains("Turn") && types[3].contains("Workload") && types[4].contains("Plan"))
        for (folder, mentions) in Self.allowed {
            for (other, declared) in zip(Self.allowed.map(\.folder), types)
            where other != folder && !mentions.contains(other) {
                for file in Self.files("ChatloadKit/\(folder)/") {
                    let found = file.words.intersection(declared)
                        .subtracting(Self.everybodys)
                    #expect(found.isEmpty, "\(file.path) mentions \(other)")
                }
            }
        }
    }

    @Test(arguments: ["Base/", "Networking/", "ChatloadKit/", "Sandbox/"])
    func timeAndOutputHaveOneDoor(target: String) {
        for file in Self.files(target) {
            for word in ["Task.sleep", "Date()", "ContinuousClock", "SuspendingClock", "Dispatch."]
            {
                #expect(!file.code.contains(word), "\(file.path) uses \(word)")
            }
            #expect(!file.words.contains("print"), "\(file.path) prints")
            #expect(!file.code.contains("import Dispatch\n"), "\(file.path) imports Dispatch")
            #expect(!file.code.contains("import Foundation\n"), "\(file.path) imports Foundation")
        }
    }

    /// A clock that is set forward or back while a run lasts must not be felt: whatever is measured
    /// or waited for goes by the loops' clock, and these read the other one, once each, for a name,
    /// a label, or services that say when to come back by their clock.
    @Test func theWallClockIsReadForLabelsOnly() {
        let readers: Set<String> = [
            "Base/UTCTime.swift",
            // The kernel stamps with it; each stamp is turned into the loops' clock and checked.
            "Networking/Loop/ReceiveStamps.swift",
        ]
        let clocks = [
            "CLOCK_REALTIME", "time(nil)", "gettimeofday", "timespec_get", "DispatchWallTime",
        ]
        var found: Set<String> = []
        for file in Self.files("") where clocks.contains(where: { file.code.contains($0) }) {
            found.insert(file.path)
        }
        #expect(found == readers)
    }

    /// The thread sanitizer does not see into the other lock, and would report what it guards.
    @Test func locksAreThoseASanitizerSees() {
        for file in Self.files("") + Self.files("../Tests/") {
            #expect(!file.words.contains("Mu" + "tex"), "\(file.path)")
        }
    }

    @Test func clientAndServerShareOnlyTheNetwork() {
        for file in Self.files("Sandbox/") + Self.files("Networking/") + Self.files("Base/") {
            #expect(!file.words.contains("ChatloadKit"), "\(file.path)")
        }
    }

    /// A file has one reason to change and is worth opening; a function is read at a glance.
    @Test func filesAndFunctionsAreOfASize() {
        for file in Self.files("") + Self.files("../Tests/") {
            #expect(file.lines.count <= 500, "\(file.path) is long")
        }
        for file in Self.files("") {
            let isWhole = file.lines.count >= 40 || file.code.contains("\nenum ")
            #expect(isWhole || file.code.contains("package enum "), "\(file.path) is tiny")
            for (name, length) in Self.functions(in: file.lines) {
                #expect(length <= 40, "\(file.path): \(name) has \(length) lines")
            }
        }
    }

    /// The compiler inlines no `package` function into another module, whatever stands before it: what
    /// is called for each byte or exchange is `public`, in a type that is.
    @Test func whatIsToBeInlinedCanBe() {
        for file in Self.files("") {
            let tokens = file.code.split(whereSeparator: \.isWhitespace)
            for (first, second) in zip(tokens, tokens.dropFirst())
            where first == "@inlinable" || first == "@inline(__always)" {
                #expect(second != "package", "\(file.path)")
            }
        }
    }

    /// What options are called is known where they are declared; of old runs, which recorded their
    /// options as text alone, one file reads it.
    @Test func optionsAreAskedForByNameInOnePlace() {
        let askers = Self.files("").filter { file in
            ["settings", "typed", "options"].contains { file.code.contains("\($0)[\"") }
        }
        .map(\.path).filter { path in
            // A service asks for its own parameters.
            !["chatload/Options/", "ChatloadKit/Services/"].contains { path.hasPrefix($0) }
        }
        #expect(askers == ["ChatloadKit/Results/RunDescription.swift"])
    }

    /// The number of types that one other file alone uses may only fall: such a type is often a part
    /// of its user.
    @Test func typesHaveMoreThanOneUser() {
        let files = Self.files("").filter { !$0.path.hasPrefix("LinuxSystem") }
        let words = files.map(\.words)
        var lonely: [Substring] = []
        for (place, file) in files.enumerated() {
            for type in Self.declaredTypes(in: file.code) {
                let users = words.indices.count { $0 != place && words[$0].contains(type) }
                if users == 1 { lonely.append(type) }
            }
        }
        #expect(lonely.count <= Self.lonelyTypes, "\(lonely)")
    }
    private static let lonelyTypes = 166

    private struct File {
        let path: String
        /// The lines without what follows `//`.
        let lines: [Substring]
        let code: String
        let words: Set<Substring>

        init(path: String, lines: [Substring]) {
            (self.path, self.lines) = (path, lines)
            code = lines.joined(separator: "\n")
            words = LayeringTests.words(of: code)
        }
    }

    /// All of them, read once for all tests.
    private static let sources = read("")
    private static let tests = read("../Tests/")

    private static func files(_ folder: String) -> [File] {
        if folder == "../Tests/" { return tests }
        return folder.isEmpty ? sources : sources.filter { $0.path.hasPrefix(folder) }
    }

    private static func read(_ folder: String) -> [File] {
        let path = "\(repository)/Sources/\(folder)"
        return names(in: path).flatMap { name -> [File] in
            guard name.hasSuffix(".swift") else { return read("\(folder)\(name)/") }
            let lines = contents(of: path + name).split(
                separator: "\n", omittingEmptySubsequences: false)
            let code = lines.map { $0[..<($0.firstRange(of: "//")?.lowerBound ?? $0.endIndex)] }
            return [File(path: folder + name, lines: code)]
        }
    }

    /// The functions and initialisers of a file with their lengths, by the indentation that the
    /// format check holds.
    private static func functions(in lines: [Substring]) -> [(name: Substring, length: Int)] {
        lines.indices.compactMap { start in
            let line = lines[start]
            let words = line.split { !($0.isLetter || $0 == "_") }
            guard line.contains("("), words.contains("func") || words.contains("init"),
                !line.hasSuffix("}"),
                !line.contains("= ")
            else { return nil }
            let indent = line.prefix { $0 == " " }
            for end in lines.indices.dropFirst(start + 1) {
                if lines[end].hasPrefix(indent + "}") { return (line, end - start + 1) }
                let isOutside = lines[end].prefix { $0 == " " }.count < indent.count
                if isOutside, !lines[end].allSatisfy(\.isWhitespace) { return nil }
            }
            return nil
        }
    }

    private static func words(of code: String) -> Set<Substring> {
        Set(code.split { !($0.isLetter || $0.isNumber || $0 == "_") })
    }

    /// The types that a file declares for others, at its outermost level.
    private static func declaredTypes(in code: String) -> [Substring] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        return code.split(separator: "\n").compactMap { line in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            guard line.first?.isLetter == true, !line.hasPrefix("private"),
                !line.hasPrefix("extension"), let kind = words.firstIndex(where: kinds.contains)
            else { return nil }
            return words[(kind + 1)...].first
        }
    }
}
