import Glibc
import Support
import Testing

@testable import ChatloadKit

/// Runs through URLSession, of the built library.
@Suite struct PortableTests {
    private static let through = ["--transport", "urlsession"]

    /// The same script gives the same exchanges whatever they go through. Botyard's poll until the
    /// reply is there.
    @Test(arguments: [
        ("stammer", "workloads/support.jsonl"), ("tamako", "workloads/tamako.jsonl"),
        ("botyard", "workloads/botyard.jsonl"),
    ])
    func countsWhatSocketsCount(service: String, workload: String) throws {
        let scratch = try ScratchFolder()
        let options =
            ["run", workload, "--service", service, "-n", "12", "-c", "4"] + quickly
            + (service == "botyard" ? ["--set", "poll_first=5ms", "--set", "poll_every=5ms"] : [])
        let outputs = ["socket", "urlsession"].map {
            (transport: $0, path: scratch.path + "/" + $0)
        }
        for output in outputs {
            let run = try Child(options + ["--transport", output.transport, "-o", output.path])
                .ending()
            #expect([0, 110].contains(run.code), "\(run.messages)")
            let isSaid = run.output.contains("! sent through URLSession (--transport urlsession)")
            #expect(isSaid == (output.transport == "urlsession"), "\(run.output)")
        }
        let (socket, portable) = (
            try summary(of: outputs[0].path), try summary(of: outputs[1].path)
        )
        #expect(portable.run.settings["transport"] == "urlsession")
        #expect(portable.totals.failed == 0 && portable.totals.succeeded > 12)
        #expect(portable.totals.conversations == socket.totals.conversations)
        if service != "botyard" {
            #expect(portable.totals.exchanges == socket.totals.exchanges)
            #expect(portable.steps.mapValues(\.exchanges) == socket.steps.mapValues(\.exchanges))
        }
    }

    /// Whatever a server does, URLSession does not end the process.
    @Test func outlivesEveryFault() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = try Child(
            ["run", "workloads/support.jsonl", "-d", "4s", "-c", "20", "--timeout", "500ms"]
                + Self.through
                + FaultTests.options.map {
                    $0 == "--fault" ? "--sandbox-fault" : $0.replacing(":0.15%", with: ":1%")
                } + quickly + ["-o", folder]
        ).ending()
        #expect([0, 110].contains(run.code), "\(run.messages)")
        let errors = Set(try summary(of: folder).errors.map(\.errorClass))
        #expect(errors.count >= 6, "\(errors)")
        #expect(try summary(of: folder).totals.succeeded > 50)
    }

    @Test func theSecondInterruptStopsAtOnce() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let server = try LocalServer()
        let run = try Child(
            [
                "run", "workloads/support.jsonl", "--target", server.url, "--set", "token=env:T",
                "--set", "chatbot_uuid=\(RefusalTests.uuid)", "-d", "10m", "--grace", "10m",
                "--timeout", "10m", "-c", "3", "--think", "0", "-o", folder,
            ] + Self.through, environment: ["T": "any"])
        #expect(server.hasConnection(within: 60))
        run.signal(SIGINT)
        #expect(run.says("interrupted"))
        run.signal(SIGINT)
        let ending = run.ending()
        #expect(ending.code == 105, "\(ending.messages)")
        let counts = try summary(of: folder).totals.conversations
        #expect(counts.started > 0 && counts.aborted == counts.started, "\(counts)")
    }

    @Test func withoutTheLibraryThereIsOneClearLine() throws {
        let scratch = try ScratchFolder()
        let alone = scratch.path + "/chatload"
        try #require(system("cp '\(Child.binary)' '\(alone)'") == 0)
        let run = try Child(["run", "workloads/support.jsonl"] + Self.through, binary: alone)
            .ending()
        #expect(run.code == 104)
        #expect(
            run.messages == """
                chatload: error: --transport: urlsession needs a library that is not beside \
                chatload: \(scratch.path)/libChatloadPortable.so
                  hint: build it: swift build -c release

                """)
    }

    @Test(arguments: [
        (["--idle-close", "5s"], "--idle-close: URLSession decides that by itself"),
        (["--source-address", "127.0.0.1"], "--source-address: URLSession decides that by itself"),
        (["--transport", "curl"], "--transport: unknown transport 'curl'"),
    ])
    func whatDoesNotGoTogetherIsRefused(options: [String], says: String) throws {
        let plan = try Child(["plan", "workloads/support.jsonl"] + Self.through + options).ending()
        #expect(plan.code == 104)
        #expect(plan.messages.hasPrefix("chatload: error: \(says)"), "\(plan.messages)")
    }
}

/// https through URLSession.
@Suite(.enabled(if: Certificates.canBeMade, "the openssl command is not installed"))
struct PortableTLSTests {
    @Test(arguments: [
        ("good", "--cacert ca.pem", "outcome ok"), ("alone", "-k", "outcome ok"),
        ("alone", "--cacert alone.pem", "outcome ok"), ("good", "", "outcome tls: "),
        ("good", "--cacert other.pem", "outcome tls: "),
        ("expired", "--cacert ca.pem", "certificate has expired"),
        ("elsewhere", "--cacert ca.pem", "no alternative certificate subject name matches"),
    ])
    func certificatesAreVerified(certificate: String, options: String, says: String) throws {
        let certificates = try Certificates()
        let (server, port) = try serve(
            [
                "--tls-cert", certificates.path(certificate + ".pem"), "--tls-key",
                certificates.path(certificate + ".key"),
            ], scheme: "https")
        let given = options.split(separator: " ").map {
            $0.hasPrefix("-") ? String($0) : certificates.path(String($0))
        }
        let probe = try Child(
            [
                "probe", "--target", "https://localhost:\(port)", "--set", "token=env:T", "--set",
                "chatbot_uuid=\(RefusalTests.uuid)", "--transport", "urlsession",
            ] + given, environment: ["T": "any"]
        ).ending()
        server.signal(SIGTERM)
        let output = probe.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(probe.code == (says == "outcome ok" ? 0 : 1), "\(probe.messages)")
        #expect(output.contains(says) && (probe.code == 0 || output.contains("outcome tls")))
    }
}
