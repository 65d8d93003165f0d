import Base
import ChatloadKit
import Support
import Testing

@testable import chatload

/// The files that options name, as people write them.
@Suite struct FileFuzzTests {
    private static let words = [
        "{", "}", "[", "]", "\"", ":", ",", "\n", "null", "true", "1e999", "-1", "\"set\":",
        "\"users\":",
        "\"header\":{\"a\":\"b\"},", "\"label\":", "\"token\":\"env:A\"", "\"service\":", "env:",
        "file:",
        "\\u0000", "\u{FEFF}", "\\", "s3cr3t",
    ]

    /// Understood, or refused with one line that shows the place and no value.
    private static func play(
        _ fuzz: Fuzz, few: Int, secret: String? = nil,
        _ body: (ProcessEnvironment, String) throws -> Void
    ) throws {
        var (read, refused) = (0, 0)
        try fuzz.play(few: few) { input in
            let text = String(decoding: input.bytes, as: UTF8.self)
            let surroundings = ProcessEnvironment.made(["A": "token-a"], files: ["f": text])
            do {
                try body(surroundings, text)
                read += 1
            } catch let complaint as Fault {
                refused += 1
                let lines = complaint.rendered.split(separator: "\n")
                try #require((1...2).contains(lines.count), "\(input)")
                if let secret, !complaint.rendered.contains("BUG") {
                    try #require(!complaint.rendered.contains(secret), "\(input)")
                }
            }
        }
        #expect(read > 0 && refused > 0)
    }

    @Test func configFiles() throws {
        let fuzz = Fuzz(
            "config",
            texts: [
                #"{"users": 3, "set": {"bot": "file", "polls": 4}, "quiet": true}"#,
                "{\"port\": 80, \"header\": {\"X-A\": \"1\"},\n \"label\": [\"a=1\", \"b=2\"],"
                    + "\"duration\": \"1m\", \"grace\": 2.5, \"seed\": null}",
            ], words: Self.words)
        try Self.play(fuzz, few: 300) { surroundings, _ in
            _ = try Invocation(["run", "-f", "f"], in: surroundings)
        }
    }

    @Test func credentialFiles() throws {
        let fuzz = Fuzz(
            "credentials",
            texts: [
                "{\"label\":\"a\",\"token\":\"env:A\"}\n\n{\"token\":\"s3cr3t\",\"language\":\"de\"}\n",
                "{\"service\":\"botyard\"}\r\n{\"label\":\"k\",\"service\":\"stammer\",\"token\":\"env:A\"}",
            ], words: Self.words)
        try Self.play(fuzz, few: 500, secret: "s3cr3t") { surroundings, text in
            var surroundings = surroundings
            surroundings.isPrivate = { _ in true }
            let file = CredentialFile(path: "f", service: .stammer, surroundings: surroundings)
            let entries = try file.entries()
            #expect(!entries.isEmpty && Set(entries.map(\.label)).count == entries.count)
            #expect(entries.count <= text.utf8.count { $0 == 0x0A } + 1)
        }
    }

    /// Many lines and keys take time in proportion.
    @Test(.timeLimit(.minutes(10))) func largeFiles() throws {
        let lines = (0..<100_000).map { "{\"label\":\"c\($0)\",\"token\":\"env:A\"}" }
        let keys = repeatElement("\"label\":\"a=1\"", count: 100_000)
        let files = [
            "credentials": lines.joined(separator: "\n"),
            "config": "{" + keys.joined(separator: ",\n") + "}",
        ]
        let surroundings = ProcessEnvironment.made(["A": "token-a"], files: files)
        let file = CredentialFile(
            path: "credentials", service: .stammer, surroundings: surroundings)
        #expect(try file.entries().count == 100_000)
        _ = try? Invocation(["run", "-f", "config"], in: surroundings)
    }

    /// A body that a probe shows stays the same document.
    @Test func documentsAreLaidOut() throws {
        let fuzz = Fuzz(
            "layout", texts: [#"{"a":[1,{"b":"x \" , y"}],"c":{},"d":[]}"#, #"[[],{"":null}]"#],
            words: Self.words)
        var laidOut = 0
        try fuzz.play { input in
            guard let text = ProbedMessage.laidOut(input.bytes) else { return }
            laidOut += 1
            try #require(ProbedMessage.laidOut(Array(text.utf8)) == text, "\(input)")
        }
        #expect(laidOut > 50)
    }
}
