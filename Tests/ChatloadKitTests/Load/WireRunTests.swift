import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// What whole runs make of answers as they come over the wire.
@Suite struct WireRunTests {
    /// A secret and a session's own words stay out of what names a request.
    @Test func refusalsNameTheRequest() async throws {
        for (fault, words) in [
            (InjectedFault.redirect, "302 Found to /elsewhere: a fault of the sandbox: redirect"),
            (.burst5xx, "503 Service Unavailable: a fault of the sandbox: burst-5xx"),
        ] {
            let result = try await run(.tamako, fault)
            let example = try #require(result.summary.errors.first?.example)
            #expect(example == "GET /api/chat: " + words)
        }
    }

    /// A compressed answer is an answer; its bytes are counted as they came.
    @Test(arguments: Services.written)
    func compressedAnswersAreRead(service: ServiceDescription) async throws {
        let plain = try await run(service, nil)
        for coding in ["gzip", "deflate;q=0.5, br;q=0, gzip;q=0"] {
            let result = try await run(service, nil, accepting: coding)
            #expect(result.summary.totals[.failed] == 0)
            #expect(result.summary.totals[.replyTokens] == plain.summary.totals[.replyTokens])
            #expect(result.summary.totals[.bytesIn] != plain.summary.totals[.bytesIn])
        }
        let asked = try await run(service, .gzip)
        #expect(asked.summary.totals[.failed] == 0)
    }

    @Test func whatCannotBeDecodedIsNamed() async throws {
        let unknown = try await run(.stammer, .codingUnknown)
        #expect(unknown.summary.errors.map(\.errorClass) == ["malformed_reply"])
        #expect(
            unknown.summary.errors[0].example.contains("coded with br, which chatload does not"))
        let bomb = try await run(.stammer, .gzipBomb)
        #expect(bomb.summary.errors.map(\.errorClass) == ["too_large"])
    }

    private func run(
        _ service: ServiceDescription, _ fault: InjectedFault?, accepting coding: String? = nil
    ) async throws -> VirtualRun.Result {
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], service: service,
            load: LoadShape(users: 1, conversations: 3))
        let headers = coding.map { [HeaderField("Accept-Encoding", $0)] } ?? []
        let choice = try service.configured(extraHeaders: headers, inSandbox: true)
        run.adjust = { $0.service = choice }
        var sandbox = SandboxSettings.fixed(.milliseconds(10))
        if let fault { sandbox.faults = [FaultRule(fault)] }
        return try await run.againstSandbox(sandbox).result
    }
}
