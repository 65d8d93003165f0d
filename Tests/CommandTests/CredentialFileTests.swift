import ChatloadKit
import Base
import Networking
import Support
import Testing

@testable import chatload

/// The file of `--credentials`.
@Suite struct CredentialFileTests {
    private static let canary = "s3cr3t-CANARY-value"

    /// The plan of a line with this file.
    private func plan(
        _ file: String, _ line: String = "", isPrivate: Bool = true
    ) throws -> Plan {
        var surroundings = ProcessEnvironment.made(
            ["A": "token-a", "B": "token-b"],
            files: ["pool.jsonl": file, "key": "token-k\n"])
        surroundings.isPrivate = { _ in isPrivate }
        let folder = try ScratchFolder()
        let script = try folder.write(#"{"turns":[{"say":"hi"}]}"#, to: "w.jsonl")
        let settings = try runSettings(
            script + " --credentials pool.jsonl " + line, in: surroundings)
        return try settings.prepared(in: surroundings).plan
    }

    private func complaint(_ file: String, _ line: String = "", isPrivate: Bool = true) -> String {
        do {
            _ = try plan(file, line, isPrivate: isPrivate)
            return ""
        } catch let complaint as Fault {
            return complaint.rendered
        } catch {
            return "BUG: \(error)"
        }
    }

    @Test func eachLineIsACredentialOverTheRunsSettings() throws {
        let plan = try plan(
            """
            {"label":"a","token":"env:A"}

            {"token":"env:B","language":"de"}
            {"label":"k","service":"stammer","token":"file:key"}
            {"label":"other","service":"botyard"}
            {"label":"literal","token":"written"}
            """, "--set language=fr --assign least-used --on-reject wait")
        #expect(plan.credentialLabels == ["a", "credential-2", "k", "literal"])
        let settings = plan.credentials.map(\.service.setup.settings.values)
        #expect(settings.map { $0["token"] } == ["token-a", "token-b", "token-k", "written"])
        #expect(settings.map { $0["language"] } == ["fr", "de", "fr", "fr"])
        #expect(plan.assignment == .leastUsed && plan.onReject == .wait)
    }

    @Test func whatACredentialBringsNeedNotBeGiven() throws {
        let target = "--service stammer --target http://127.0.0.1:9"
        let uuid = "12345678-1234-5678-1234-567812345678"
        let line = "\(target) --set chatbot_uuid=\(uuid)"
        #expect(try plan(#"{"token":"env:A"}"#, line).credentials.count == 1)
        #expect(complaint(#"{"label":"x"}"#, line).contains("credential 'x': stammer: token"))
    }

    @Test(arguments: [
        ("", "there is no credential for stammer"),
        (#"{"service":"botyard"}"#, "there is no credential for stammer"),
        (
            #"{"service":"CANARY","token":"env:A"}"#,
            "pool.jsonl:1: the credential has an unknown service"
        ),
        (#"{"CANARY":"1"}"#, "has a member that is no parameter of stammer"),
        (
            "{\"token\":\"env:A\"}\n{\"token\":\"env:CANARY\"}",
            "pool.jsonl:2: the credential token:"
        ),
        (#"{"token":"CANARY""#, "is no JSON object"), (#"["CANARY"]"#, "is no JSON object"),
        (#"{"token":{"x":"CANARY"}}"#, "is no JSON object"),
        (#"{"token":"env:A"} CANARY"#, "is no JSON object"),
        ("{\"label\":\"a\"}\n{\"label\":\"a\"}", "has the label of an earlier one"),
        (#"{"label":"CANARY","token":"CANARY"}"#, "has its secret in its label"),
        (#"{"label":"my CANARY!","token":"CANARY"}"#, "has its secret in its label"),
        (#"{"label":""}"#, "has a label that is empty"),
        (#"{"token":"env:A","token":"CANARY"}"#, "pool.jsonl:1: the credential has a member twice"),
        (#"{"token":"CANARY\nx"}"#, "cannot stand in a header"),
    ])
    func whatIsNoCredentialIsExplainedWithoutAValue(file: String, message: String) {
        let text = complaint(file.replacing("CANARY", with: Self.canary))
        #expect(text.contains(message), "\(text)")
        #expect(!text.contains("CANARY"))
    }

    @Test func aWrittenSecretWantsAPrivateFile() {
        let text = complaint(#"{"token":"\#(Self.canary)"}"#, isPrivate: false)
        #expect(text.contains("holds the secret token, and others may read the file"))
        #expect(text.contains("chmod 600") && !text.contains("CANARY"))
        #expect(complaint(#"{"token":"env:A"}"#, isPrivate: false) == "")
        #expect(complaint(#"{"language":"de"}"#, isPrivate: false) == "")
    }

    @Test func quotasAndTokensComeFromTheLine() throws {
        let plan = try plan(
            #"{"token":"env:A"}"#,
            "--quota 'run:600 requests/m' --quota 'user:9 tokens/h burst 2' --tokens words")
        #expect(
            plan.quotas.map(\.specification) == ["run:600 requests/m", "user:9 tokens/h burst 2"])
        #expect(plan.tokens == .words)
        #expect(
            complaint(#"{"token":"env:A"}"#, "--quota 'run:6 apples/m'").contains("unknown unit"))
        #expect(complaint(#"{"token":"env:A"}"#, "--tokens chars:0").contains("no way to count"))
        #expect(complaint(#"{"token":"env:A"}"#, "--on-reject give-up").contains("unknown choice"))
    }

    @Test func whateverIsInTheFileIsNoTrap() {
        var random = SeededRandom(seed: 21)
        let pieces = [
            "{", "}", "\"token\"", ":", ",", "\"env:A\"", "\n", "[", "1", "null", "\"label\"", "\\",
        ]
        for _ in 0..<2_000 {
            let file = (0..<Int(random.next() % 14)).map { _ in
                pieces[Int(random.next() % UInt64(pieces.count))]
            }.joined()
            #expect(!complaint(file).contains("BUG"))
        }
    }
}
