import Base
import ChatloadKit
import Testing

@testable import chatload

/// Services that files describe, where options and `service` name them.
@Suite struct ServiceCommandTests {
    /// A service with a parameter for each role that an option sets.
    private static let acme =
        #"{"chatload":"service/1","name":"acme","about":"A bot","parameters":{"#
        + #""size":{"type":"integer","role":"length"},"whole":{"type":"boolean"},"#
        + #""live":{"type":"boolean","role":"stream"},"pin":{"type":"boolean","role":"pin"},"#
        + #""api-key":{"secret":true}},"requests":{"ask":{"path":"/ask","body":"#
        + #"{"say":"${text}","n":"${size}","live":"${live}"},"reply":{"text":"$.a"}}},"say":["ask"]}"#

    private static let others: [String: String] = [
        "acme.json": acme, "./acme.json": acme,
        "bad.json": "{\"chatload\":\"service/1\",\n \"nome\":\"a\"}",
        "open.json": acme.replacing(
            #""say":["ask"]"#, with: #""say":["ask"],"headers":{"X-Key":"a"}"#),
        "form.json": acme.replacing(#""body":"#, with: #""form":"#)
            .replacing(#","n":"${size}","live":"${live}""#, with: ""),
        "later.json": acme.replacing(
            #"{"path":"/ask""#, with: #"{"every":"1s","times":2,"path":"/ask""#),
    ]

    private static let world = ProcessEnvironment.made(["KEY": "s3cret-value"], files: others)

    private func settings(_ line: String) throws -> ServiceOptions {
        try runSettings("a.jsonl " + line, in: Self.world).service
    }

    private func complaint(_ line: String) -> String {
        do {
            let service = try settings(line)
            _ = try service.service(at: nil, credentials: nil, in: Self.world)
            return ""
        } catch let fault as Fault {
            return fault.rendered
        } catch {
            return "\(error)"
        }
    }

    @Test func `a file's service is one like any other`() throws {
        let service = try settings("--service ./acme.json --set size=5")
        #expect(service.description.name == "acme" && service.warnings.isEmpty)
        #expect(try service.resolvedParameters(in: Self.world) == ["size": "5"])
        #expect(try settings("--service acme.json").description.steps.map(\.name) == ["ask"])
        #expect(try settings("--service openai").description.name == "openai")
    }

    @Test func `what is unwise is told, and what is wrong at its line`() throws {
        let invocation = try Invocation(words("run a --service open.json"), in: Self.world)
        #expect(invocation.warnings.count == 1)
        #expect(invocation.warnings[0].contains("headers.X-Key: a literal key"))
        let text = complaint("--service bad.json")
        #expect(text.contains("chatload: error: bad.json:1:1: a description needs \"name\"\n"))
        #expect(text.contains("bad.json:2:2: unknown key \"nome\" in a description"))
        #expect(
            complaint("--service no/such.json").contains("cannot read the description 'no/such"))
        #expect(complaint("--service acme").contains("unknown service 'acme'"))
        #expect(
            complaint("--service later.json").contains("acme: a poll is not played yet"))
    }

    @Test(arguments: [
        ("--max-tokens 7", ["size": "7"]), ("--stream", ["live": "true"]),
        ("--no-stream", ["live": "false"]), ("--pin-length", ["pin": "true"]), ("", [:]),
    ])
    func `options set what has their role`(line: String, values: [String: String]) throws {
        let service = try settings("--service acme.json " + line)
        #expect(try service.resolvedParameters(in: Self.world) == values)
    }

    @Test(arguments: [
        ("--service stammer --max-tokens 7", "--max-tokens: stammer cannot be told"),
        ("--service tamako --no-stream", "--no-stream: tamako cannot be told"),
        ("--service anthropic --pin-length", "--pin-length: anthropic cannot be told"),
        ("--service acme.json --stream --no-stream", "--no-stream: goes against --stream"),
        (
            "--service acme.json --max-tokens 7 --set size=8",
            "--max-tokens: is what --set size= says too"
        ),
        ("--service acme.json --set body.=8", "--set body.: names no member"),
        ("--service stammer --set body.a=8", "--set body.a: stammer has no JSON body"),
        ("--service form.json --set body.a=8", "--set body.a: acme has no JSON body"),
        ("--service acme.json --set body.say=", "in acme this holds what is said"),
        (
            "--service openai --set model=m --set body.n=2",
            "--set body.n: this asks for several replies at once"
        ),
        (
            "--service gemini --set model=m --set key=env:KEY --set "
                + "'body.generationConfig={\"candidateCount\":2}'",
            "--set body.generationConfig: this asks for several replies at once"
        ),
        ("--service acme.json --set body.a=env:NO", "--set body.a: environment variable NO"),
    ])
    func `what a service has no place for is refused`(line: String, words: String) {
        #expect(complaint(line).contains(words), "\(complaint(line))")
    }

    @Test func `members of the body are JSON where they can be`() throws {
        let service = try settings(
            "--service acme.json --set body.a=1.5 --set 'body.b={\"c\":[true]}' --set body.d=x "
                + "--set body.n= --set body.e=env:KEY")
        let (members, secrets) = try service.bodyMembers(in: Self.world)
        let shown = members.map {
            $0.name + "=" + ($0.json.map { String(decoding: $0, as: UTF8.self) } ?? "")
        }
        #expect(shown == ["a=1.5", #"b={"c":[true]}"#, #"d="x""#, "n=", #"e="s3cret-value""#])
        #expect(secrets == ["s3cret-value"])
        let made = try service.service(at: nil, credentials: nil, in: Self.world).service
        #expect(made.secrets.values == ["s3cret-value"])
    }

    private func printed(_ line: String) throws -> String {
        guard case .service(let action) = try Invocation(words(line), in: Self.world) else {
            throw Fault("BUG: no action")
        }
        var text = ""
        #expect(try serviceCommand(action, in: Self.world) { text += $0 } == .ok)
        return text
    }

    @Test func `services are listed with their parameters`() throws {
        let text = try printed("service list")
        for service in Services.all {
            #expect(text.contains("\(service.name): \(service.summary)\n"))
            for parameter in service.parameters { #expect(text.contains("  \(parameter.name) ")) }
        }
        for line in text.split(separator: "\n") where line.hasPrefix("  ") {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test func `descriptions that are built in can be printed and read again`() throws {
        for service in Services.all where service.source != nil {
            let text = try printed("service show " + service.name)
            let review = ServiceFileReview.of(Array(text.utf8), path: "f")
            let name = try review.service().name
            #expect(review.complaintCount == 0 && name == service.name)
        }
        let fault = #expect(throws: Fault.self) { try printed("service show botyard") }
        #expect(fault?.message == "botyard has no description: it is part of the program")
        #expect(throws: Fault.self) { try printed("service show nobody") }
    }

    @Test func `descriptions are checked`() throws {
        #expect(
            try printed("service check acme.json") == "acme.json: good: acme, which can ask;"
                + " --set size, whole, live, pin, api-key\n")
        #expect(try printed("service check open.json").hasPrefix("warning: open.json:1:"))
        let fault = #expect(throws: Fault.self) {
            try printed("service check bad.json acme.json later.json")
        }
        let all = try #require(fault)
        #expect(
            ([all] + all.others).map(\.description).last
                == "later.json: a poll is not played yet; nothing else is wrong with this description"
        )
        #expect(all.exitCode == .unusable && all.others.allSatisfy { $0.others.isEmpty })
    }

    @Test func `to try a service is a probe`() throws {
        let tried = try Invocation(
            words("service try acme.json --say Hi --target http://h:1"), in: Self.world)
        guard case .probe(let settings, let probe) = tried else {
            Issue.record("no probe")
            return
        }
        #expect(settings.service.description.name == "acme" && probe.says == ["Hi"])
        guard case .help(.probe) = try Invocation(words("service try --help"), in: Self.world)
        else {
            Issue.record("no help")
            return
        }
    }

    @Test(arguments: [
        ("service", "does not say what to do"), ("service lst", "unknown action 'lst'"),
        ("service show", "'show' is given too little"),
        ("service list a", "'list' is given too much"),
        ("service try --say x", "'try' names no service"),
    ])
    func `what is not meant is told`(line: String, words complaint: String) {
        let fault = #expect(throws: Fault.self) { try Invocation(words(line), in: Self.world) }
        #expect(fault?.message == complaint && fault?.hint != nil)
    }
}
