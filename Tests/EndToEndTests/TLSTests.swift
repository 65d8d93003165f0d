import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// https targets, and the sandbox that speaks https.
@Suite(.enabled(if: Certificates.canBeMade, "the openssl command is not installed"))
struct TLSTests {
    private let certificates: Certificates

    init() throws { certificates = try Certificates() }

    struct Row: Sendable, CustomTestStringConvertible {
        var certificate: String
        var authority = "ca"
        var host = "localhost"
        /// What the error says; nil where there is none.
        var words: String?
        var testDescription: String { "\(certificate) of \(authority) for \(host)" }
    }

    @Test(arguments: [
        Row(certificate: "good"), Row(certificate: "good", host: "127.0.0.1"),
        Row(certificate: "alone", authority: "alone"),
        Row(certificate: "expired", words: "the certificate has expired on 20"),
        Row(certificate: "alone", words: "the certificate is self-signed; --cacert"),
        Row(
            certificate: "elsewhere",
            words: "the certificate is for another host: chat.example, not localhost"),
        Row(
            certificate: "good", authority: "other",
            words: "the certificate's CA is unknown: Test ca; --cacert"),
    ])
    func certificatesAreVerified(row: Row) throws {
        let (server, port) = try served(by: row.certificate)
        let run = try Child(
            probe(
                "https://\(row.host):\(port)", "--cacert", certificates.path(row.authority + ".pem")
            ),
            environment: token
        ).ending()
        server.signal(SIGTERM)
        let output = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if let words = row.words {
            #expect(run.code == 1)
            #expect(output.contains("outcome tls: \(words)"), "\(output)")
            #expect(server.ending().messages.contains("Received 0 requests"))
        } else {
            #expect(run.code == 0, "\(output)")
            #expect(output.contains(", TLS "))
        }
    }

    @Test func theSystemTrustsNoneOfThem() throws {
        let (server, port) = try served(by: "good")
        let run = try Child(probe("https://localhost:\(port)"), environment: token).ending()
        server.signal(SIGTERM)
        #expect(run.code == 1)
        #expect(run.output.contains("the certificate's CA is unknown"), "\(run.output)")
    }

    /// What a run over https counts is what the sandbox counts, and its log has the handshakes.
    @Test func countsWhatTheSandboxCounts() throws {
        let scratch = try ScratchFolder()
        let out = scratch.path + "/made.pem"
        let (server, port) = try serve(["--tls", "--tls-cert-out", out], scheme: "https")
        let folder = scratch.path + "/run"
        let run = try Child(
            [
                "run", "workloads/stammer.jsonl", "--service", "stammer", "--target",
                "https://127.0.0.1:\(port)",
                "--cacert", out, "--set", "token=env:TOKEN", "--set",
                "chatbot_uuid=\(RefusalTests.uuid)", "-n", "20", "-c", "4", "--think", "0", "-o",
                folder,
            ], environment: token
        ).ending()
        #expect(run.code == 0, "\(run.messages)")
        let totals = try summary(of: folder).totals
        server.signal(SIGTERM)
        let farewell = server.ending().messages
        #expect(totals[.failed] == 0 && totals[.succeeded] > 20)
        #expect(farewell.contains("200  \(totals[.succeeded])\n"), "\(farewell)")
        #expect(farewell.contains("on 4 connections"), "\(farewell)")
        let rows = (text(of: folder + "/exchanges.csv") ?? "").split(separator: "\n").dropFirst()
        let handshakes = rows.count {
            !$0.split(separator: ",", omittingEmptySubsequences: false)[16].isEmpty
        }
        #expect(handshakes == 4)
    }

    @Test func whatIsNotVerifiedIsSaid() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let (server, port) = try serve(["--tls"], scheme: "https")
        let run = try Child(
            [
                "run", "workloads/stammer.jsonl", "--service", "stammer", "--target",
                "https://127.0.0.1:\(port)", "-k",
                "--set", "token=env:TOKEN", "--set", "chatbot_uuid=\(RefusalTests.uuid)", "-n",
                "1", "-c", "1", "--think", "0", "-o", folder,
            ], environment: token
        ).ending()
        server.signal(SIGTERM)
        let note = "the server's certificate was not verified (--insecure)"
        #expect(run.code == 0, "\(run.messages)")
        #expect(run.output.contains(note))
        #expect(try summary(of: folder).notes.contains(note))
        let report = try Child(["report", folder]).ending()
        #expect(report.output.contains(note))
    }

    @Test func theOtherSchemeIsPointedOut() throws {
        let (secure, securePort) = try serve(["--tls"], scheme: "https")
        let http = try Child(probe("http://127.0.0.1:\(securePort)"), environment: token).ending()
        secure.signal(SIGTERM)
        #expect(http.output.contains("This port speaks https"), "\(http.output)")
        let (plain, plainPort) = try serve([])
        let https = try Child(probe("https://127.0.0.1:\(plainPort)"), environment: token).ending()
        plain.signal(SIGTERM)
        let output = https.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(output.contains("speaks plain HTTP on this port"), "\(output)")
        #expect(output.contains("its target begins with http://"), "\(output)")
    }

    @Test(arguments: [true, false])
    func clientsShowTheirCertificate(shows: Bool) async throws {
        let context = try TLSContext(
            server: TLSIdentity(
                chain: certificates.bytes("good.pem"), key: certificates.bytes("good.key")),
            clients: certificates.bytes("ca.pem"))
        let loop = EventLoop(name: "server", poller: EpollPoller())
        loop.start()
        defer { loop.stop() }
        let peer = TestPeer(on: loop) { stream, loop in
            try await stream.secure(with: context, until: .never)
            _ = try await stream.receiveRequest()
            let body = #"{"message":"Success","data":{"answer":"Hi","chat_id":1}}"#
            let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            try await stream.send(Array((head + body).utf8))
        }
        let port = try await peer.start().port
        let own = ["--cert", certificates.path("good.pem"), "--key", certificates.path("good.key")]
        let arguments = probe(
            "https://localhost:\(port)", "--cacert", certificates.path("ca.pem"))
        let child = try Child(arguments + (shows ? own : []), environment: token).ending()
        let output = child.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let words = "alert 116, certificate required; --cert and --key name a certificate to show"
        #expect(output.contains(shows ? "outcome ok" : words), "\(output)")
    }

    private var token: [String: String] { ["TOKEN": "any"] }

    private func probe(_ target: String, _ options: String...) -> [String] {
        [
            "probe", "--service", "stammer", "--target", target, "--set", "token=env:TOKEN",
            "--set",
            "chatbot_uuid=\(RefusalTests.uuid)",
        ] + options
    }

    private func served(by certificate: String) throws -> (Child, port: Int) {
        try serve(
            [
                "--tls-cert", certificates.path(certificate + ".pem"), "--tls-key",
                certificates.path(certificate + ".key"),
            ], scheme: "https")
    }
}

/// Files that cannot be used are found before anything is sent.
@Suite(.enabled(if: Certificates.canBeMade, "the openssl command is not installed"))
struct TLSRefusalTests {
    @Test(arguments: [
        ("--cacert none.pem", "--cacert: cannot read the file"),
        ("--cacert good.key", "--cacert: the file holds no certificate in PEM form"),
        ("--cert good.csr --key good.key", "--cert: the file holds no certificate in PEM form"),
        ("--cert good.pem", "--key: the file holds no private key in PEM form"),
        ("--cert good.pem --key ca.key", "--key: the file is not the certificate's key"),
        ("--cert good.pem --key locked.key", "--key: the file is encrypted"),
        ("--key good.key", "--key: is the key of a certificate, and none is named"),
    ])
    func filesAreCheckedFirst(options: String, says: String) throws {
        let certificates = try Certificates()
        let server = try LocalServer()
        let named = options.split(separator: " ").map {
            $0.hasPrefix("--") ? String($0) : certificates.path(String($0))
        }
        let plan = try Child(
            [
                "run", "workloads/stammer.jsonl", "--service", "stammer", "--target",
                "https://127.0.0.1:\(server.port)",
            ]
                + ["--set", "token=env:T", "--set", "chatbot_uuid=\(RefusalTests.uuid)"] + named,
            environment: ["T": "any"]
        ).ending()
        #expect(plan.code == 104)
        #expect(plan.messages.hasPrefix("chatload: error: \(says)"), "\(plan.messages)")
        #expect(!server.hasConnection())
    }

    @Test(arguments: [["probe", "--target", "https://127.0.0.1:1"], ["serve", "--tls"]])
    func withoutOpenSSLThereIsOneClearLine(command: [String]) throws {
        let scratch = try ScratchFolder()
        _ = try scratch.write("", to: "libssl.so.3")
        let child = try Child(
            command + (command[0] == "serve" ? [] : ["--service", "tamako"]),
            environment: ["LD_LIBRARY_PATH": scratch.path]
        ).ending()
        #expect(child.code == 104)
        #expect(child.messages.contains("TLS needs OpenSSL 3"), "\(child.messages)")
        #expect(child.messages.contains("hint: install"), "\(child.messages)")
        #expect(child.messages.split(separator: "\n").count == 2)
    }
}
