import Base
import Networking
import Support
import Testing

@testable import Sandbox

@Suite("Limits, as each service says them")
struct LimitedServicesTests {
    static func bench(_ limits: String...) -> Bench {
        Bench { settings in
            for limit in limits.compactMap(ServiceLimit.init(parsing:)) {
                for service in [\SandboxSettings.tamako, \.botyard, \.stammer] {
                    switch limit.unit {
                    case .requests: settings[keyPath: service].requestLimit = limit
                    case .tokens: settings[keyPath: service].tokenLimit = limit
                    }
                }
            }
        }
    }

    @Test func stammerThrottlesATokenLikeItsFramework() {
        var bench = Self.bench("2 requests/m")
        let message = StammerTests.post(StammerTests.message("a"))
        // Whatever is wrong with a request, it counts once it is known whose it is.
        #expect(bench.send(StammerTests.post("", method: "GET")).status == 405)
        #expect(bench.send(StammerTests.post("", token: nil)).status == 401)
        #expect(bench.send(message).status == 200)
        let refused = bench.send(message)
        #expect(refused.status == 429 && refused.header("Retry-After") == "30")
        #expect(
            refused.body
                == "{\"detail\":\"Request was throttled. Expected available in 30 seconds.\"}")
        let other = StammerTests.post(StammerTests.message("a"), token: "Token other")
        #expect(bench.send(other).status == 200)
        bench.now = bench.now + .milliseconds(29_001)
        let singular = bench.send(message)
        #expect(singular.header("Retry-After") == "1")
        #expect(singular.body.hasSuffix("in 1 second.\"}"))
        bench.now = bench.now + .milliseconds(999)
        #expect(bench.send(message).value("answer")?.hasSuffix("(turn 3)") == true)
        let counts = bench.services.snapshot(of: nil)
        #expect(counts.credentials["stammer"]?.map(\.requests) == [5, 1])
        #expect(counts.credentials["stammer"]?.map(\.rejected) == [2, 0])
        #expect(counts.requests["stammer.message"] == [200: 3, 401: 1, 405: 1, 429: 2])
    }

    @Test func stammerLimitsTokens() {
        var bench = Self.bench("10 tokens/s")
        let message = StammerTests.post(StammerTests.message("12345"))
        let answer = bench.send(message).value("answer") ?? ""
        let tokens = 2 + (answer.count + 3) / 4
        #expect(bench.services.snapshot(of: nil).credentials["stammer"]?.map(\.tokens) == [tokens])
        let wait = tokens - 10 + 1
        #expect(bench.send(message).header("Retry-After") == "\((wait + 9) / 10)")
        bench.now = bench.now + .milliseconds(Int64(wait) * 100)
        #expect(bench.send(message).status == 200)
    }

    @Test func tamakoSaysWhereACredentialStands() {
        var bench = Self.bench("2 requests/20m")
        let message = TamakoTests.get("\(TamakoTests.keys)&user=1&message=hi")
        let first = bench.send(message)
        #expect(first.header("X-RateLimit-Limit") == "2")
        #expect(first.header("X-RateLimit-Remaining") == "1")
        #expect(
            first.header("X-RateLimit-Reset")
                == "Tue Nov 14 2023 22:23:20 GMT+0000 (Coordinated Universal Time)")
        #expect(first.header("Retry-After") == nil)
        #expect(bench.send(message).header("X-RateLimit-Remaining") == "0")
        bench.now = bench.now + .milliseconds(54_500)
        let refused = bench.send(message)
        #expect(refused.status == 429 && refused.header("Retry-After") == "09:06")
        #expect(refused.header("X-RateLimit-Remaining") == "0")
        #expect(
            refused.body
                == "{\"error\":true,\"message\":\"You are being rate limited: 2 requests/20m\"}")
        let other = TamakoTests.get("prvid=q&svcid=s&svcsecret=x&user=1&message=hi")
        #expect(bench.send(other).status == 200)
        // What is not a credential's request is not limited.
        #expect(bench.send(TamakoTests.get("")).header("X-RateLimit-Limit") == nil)
    }

    @Test func botyardLimitsUsersOnlyWhenAskedTo() {
        var free = Member()
        for _ in 0..<50 { #expect(free.messages().status == 200) }
        #expect(free.bench.services.snapshot(of: nil).credentials["botyard"] == nil)
        // The chat was the first request that counted.
        var member = Member { $0.botyard.requestLimit = ServiceLimit(parsing: "3 requests/m") }
        #expect(member.say("hi").status == 201 && member.messages().status == 200)
        let refused = member.say("hi")
        #expect(refused.status == 429 && refused.body == "{\"message\":\"Too Many Requests\"}")
        #expect(refused.header("Retry-After") == nil && refused.header("Set-Cookie") != nil)
        #expect(member.bench.botyard("GET", "/v1/client-api/bots").status == 200)
        member.bench.now = member.bench.now + .seconds(20)
        #expect(member.messages().value("total") == "2")
        let counts = member.bench.services.snapshot(of: nil).credentials["botyard"] ?? []
        #expect(counts.map(\.requests) == [5] && counts.map(\.rejected) == [1])
        #expect(counts.allSatisfy { $0.tokens > 10 })
    }

    @Test(arguments: LoopKind.allCases)
    func countsShowNoCredential(kind: LoopKind) async throws {
        let limit = ServiceLimit(parsing: "1 requests/m")
        try await SandboxServerTests.with(kind, { $0.tamako.requestLimit = limit }) {
            loop, _, address in
            var client = try await RawClient(to: address, on: loop)
            try await client.send(SandboxServerTests.chat + SandboxServerTests.chat)
            _ = try await client.response()
            let head = try await client.response().head
            #expect(head.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
            try await client.send("GET /_sandbox/counts HTTP/1.1\r\nHost: h\r\n\r\n")
            let counts = try await client.response().body
            #expect(
                counts.contains(
                    "\"credentials\":{\"tamako\":[{\"requests\":2,\"rejected\":1,\"tokens\":"))
        }
    }

    @Test func stallsHoldAllAnswers() async throws {
        let stalls = [Stall(parsing: "1s:3s")].compactMap(\.self)
        try await SandboxServerTests.with(.simulated, { $0.stalls = stalls }) {
            loop, _, address in
            let start = loop.tick
            var client = try await RawClient(to: address, on: loop)
            for (sent, received) in [(0, 20), (970, 990), (985, 4000), (4000, 4020)] {
                await loop.sleep(until: start + .milliseconds(Int64(sent)))
                try await client.send(SandboxServerTests.chat)
                _ = try await client.response()
                #expect(loop.tick - start == .milliseconds(Int64(received)))
            }
        }
    }
}
