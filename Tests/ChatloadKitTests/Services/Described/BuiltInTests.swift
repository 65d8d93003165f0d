import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// The services that are built in as descriptions.
@Suite struct BuiltInTests {
    static let names = ["openai", "azure-openai", "responses", "anthropic", "ollama", "gemini"]

    @Test func nothingIsWrongWithThem() throws {
        for text in BuiltInService.texts {
            let review = ServiceFileReview.of(Array(text.utf8), path: "x")
            #expect(review.complaints.map(\.description) == [])
            #expect(review.warnings.map(\.description) == [])
        }
        #expect(BuiltInService.all.map(\.name) == Self.names)
        #expect(Services.names == ["tamako", "botyard", "stammer"] + Self.names)
    }

    /// Two turns with the least that must be set, and two with everything that can be.
    @Test(arguments: names)
    func requests(name: String) async throws {
        let description = try #require(Services.named(name))
        var all: [String: String] = [:]
        for parameter in description.parameters where parameter.name != "base" {
            switch parameter.kind {
            case .text: all[parameter.name] = "\(parameter.name) \"x\""
            case .integer: all[parameter.name] = "64"
            case .number: all[parameter.name] = "0.5"
            case .boolean: all[parameter.name] = "true"
            }
        }
        var shown: [String] = []
        for settings in [[:], all] {
            let user = ScriptedUser(
                try description.configured(settings, inSandbox: true, history: HistorySettings()))
            await user.say("Hi \"you\" & 50% off?\nLine #2 + ünï 😀")
            await user.say("two")
            #expect(user.line.failures == [] && user.line.replies.count == 2)
            shown += user.line.requests
        }
        let text = shown.joined(separator: "\n-----\n").unicodeScalars
            .map { $0 == "\r" ? "\\r" : String($0) }.joined()
        let difference = Golden.difference(text + "\n", from: "requests/\(name).say.txt")
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test(
        arguments: [
            ("/v1/chat/completions", "openai", "", [:]),
            ("/api/v1/chat/completions", "openai", "/api", [:]),
            ("/openai/deployments/gpt/chat/completions", "azure-openai", "", ["deployment": "gpt"]),
            ("/v1/responses", "responses", "", [:]), ("/v1/messages", "anthropic", "", [:]),
            ("/x/api/chat", "ollama", "/x", [:]),
        ] as [(String, String, String, [String: String])])
    func aPathNamesTheService(
        path: String, name: String, prefix: String, parameters: [String: String]
    ) throws {
        let reached = try #require(Services.named(name)).reached(by: path)
        #expect(reached?.prefix == prefix && reached?.parameters == parameters)
    }

    /// A role is what options set; where a service cannot do it, none has it.
    @Test func rolesAreThere() throws {
        let expected: [(ServiceParameter.Role, [String])] = [
            (.model, Self.names), (.length, Self.names), (.system, Self.names),
            (.stream, Self.names), (.pin, ["openai"]),
            (.auth, ["azure-openai", "anthropic"]),
        ]
        for (role, names) in expected {
            let able = BuiltInService.all.filter { $0.parameter(for: role) != nil }.map(\.name)
            #expect(able == names, "\(role)")
        }
    }

    @Test func aNumberOfTokensFollowsATurn() async throws {
        let service = try #require(Services.named("openai")).configured(["model": "m"])
        let user = ScriptedUser(service)
        await user.play(Turn(.say("a"), with: ["max_tokens": "5"]))
        await user.play(Turn(.say("b"), with: ["max_tokens": "6"]))
        await user.say("c")
        let bodies = DescribedSessionTests.bodies(user)
        #expect(bodies[0].contains(#""max_tokens":5"#) && bodies[1].contains(#""max_tokens":6"#))
        #expect(!bodies[2].contains("max_tokens"))
        // The history goes on.
        #expect(bodies[2].contains(#""content":"a""#) && bodies[2].contains(#""content":"b""#))
    }
}
