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

    @Test func `the pace of streams is a choice`() throws {
        #expect(try Self.sandbox("--seed 1").pacing == Pacing())
        let pacing = try Self.sandbox(
            """
            --ttft lognormal:200ms,0.3 --tpot exponential:9ms --reply-tokens 50 --frame uniform:1,5 \
            --prefill 20000tokens/s --reasoning uniform:10,20 --batch 64:1.5ms --cache 512 \
            --late-usage 100ms --role-first 200ms --context 4096
            """
        ).pacing
        var expected = Pacing()
        expected.firstToken = .logNormal(median: .milliseconds(200), sigma: 0.3)
        expected.perToken = .exponential(mean: .milliseconds(9))
        expected.replyTokens = .fixed(50)
        expected.frameTokens = .uniform(1, 5)
        expected.prefill = 20_000
        expected.reasoningTokens = .uniform(10, 20)
        expected.batch = Pacing.Batch(parsing: "64:1.5ms")
        expected.cacheBlock = 512
        expected.lateUsage = .milliseconds(100)
        expected.roleFirst = .milliseconds(200)
        expected.context = 4_096
        #expect(pacing == expected)
    }

    @Test(arguments: [
        ("--ttft soon", "--ttft: 'soon' is neither a duration nor a distribution"),
        (
            "--reply-tokens 5ms",
            "--reply-tokens: '5ms' is neither a number nor a distribution of numbers"
        ),
        (
            "--reply-tokens 50000000",
            "--reply-tokens: '50000000' is neither a number nor a distribution"
        ),
        ("--prefill 0", "--prefill: '0' is not a number of tokens a second"),
        ("--batch 64", "--batch: '64' is not N:T"), ("--cache 0", "--cache: 0 is out of range"),
        ("--late-usage x", "--late-usage: 'x' is not a duration"),
        ("--context 0", "--context: 0 is out of range"),
        ("--latency ollama=5ms", "--latency: has no part in the replies of ollama, which are made"),
    ])
    func `a pace that is none is refused`(line: String, complaint: String) {
        let fault = #expect(throws: Fault.self) { try Self.sandbox(line) }
        #expect(fault?.rendered.hasPrefix("chatload: error: " + complaint) == true)
        #expect(fault?.hint != nil)
    }

    @Test func `the greeting tells what to expect`() throws {
        let greeting = try Self.sandbox(
            """
            botyard stammer ollama --limit 'botyard=5 requests/s' --limit 'stammer=9 tokens/h' --seed 4 \
            --latency 5ms --error-rate stammer=5% --stall 1:2,3m:1s --fault any:1%@say
            """
        ).greeting
        #expect(
            greeting == """
                The sandbox imitates:
                  botyard  /v1/client-api/…  latency fixed:5ms, 5 requests/s a user
                  stammer  POST /en/chatbot/api/v1/message/  latency fixed:5ms, 5.0% errors, \
                9 tokens/h a credential
                  ollama  POST /api/chat  first token lognormal:300ms,0.4, then lognormal:20ms,0.2 \
                each
                It misbehaves (NAME[:SHARE][@STEP]): any:0.01@say.
                It holds its answers for a time (AT:FOR): 1s:2s, 3m:1s.
                Its counts are at /_sandbox/counts; seed 4. End it with ^C.

                """)
    }
}
