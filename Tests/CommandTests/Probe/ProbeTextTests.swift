@testable import ChatloadKit
import Base
import Networking
import Support
import Testing

@testable import chatload

/// What a probe shows of services that behave and of such that do not.
@Suite struct ProbeTextTests {
    private static let list = (1...60).map { #"{"id":\#($0),"name":"entry \#($0)"}"# }
        .joined(separator: ",")

    static let answers = [
        answer(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                + "Set-Cookie: sid=0123456789abcdef; Path=/; HttpOnly",
            #"{"data":{"answer":"One moment.\nThe parcel is “on its way”, "#
                + #"日本語も話せます。","chat_id":4711},"message":"Success","flags":[],"more":{}}"#),
        answer("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5", "<h1>busy</h1>\n\n\u{1B}[2J"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "10\r\n{\"answer\":\"short\r\n2\r\n\"}\r\n0\r\n\r\n",
        answer("HTTP/1.1 200 OK", "\u{0}\u{1}\u{2}binary and longer than sixteen bytes"),
        answer("HTTP/1.1 200 OK", #"{"answer":"long","list":["# + list + "]}"),
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"answer\":\"ha\u{7}", "\u{7}",
        "no HTTP at all\u{7}", answer("HTTP/1.1 302 Found\r\nLocation: /elsewhere", ""),
    ]

    private static var run: ProbeRun {
        var run = ProbeRun(answers: answers)
        run.says = answers.indices.map { "Text \($0 + 1) with a \"quote\" and a ${variable}" }
        return run
    }

    @Test func textIsAsRecorded() async throws {
        let text = try await Self.run.text()
        #expect(Golden.difference(text, from: "probe/text.txt") == nil)
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { TextLayout.columns(of: String($0)) <= 80 })
        #expect(!text.contains("\u{1B}"))
    }

    @Test func fullAndColouredIsAsRecorded() async throws {
        let text = try await Self.run.text(showsAll: true, isColoured: true)
        #expect(Golden.difference(text, from: "probe/full.txt") == nil)
    }

    @Test func curlIsAsRecorded() async throws {
        var run = Self.run
        run.service = .tamako
        run.settings = ["svcsecret": "it's secret", "svcid": "plain-id"]
        run.headers = [
            HeaderField("X-Api-Key", "k-123456"), HeaderField("Cookie", "own=own-cookie"),
        ]
        let text = try await run.text { order, conversation in
            var settings = RunSettings()
            settings.service.parameters.set(.init(key: "svcid", value: "env:SVC_ID"))
            settings.service.headers.set(.init(key: "X-Api-Key", value: "file:/run/secrets/a key"))
            let world = ProcessEnvironment.made(
                ["SVC_ID": "plain-id"], files: ["/run/secrets/a key": "k-123456\n"])
            return ProbeCurl(
                origin: order.plan.target, conversation: conversation, settings, in: world)
        }
        #expect(Golden.difference(text, from: "probe/curl.txt") == nil)
    }

    @Test func jsonIsAsRecorded() async throws {
        let text = try await Self.run.text { order, conversation in
            ProbeJSON(of: order, conversation: conversation.id)
        }
        #expect(Golden.difference(text, from: "probe/probe.json") == nil)
        var scanner = JSONScanner()
        let bytes = Array(text.utf8)
        while try scanner.next(in: bytes.span) != .end {}
    }

    @Test func aServiceThatHangsIsShownToo() async throws {
        var run = ProbeRun()
        // The peer takes longer than that to do anything.
        run.timeout = .milliseconds(100)
        let text = try await run.text()
        #expect(text.contains("> POST "))
        #expect(text.contains("outcome  timeout"))
        #expect(text.contains("100 ms: connect 0 s, waiting 100 ms"))
        #expect(text.hasSuffix("1 exchange: 0 succeeded, 1 failed, in 100 ms\n"))
    }
}
