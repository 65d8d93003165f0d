import Base
import Sandbox
import Testing

@testable import chatload

@Suite struct ServeTests {
    static func sandbox(_ line: String) throws -> SandboxSettings {
        guard case .serve(let settings) = try Invocation(words("serve " + line), in: .made()) else {
            throw Fault("BUG: not serve")
        }
        return try settings.sandbox(in: .made())
    }

    @Test func `a limit of one service goes before that of all`() throws {
        let sandbox = try Self.sandbox(
            "--limit 5requests/s --limit botyard=1request/m --limit stammer=9tokens/h --seed 1")
        #expect(sandbox.tamako.requestLimit == ServiceLimit(parsing: "5 requests/s"))
        #expect(sandbox.botyard.requestLimit == ServiceLimit(parsing: "1 requests/m"))
        #expect(sandbox.stammer.requestLimit == ServiceLimit(parsing: "5 requests/s"))
        #expect(sandbox.stammer.tokenLimit == ServiceLimit(parsing: "9 tokens/h"))
        #expect(sandbox.botyard.tokenLimit == nil)
    }

    @Test func `what the services do is a choice`() throws {
        let plain = try Self.sandbox("--seed 1")
        #expect(plain.botyardReplies == .later && plain.tamakoMissingStatus == 400)
        #expect(plain.stalls.isEmpty && plain.stammer.requestLimit == nil)
        let chosen = try Self.sandbox("--botyard-replies blocking --tamako-missing 200 --stall 1:2")
        #expect(chosen.botyardReplies == .blocking && chosen.tamakoMissingStatus == 200)
        #expect(chosen.stalls.map(\.description) == ["1s:2s"])
    }

    @Test func `the greeting tells what to expect`() throws {
        let greeting = try Self.sandbox(
            """
            botyard stammer --limit 'botyard=5 requests/s' --limit 'stammer=9 tokens/h' --seed 4 \
            --latency 5ms --error-rate stammer=5% --stall 1:2,3m:1s --fault any:1%@say
            """
        ).greeting
        #expect(
            greeting == """
                The sandbox imitates:
                  botyard  /v1/client-api/…  latency fixed:5ms, 5 requests/s a user
                  stammer  POST /en/chatbot/api/v1/message/  latency fixed:5ms, 5.0% errors, \
                9 tokens/h a credential
                It misbehaves (NAME[:SHARE][@STEP]): any:0.01@say.
                It holds its answers for a time (AT:FOR): 1s:2s, 3m:1s.
                Its counts are at /_sandbox/counts; seed 4. End it with ^C.

                """)
    }
}
