import Foundation
import Glibc
import Base
import Networking
import Support
import Testing

/// Secrets that stand in every place where one can, and a service that repeats all it was sent in
/// every place where it can: what chatload writes anywhere holds none of them.
@Suite struct CanaryTests {
    private static let secrets = [
        "A_KEY": "canary-1/x+y é", "B_KEY": "canary-2:\"z\"", "C_KEY": "canary-3 s3c",
        "D_KEY": "canary-7=in a cookie",
    ]
    /// What stands in files.
    private static let fileSecrets = ["canary-4 in a file", "canary-5-of-a-pool"]
    /// What the service gives a session to come back with.
    private static let cookie = "canary-8-of-the-service"

    /// The forms in which a service may repeat a text.
    private static func forms(of text: String) -> [String] {
        let percent = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
        let json = text.replacing("\"", with: "\\\"")
        return [text, percent, json, Data(text.utf8).base64EncodedString()]
    }

    /// Says back what it was sent: in the status line, in headers, in a cookie and in the body, as
    /// it came and in base64; every third time as a failure.
    private static func echo(_ stream: Networking.Stream) async throws {
        var count = 0
        while case let request = try await stream.receiveRequest(), !request.isEmpty {
            count += 1
            let text = String(decoding: request, as: UTF8.self)
            let lines = text.split(whereSeparator: \.isNewline)
            let said = lines.joined(separator: " ").replacing("\"", with: "\\\"")
            let coded = (lines.map { $0.split(separator: " ", maxSplits: 1).last ?? "" })
                .map { Data($0.utf8).base64EncodedString() }.joined(separator: " ")
            let body =
                #"{"message":"\#(said)","response":"\#(said) \#(coded)","error":"\#(said)","#
                + #""data":{"answer":"\#(said) \#(coded)","chat_id":1}}"#
            let status = count.isMultiple(of: 3) ? "500 \(said)" : "200 \(said)"
            let answer =
                "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nX-RateLimit-Limit: "
                + "\(said)\r\nSet-Cookie: echo=\(said)\r\nSet-Cookie: sid=\(cookie)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
            try await stream.send(Array((answer + body).utf8))
        }
    }

    @Test(arguments: [
        ("tamako", ["prvid=env:A_KEY", "svcid=env:B_KEY", "svcsecret=file:FOLDER/secret"]),
        ("botyard", []), ("stammer", ["token=env:A_KEY", "chatbot_uuid=\(RefusalTests.uuid)"]),
        ("stammer", ["--credentials", "chatbot_uuid=\(RefusalTests.uuid)"]),
        ("openai", ["model=m", "key=env:A_KEY", "body.user=env:B_KEY"]),
        (
            "workloads/services/request-reply.json",
            ["token=env:A_KEY", "bot=b", "body.note=file:FOLDER/secret"]
        ),
    ])
    func areFoundNowhere(service: String, parameters: [String]) async throws {
        let scratch = try ScratchFolder()
        var options = ["--service", service]
        for parameter in parameters {
            options +=
                parameter == "--credentials"
                ? [parameter, try Self.pool(in: scratch)]
                : ["--set", parameter.replacing("FOLDER", with: scratch.path)]
        }
        Self.expectNone(in: try await Self.written(with: options, scratch))
    }

    /// The key that a client shows its certificate with.
    @Test(.enabled(if: Certificates.canBeMade, "the openssl command is not installed"))
    func keysAreFoundNowhere() async throws {
        let files = try Certificates()
        let context = try TLSContext(
            server: TLSIdentity(chain: files.bytes("good.pem"), key: files.bytes("good.key")),
            clients: files.bytes("ca.pem"))
        let options = [
            "--service", "stammer", "--set", "token=env:A_KEY", "--set",
            "chatbot_uuid=\(RefusalTests.uuid)", "--cacert", files.path("ca.pem"), "--cert",
            files.path("good.pem"), "--key", files.path("good.key"),
        ]
        let texts = try await Self.written(with: options, ScratchFolder(), over: context)
        Self.expectNone(in: texts)
        let key = String(decoding: files.bytes("good.key"), as: UTF8.self)
        let lines = key.split(separator: "\n").filter { !$0.hasPrefix("-") }
        #expect(lines.count > 1)
        for (name, text) in texts {
            for line in lines { #expect(!text.contains(line), "\(name) has a line of the key") }
        }
    }

    private static func pool(in scratch: ScratchFolder) throws -> String {
        let path = try scratch.write(
            #"{"label":"a","token":"canary-5-of-a-pool"}"# + "\n"
                + #"{"label":"b","token":"env:A_KEY"}"# + "\n", to: "pool.jsonl")
        chmod(path, 0o600)
        return path
    }

    /// All that the commands write for a service that repeats everything.
    private static func written(
        with options: [String], _ scratch: ScratchFolder, over context: TLSContext? = nil
    ) async throws -> [String: String] {
        _ = try scratch.write("canary-4 in a file\n", to: "secret")
        let workload = try scratch.write(
            #"{"turns":[{"say":"Hello"},{"say":"Again","expect":{"equals":"nothing"}},"#
                + #"{"say":"And again","capture":{"all":"(.*)"}}]}"# + "\n", to: "w.jsonl")
        let loop = EventLoop(name: "echo", poller: EpollPoller())
        loop.start()
        defer { loop.stop() }
        let peer = TestPeer(on: loop) { stream, _ in
            if let context { try await stream.secure(with: context, until: .never) }
            try await echo(stream)
        }
        let port = try await peer.start().port
        let scheme = context == nil ? "http" : "https"
        let texts = try written(
            by: [
                workload, "--target", "\(scheme)://127.0.0.1:\(port)", "-H", "X-Key: env:C_KEY",
                "-H", "X-Other: env:B_KEY", "-H", "Authorization: file:\(scratch.path)/secret",
                "-H", "Cookie: env:D_KEY",
            ] + options, scratch)
        await peer.stop()
        return texts
    }

    private static func expectNone(in texts: [String: String]) {
        let planted = secrets.values + fileSecrets + [cookie]
        let traces = planted.flatMap(forms)
        #expect(texts.count > 20)
        for (name, text) in texts {
            for trace in traces { #expect(!text.contains(trace), "\(name) has \(trace)") }
        }
    }

    /// All that the commands write for a target, by where it stands.
    private static func written(
        by target: [String], _ scratch: ScratchFolder
    ) throws -> [String: String] {
        let folder = scratch.path + "/run"
        let exports = ["--jtl", folder + "/all.jtl", "--k6-summary", folder + "/k6.json"]
        let short = ["--exchanges", "12", "-c", "2", "--think", "0"]
        let commands =
            [
                ["plan"] + target,
                ["run"] + target + short + exports + ["--transcript", "-o", folder],
                ["report", folder, "-o", scratch.path + "/again"],
                ["replay"] + target + ["--retry", "1", "-o", scratch.path + "/replay"],
            ]
            + [[], ["--full"], ["--curl"], ["--format", "json"]].map { ["probe"] + target + $0 }
        var texts: [String: String] = [:]
        for command in commands {
            let child = try Child(command, environment: secrets)
            let line = text(of: "/proc/\(child.pid)/cmdline") ?? ""
            let ending = child.ending()
            #expect(ending.code != 104 && ending.code < 128, "\(command): \(ending.messages)")
            texts["\(command)"] = ending.output + ending.messages + line
        }
        for place in ["run", "again", "replay"] {
            for name in names(in: "\(scratch.path)/\(place)") {
                texts["\(place)/\(name)"] = text(of: "\(scratch.path)/\(place)/\(name)")
            }
        }
        return texts
    }
}
