import Base
import Networking
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// Load by length: prompts that are made, what corrects them, and what is said of it.
@Suite struct MadePromptsTests {
    private static func settings(
        _ prompt: CountModel?, prefix: Int? = nil, turns: CountModel? = nil
    ) -> LengthSettings {
        var settings = LengthSettings()
        (settings.prompt, settings.sharedPrefix, settings.turns) = (prompt, prefix, turns)
        return settings
    }

    private static func made(
        _ settings: LengthSettings, seed: UInt64 = 5, tokens: TokenEstimate = .usual,
        for service: String = "openai", _ calibration: PromptCalibration = PromptCalibration()
    ) throws -> MadePrompts {
        let service = try #require(Services.named(service))
        return try #require(
            MadePrompts(
                settings, PromptSettings(seed: seed, tokens: tokens, calibration: calibration),
                for: service))
    }

    @Test func conversationsAreAlikeInNothingButTheirBeginning() throws {
        let prompts = try Self.made(
            Self.settings(.fixed(50), prefix: 30, turns: .uniform(1, 4)))
        let prefix = try #require(prompts.prefix())
        let all = (1...500).map { prompts.conversation(iteration: $0, behind: prefix) }
        #expect(TokenEstimate.usual.tokens(in: prefix) == 30)
        #expect(all.allSatisfy { $0.system == prefix })
        #expect(Set(all.map(\.turns.count)) == [1, 2, 3, 4])
        let texts = all.flatMap { $0.turns.map(\.text) }
        #expect(texts.allSatisfy { TokenEstimate.usual.tokens(in: $0) == 50 })
        #expect(Set(texts.map { $0.prefix(24) }).count == texts.count)
        #expect(
            all.allSatisfy { $0.turns[0].madeTokens == 80 && $0.turns.last?.madeTokens ?? 80 == 80 }
        )
        #expect(prompts.conversation(iteration: 7, behind: prefix) == all[6])
        let other = try Self.made(Self.settings(.fixed(50)), seed: 6)
        #expect(other.conversation(iteration: 7, behind: nil).turns[0].text != all[6].turns[0].text)
    }

    @Test func aServiceWithoutSystemPromptIsToldTheBeginningFirst() throws {
        let prompts = try Self.made(
            Self.settings(.fixed(5), prefix: 10, turns: .fixed(2)), for: "tamako")
        let prefix = try #require(prompts.prefix())
        let conversation = prompts.conversation(iteration: 1, behind: prefix)
        #expect(conversation.system == nil)
        #expect(conversation.turns[0].text.hasPrefix(prefix + " "))
        #expect(!conversation.turns[1].text.hasPrefix(prefix))
    }

    /// Services that count otherwise: so many bytes a token, and so many tokens besides.
    @Test(arguments: [(3.1, 0.0), (5.7, 12), (4, 40), (1.3, 3)])
    func theFitFindsHowAServiceCounts(bytesPerToken: Double, overhead: Double) throws {
        let calibration = PromptCalibration()
        #expect(calibration.fit == nil)
        var random = SeededRandom(seed: 11)
        for number in 1...100 {
            let bytes = Int(random.next() % 4_000) + 100
            let tokens = (Double(bytes) / bytesPerToken + overhead).rounded()
            calibration.add(bytes: bytes, tokens: Int(tokens))
            let generation = PromptCalibration.steps.count { $0 <= number }
            #expect(calibration.generation == generation)
        }
        let fit = try #require(calibration.fit)
        #expect(abs(fit.bytesPerToken - bytesPerToken) < 0.02 * bytesPerToken)
        #expect(abs(fit.overhead - overhead) < 1)
    }

    @Test func aServiceThatCountsNonsenseChangesLittle() throws {
        for tokens in [1, 1_000_000_000] {
            let calibration = PromptCalibration()
            for _ in 0..<64 { calibration.add(bytes: 2_000, tokens: tokens) }
            let fit = try #require(calibration.fit)
            #expect((0.5...16).contains(fit.bytesPerToken) && fit.overhead == 0)
        }
        let calibration = PromptCalibration()
        calibration.add(bytes: 0, tokens: 5)
        calibration.add(bytes: 5, tokens: 0)
        calibration.add(bytes: 5, tokens: 5)
        #expect(calibration.fit == nil)
    }

    private static func run(
        _ settings: LengthSettings, tokens: TokenEstimate, conversations: Int,
        reply: CountModel? = nil, parameters: [String: String] = [:]
    ) async throws -> (summary: Summary, counts: SandboxCounts) {
        let openAI = try #require(Services.named("openai"))
        var run = VirtualRun(
            scripts: [WholeRunTests.oneTurn], service: openAI,
            load: LoadShape(users: 4, conversations: conversations))
        run.settings = ["model": "sandbox-1"].merging(parameters) { $1 }
        let made = try made(settings, tokens: tokens)
        let workload = try Workload.making(made)
        run.adjust = { plan in
            plan.workload = workload
            plan.replyLengths = ReplyLengths(
                reply, seed: plan.seed, for: plan.service.description)
            plan.tokens = tokens
        }
        let (result, counts) = try await run.againstSandbox(SandboxSettings())
        return (result.summary, counts)
    }

    /// The sandbox counts four characters a token; an estimate of two would make prompts half as long.
    @Test func whatTheServiceReportsCorrectsTheLength() async throws {
        let settings = Self.settings(.uniform(100, 300), prefix: 200)
        let (summary, _) = try await Self.run(settings, tokens: .bytes(2), conversations: 600)
        let prompts = try #require(summary.streams?.prompts)
        #expect(prompts.count == 600)
        #expect((395.0...405).contains(prompts.tokensAsked))
        // Those that were under way before the first reply are too short for ever.
        #expect(abs(prompts.tokensReported - prompts.tokensAsked) < 4)
        #expect(prompts.meanMiss < 4)
        let (exact, _) = try await Self.run(settings, tokens: .usual, conversations: 50)
        #expect(try #require(exact.streams?.prompts).meanMiss <= 1)
    }

    @Test func drawnLengthsOfRepliesAreAsked() async throws {
        let (summary, _) = try await Self.run(
            Self.settings(.fixed(20), turns: .fixed(2)), tokens: .usual, conversations: 100,
            reply: .uniform(3, 9), parameters: ["pin_length": "true"])
        let streams = try #require(summary.streams)
        #expect(streams.lengthAsked == 200)
        #expect(streams.finishes["length", default: 0] > 150)
        #expect((600...1_800).contains(summary.totals[.replyTokens]))
        #expect(streams.lengthMissed < 20)
        // First turns alone: later ones have replies in them.
        #expect(streams.prompts?.count == 100)
    }

    @Test(arguments: [("1", 2), ("100000", 2)])
    func repliesOfAnotherLengthAreMissed(most: String, turns: Int) async throws {
        let (summary, _) = try await Self.run(
            Self.settings(.fixed(20), turns: .fixed(turns)), tokens: .usual, conversations: 10,
            parameters: ["max_tokens": most])
        let streams = try #require(summary.streams)
        #expect(streams.lengthAsked == 20 && streams.lengthMissed == (most == "1" ? 0 : 20))
    }

    /// A limit of the script's own goes before one that is drawn, whatever it is called.
    @Test(arguments: ["ollama", "responses", "openai", "anthropic"])
    func aScriptsOwnLengthStays(name: String) throws {
        let service = try #require(Services.named(name))
        let lengths = try #require(ReplyLengths(.fixed(9), seed: 1, for: service))
        let own = try #require(service.parameter(for: .length))
        var conversation = Conversation(id: "a", line: 1)
        conversation.turns = [Turn(.say("a"), with: ["max_tokens": "5"]), Turn(.say("b"))]
        let drawn = lengths.drawn(for: conversation, iteration: 1).turns.map(\.with)
        #expect(drawn == [["max_tokens": "5"], [own.name: "9"]])
        conversation.with = ["max_tokens": "7"]
        #expect(lengths.drawn(for: conversation, iteration: 1) == conversation)
    }

    /// Anthropic's requests have a limit in any case, which nobody asked for.
    @Test func aDefaultIsNoLengthThatIsAsked() throws {
        let service = try #require(Services.named("anthropic"))
        var conversation = Conversation(id: "a", line: 1)
        conversation.turns = [Turn(.say("a"))]
        let usual = try service.configured(inSandbox: true).setup.settings
        #expect(usual["max_tokens"] != nil && usual.asked(by: conversation).isEmpty)
        let asked = try service.configured(["max_tokens": "12"], inSandbox: true).setup.settings
        #expect(asked.asked(by: conversation).map(\.reply) == [12])
    }

    @Test(arguments: [
        (LengthSettings(), [String](), nil as String?),
        (settings(.fixed(1)), [], nil),
        (settings(.fixed(1)), ["a.jsonl"], "--prompt-tokens: makes prompts instead of a workload"),
        (settings(nil, prefix: 3), ["a.jsonl"], "--shared-prefix: is about prompts that are made"),
        (settings(nil, turns: .fixed(3)), [], "--prompt-turns: is about prompts that are made"),
    ])
    func settingsThatDoNotGoTogether(settings: LengthSettings, files: [String], complaint: String?)
    {
        let found = Result { () throws(Fault) in try settings.check(files: files) }
        switch (found, complaint) {
        case (.success, nil): break
        case (.failure(let fault), let complaint?):
            #expect(fault.description.hasPrefix(complaint), "\(fault)")
        default: Issue.record("\(found)")
        }
    }
}
