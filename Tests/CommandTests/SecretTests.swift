import ChatloadKit
import Base
import Networking
import Testing

@testable import chatload

@Suite struct SecretTests {
    private static let canary = "s3cr3t-CANARY-value"
    private static let script = ["w.jsonl": "{\"turns\":[{\"say\":\"hi\"}]}\n"]

    private func order(_ line: String, _ surroundings: ProcessEnvironment) throws -> PreparedRun {
        let settings = try runSettings("w.jsonl " + line, in: surroundings)
        return try settings.prepared(in: surroundings)
    }

    /// Everything a wrong command line makes us say.
    private func said(_ line: String, _ surroundings: ProcessEnvironment) -> String {
        do {
            _ = try order(line, surroundings)
            return ""
        } catch let complaint as Fault {
            return complaint.rendered
        } catch {
            return "BUG: \(error)"
        }
    }

    @Test(arguments: [
        "--set token=CANARY", "--set CANARY", "--set CANARY=", "--set CANARY=x",
        "--set tokn=CANARY",
        "--set chatbot_uuid=env:KEY", "--set token=env:CANARY", "--token=CANARY", "--tokens=CANARY",
        "-H CANARY",
        "-H 'Authorization: CANARY'",
        "-H 'Authorization: Bearer CANARY'", "-H 'Cookie: a=CANARY'", "-H 'X-Api-Key:CANARY'",
        "-H 'Authorization: env:CANARY'", "-H 'Authorization: CANARY env:X'",
        "-H 'CA NARY: CANARY'",
        "-H 'X-Key: \u{1}CANARY'", "--target http://me:CANARY@host/", "--target http://CANARY@host",
        "--target https://h/?k=CANARY", "--target http://h/?k=CANARY", "--target CANARY",
        "--target http://h:CANARY/", "--service tamako --set svcsecret=CANARY",
        "--service tamako --set svc_secret=CANARY", "-f config.json", "-f broken.json",
        "-f unknown.json", "-f header.json", "--vus 3 --set token=CANARY", "--api-key CANARY",
        "--url http://me:CANARY@host/ -H 'X-Key: CANARY'", "--model m -H CANARY",
        "--target http://h/v1/client-api --set token=CANARY",
    ])
    func `no complaint shows a secret`(line: String) {
        let surroundings = ProcessEnvironment.made(
            ["KEY": Self.canary],
            files: Self.script.merging([
                "config.json": #"{"set": {"token": "\#(Self.canary)"}}"#,
                "broken.json": #"{"set": {"token": "\#(Self.canary)" "#,
                "unknown.json": #"{"setx": {"token": "\#(Self.canary)"}}"#,
                "header.json": #"{"header": "Authorization: \#(Self.canary)"}"#,
            ]) { $1 })
        let text = said(line.replacing("CANARY", with: Self.canary), surroundings)
        #expect(text.hasPrefix("chatload: error: "))
        #expect(!text.contains("CANARY"))
    }

    @Test(arguments: [
        (
            "--set token=abc",
            "--set token: is a secret and must not be written out\n"
                + "  hint: write --set token=env:STAMMER_TOKEN or --set token=file:PATH"
        ),
        (
            "-H 'Authorization: abc'",
            "--header Authorization: is a secret and must not be written out\n"
                + "  hint: write -H 'Authorization: env:NAME' or -H 'Authorization: file:PATH'"
        ),
        (
            "--set token=env:NOT_SET",
            "--set token: environment variable NOT_SET is not set\n"
                + "  hint: export it, or name a file: file:PATH"
        ),
        (
            "--set token=file:none",
            "--set token: cannot read the file after file:\n"
                + "  hint: name a file that holds nothing but the value"
        ),
        ("--set tokn=abc", "--set: stammer has no such parameter\n  hint: did you mean token?"),
    ])
    func `the advice`(line: String, expected: String) {
        #expect(said(line, .made(files: Self.script)) == "chatload: error: \(expected)\n")
    }

    @Test func `headers take references`() throws {
        let surroundings = ProcessEnvironment.made(["KEY": "abc"], files: ["key": "def\r\n"])
        let settings = try runSettings(
            "-H 'Authorization: Bearer env:KEY' -H X-Api-Key:file:key -H X-Plain:env:KEY -H X-Y:1")
        let values = try settings.service.resolvedHeaders(in: surroundings)
        #expect(values.map(\.name) == ["Authorization", "X-Api-Key", "X-Plain", "X-Y"])
        #expect(values.map(\.value) == ["Bearer abc", "def", "abc", "1"])
        #expect(values.map(\.isHidden) == [true, true, true, false])
    }
}
