@testable import ChatloadKit
import Glibc
import Base
import Networking
import Sandbox
import Support
import Testing

@testable import chatload

@Suite struct PlanTests {
    /// Makes a script file for the length of `body`.
    private func withScript<Result>(
        _ text: String, _ body: (_ path: String) async throws -> Result
    ) async throws -> Result {
        var name = Array("/tmp/chatload-plan-XXXXXX.jsonl".utf8CString)
        let descriptor = mkstemps(&name, 6)
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        _ = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        return try await body(path)
    }

    private func order(_ line: String, _ surroundings: ProcessEnvironment) throws -> PreparedRun {
        let settings = try runSettings(line, in: surroundings)
        return try settings.prepared(in: surroundings, now: .seconds(1_795_225_512))
    }

    private let script = """
        {"id":"refund-1","weight":3,"turns":[{"say":"Hi, I am ${user}","think":"2s"},{"say":"Bye"}]}
        {"turns":[{"say":"hello"}]}

        """

    /// A name that is made up for each conversation is another in another run with the same seed.
    @Test func anotherRunMakesUpOtherNames() async throws {
        let service = #"""
            {"chatload":"service/1","name":"own","user":{"id":"uuid","fresh":"conversation"},
             "requests":{"say":{"method":"POST","path":"/say","body":{"user":"${user_id}"},
             "reply":{"text":"$.answer"}}},"say":["say"]}
            """#
        try await withScript(script) { path in
            let line = "\(path) --service ./own.json --seed 1"
            let settings = try runSettings(line, in: .made(files: ["./own.json": service]))
            var previews: Set<String> = []
            var nonces: Set<UInt64> = []
            for _ in 0..<3 {
                let order = try settings.prepared(in: .made(), now: .seconds(1_795_225_512))
                nonces.insert(order.plan.nonce)
                let run = RunDescription(of: order, settings: settings)
                #expect(run.nonce == order.plan.nonce)
                let first = try await PlanReport(of: order, settings).preview.exchanges.first
                previews.insert(try #require(first).request)
            }
            #expect(nonces.count == 3 && previews.count == 3)
            // One that none is made up for has none.
            let order = try order(path + " --seed 1", .made())
            #expect(
                try RunDescription(of: order, settings: runSettings(path, in: .made())).nonce == nil
            )
        }
    }

    @Test func retries() async throws {
        try await withScript(script) { path in
            let policy = try order(path + " --retry 2 --retry-unsafe", .made()).plan.retry
            #expect(policy == RetryPolicy(most: 2, repeatsUnsafe: true))
            #expect(policy.inWords.hasPrefix("up to 2, the first within 250ms"))
            for flag in ["--retry-unsafe", "--retry-delay 1s"] {
                let complaint = #expect(throws: Fault.self) {
                    try order(path + " " + flag, .made())
                }
                #expect(complaint?.hint == "add how often: --retry 3")
            }
        }
    }

    @Test(
        arguments: [
            ("", nil, nil, Nanoseconds.seconds(10)), ("-n 5", 5, nil, nil),
            ("--exchanges 6", nil, 6, nil),
            ("-d 1m", nil, nil, .seconds(60)), ("-n 5 -d 1m", 5, nil, .seconds(60)),
        ] as [(String, Int?, Int?, Nanoseconds?)])
    func `ten seconds when nothing says when to stop`(
        line: String, conversations: Int?, exchanges: Int?, duration: Nanoseconds?
    ) async throws {
        let load = try await withScript(script) { path in
            try order(path + " " + line, .made()).plan.load
        }
        #expect(load.conversations == conversations && load.exchanges == exchanges)
        #expect(load.duration == duration)
    }

    @Test func `settings reach the plan`() async throws {
        try await withScript(script) { path in
            let line = """
                \(path) -c 3 --service stammer --target http://h:81/base --set token=env:T --set chatbot_uuid=\
                01234567-89ab-cdef-0123-456789abcdef --timeout 9 --connect-timeout 2 --grace 1 \
                --think 0 --seed 7 --workers 8
                """
            let order = try order(line, .made(["T": "x"]))
            #expect(order.plan.target == Target(host: "h", port: 81, pathPrefix: "/base"))
            #expect(order.plan.load.users == 3 && order.plan.load.grace == .seconds(1))
            #expect(order.plan.load.thinkOverride == .fixed(.zero))
            #expect(order.plan.timeouts == Timeouts(total: .seconds(9), connect: .seconds(2)))
            #expect(order.plan.seed == 7 && order.workers == 3 && order.sandbox == nil)
            #expect(order.output.hasPrefix("reports/20261121T014512Z-chatload-plan-"))
            #expect(order.census.once.conversations == 2)
        }
    }

    @Test func `a folder that the user names is taken as it is, another is proposed`() async throws
    {
        try await withScript(script) { path in
            let orders = [try order(path, .made()), try order(path + " -o mine", .made())]
            #expect(orders.map(\.isOutputProposed) == [true, false])
        }
    }

    @Test func `runs that begin at once get folders of their own`() async throws {
        let scratch = try ScratchFolder()
        try await withScript(script) { path in
            var proposed = try order(path, .made())
            proposed.output = scratch.path + "/reports/run"
            let folders = try await withThrowingTaskGroup(of: String.self) { [proposed] group in
                for _ in 0..<50 { group.addTask { try proposed.withOwnFolder().output } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(folders.count == 50 && folders.contains(scratch.path + "/reports/run-50"))
            #expect(names(in: scratch.path + "/reports").count == 50)
        }
    }

    @Test func `without a target there is a sandbox that obeys`() async throws {
        try await withScript(script) { path in
            let order = try order(
                """
                \(path) --service tamako --sandbox-latency 5ms --sandbox-error-rate 1% --seed 3 \
                --sandbox-limit 5requests/s --sandbox-stall 1s:2s --sandbox-fault any:1%
                """, .made())
            let sandbox = try #require(order.sandbox)
            #expect(sandbox.tamako.isOffered && !sandbox.botyard.isOffered)
            #expect(sandbox.tamako.latency == .fixed(.milliseconds(5)))
            #expect(sandbox.tamako.errorRate == 0.01 && sandbox.seed == 3)
            #expect(sandbox.tamako.requestLimit == ServiceLimit(parsing: "5 requests/s"))
            #expect(sandbox.tamako.tokenLimit == nil && sandbox.stalls.count == 1)
            #expect(sandbox.faults.map(\.description) == ["any:0.01"])
            let complaint = #expect(throws: Fault.self) {
                try self.order("\(path) --service tamako --sandbox-ttft 5ms", .made())
            }
            #expect(complaint?.place == .flag("--sandbox-ttft") && complaint?.hint != nil)
        }
    }

    @Test(arguments: ["stammer", "tamako", "botyard"])
    func `the report of a plan`(service: String) async throws {
        let text = try await withScript(script) { path in
            let line = "plan \(path) --service \(service) --seed 7 --workers 2 -n 20 --label a=b"
            guard case .plan(let settings) = try Invocation(words(line), in: .made()) else {
                return ""
            }
            let report = try await PlanReport(
                of: settings.prepared(in: .made(), now: .seconds(1_795_225_512)), settings)
            #expect(report.json.hasPrefix(#"{"schema":"chatload.plan/1","service":"\#(service)""#))
            let stem = path.dropFirst("/tmp/".count).dropLast(".jsonl".count)
            return report.text.replacing(path, with: "w.jsonl").replacing(stem, with: "w")
        }
        #expect(!text.contains("sandbox-token"))
        #expect(Golden.difference(text, from: "plan-\(service).txt") == nil)
    }

    @Test func `complaints about scripts show the line and the place`() async throws {
        let bad =
            "{\"turns\":[{\"say\":\"hi\"}]}\n{\"turns\":[{\"sya\":\"hi\"}]}\n{\"turns\":[{\"x\":1}]}\n"
        try await withScript(bad) { path in
            let content = Array(bad.utf8)
            let surroundings = ProcessEnvironment(environment: [:]) { _ in content }
            let complaint = #expect(throws: Fault.self) { try order(path, surroundings) }
            let text = complaint?.rendered.replacing(path, with: "w.jsonl") ?? ""
            #expect(Golden.difference(text, from: "script-excerpts.txt") == nil)
        }
    }

    @Test func `a line that may hold a secret is not shown`() async throws {
        let bad = "{\"with\":{\"token\":\"CANARY\"},\"turns\":[{\"sya\":\"hi\"}]}\n"
        try await withScript(bad) { path in
            let content = Array(bad.utf8)
            let surroundings = ProcessEnvironment(environment: [:]) { _ in content }
            let complaint = #expect(throws: Fault.self) { try order(path, surroundings) }
            #expect(complaint?.rendered.contains("CANARY") == false)
        }
    }

    @Test(arguments: [
        "--sandbox-latency 5ms", "--sandbox-error-rate 0.1", "--sandbox-limit 5requests/s",
        "--sandbox-fault reset", "--sandbox-stall 1s:1s", "--sandbox-ttft 300ms",
        "--sandbox-context 100",
    ])
    func `sandbox options need the sandbox`(option: String) async throws {
        try await withScript(script) { path in
            let complaint = #expect(throws: Fault.self) {
                try order("\(path) --service stammer --target http://h \(option)", .made())
            }
            #expect(complaint?.place == .flag(String(option.prefix { $0 != " " })))
        }
    }
}
