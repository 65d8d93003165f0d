import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Latency models")
struct LatencyModelTests {
    @Test(arguments: [
        ("0", LatencyModel.fixed(.zero)), ("50ms", .fixed(.milliseconds(50))),
        ("fixed:2s", .fixed(.seconds(2))),
        ("uniform:10ms,50ms", .uniform(.milliseconds(10), .milliseconds(50))),
        ("lognormal:80ms,0.5", .logNormal(median: .milliseconds(80), sigma: 0.5)),
        ("exponential:1s", .exponential(mean: .seconds(1))),
    ])
    func reads(text: String, model: LatencyModel) {
        #expect(LatencyModel(parsing: text) == model)
        #expect(LatencyModel(parsing: model.description) == model)
    }

    @Test(arguments: [
        "", "fast", "fixed:", "fixed:1s,2s", "uniform:2s,1s", "uniform:1s", "lognormal:1s",
        "lognormal:1s,-1", "lognormal:1s,nan", "-1s", "normal:1s,1s", "fixed:1s:2s",
    ])
    func refuses(text: String) {
        #expect(LatencyModel(parsing: text) == nil)
    }

    @Test(arguments: [
        ("10ms", 10.0), ("uniform:10ms,50ms", 30), ("exponential:50ms", 50),
        // The mean of a log-normal is its median times exp(σ²/2).
        ("lognormal:80ms,0.5", 90.65),
    ])
    func drawsWithTheRightMean(text: String, mean: Double) throws {
        let model = try #require(LatencyModel(parsing: text))
        var random = SeededRandom(seed: 5)
        let draws = (0..<20_000).map { _ in model.draw(using: &random).milliseconds }
        let measured = draws.reduce(0, +) / Double(draws.count)
        #expect(abs(measured - mean) < mean * 0.03)
        #expect(draws.allSatisfy { $0 >= 0 })
    }
}

@Suite("Credentials files")
struct CredentialsTests {
    @Test(arguments: [
        ("{\"service\":\"stammer\"}", "line 1: stammer needs \"token\""),
        ("\n{\"service\":\"tamako\",\"prvid\":\"a\"}", "line 2: tamako needs"),
        ("{\"service\":\"x\",\"token\":\"hush\"}", "line 1: \"service\" must be"),
        ("[]", "line 1: not one JSON object"), ("{", "line 1: not one JSON object"),
        ("{\"service\":\"stammer\",\"token\":5}", "line 1: not one JSON object"),
    ])
    func complains(file: String, message: String) {
        #expect {
            try Credentials(parsing: Array(file.utf8))
        } throws: { error in
            "\(error)".hasPrefix(message) && !"\(error)".contains("hush")
        }
    }

    @Test func aServiceWithoutAnyTakesEverything() throws {
        let credentials = try Credentials(
            parsing: Array("{\"service\":\"stammer\",\"token\":\"a\"}\r\n".utf8))
        func takes(_ credentials: Credentials, _ token: String) -> Bool {
            credentials.takesStammer(Array(token.utf8).span)
        }
        let takesAdmin = credentials.takesBotyardAdmin(Array("anything".utf8).span)
        #expect(takesAdmin)
        #expect(takes(credentials, "a") && !takes(credentials, "anything"))
        #expect(takes(Credentials(), "anything") && !takes(Credentials(), ""))
    }
}

@Suite("Tables that forget")
struct GenerationTableTests {
    @Test func keepsWhatIsUsed() {
        var table = GenerationCache<Int, Int>(capacity: 10)
        for number in 0..<1000 {
            _ = table.update(number, initial: number) { _ in }
            #expect(table.value(for: 0) == 0)
            #expect(table.count <= 20)
        }
        #expect(table.value(for: 999) == 999 && table.value(for: 500) == nil)
    }
}

@Suite("Replies")
struct ReplyTextTests {
    static func reply(_ message: String, turn: Int = 1, seed: UInt64 = 1) -> String {
        var buffer = ByteBuffer()
        ReplyText(seed: seed).append(to: &buffer, message: Array(message.utf8), turn: turn)
        return buffer.text
    }

    @Test func dependOnMessageTurnAndSeed() {
        #expect(Self.reply("a") == Self.reply("a"))
        #expect(Self.reply("a", turn: 2) != Self.reply("a", turn: 3))
        #expect(Self.reply("order 1234") != Self.reply("order 1234", seed: 2))
    }

    @Test func neverCutACharacter() {
        for length in 0..<200 {
            let text = Self.reply(
                String(repeating: "x", count: length % 4)
                    + String(repeating: "😀", count: length))
            #expect(!text.contains("\u{FFFD}"))
        }
    }
}
