import Base
import Networking
import Testing

@testable import ChatloadKit

/// Traces that tell sizes: the prompts that are made for them.
@Suite struct SizedTraceTests {
    private static let prompts = PromptMaker(PromptSettings(seed: 3))

    @Test(arguments: [
        (TokenEstimate.characters(4), 1...40), (.characters(1), 1...40), (.bytes(3), 1...40),
        (.words, 1...40), (.usual, 9_000...9_001), (.usual, 40_000...40_000),
    ])
    func promptsHaveTheStatedTokens(estimate: TokenEstimate, sizes: ClosedRange<Int>) {
        let prompts = PromptMaker(PromptSettings(seed: 1, tokens: estimate))
        for tokens in sizes {
            let text = prompts.prompt(tokens: tokens, stream: 0, row: tokens)
            #expect(estimate.tokens(in: text) == tokens)
            #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0 == " " || $0 == ".") })
            #expect(text.last != " ")
        }
    }

    @Test func promptsFollowFromTheSeedAndTheRow() {
        let prompt = Self.prompts.prompt(tokens: 50, stream: 0, row: 7)
        #expect(Self.prompts.prompt(tokens: 50, stream: 0, row: 7) == prompt)
        #expect(
            PromptMaker(PromptSettings(seed: 3)).prompt(tokens: 50, stream: 0, row: 7) == prompt)
        #expect(
            PromptMaker(PromptSettings(seed: 4)).prompt(tokens: 50, stream: 0, row: 7) != prompt)
        let heads = (0..<5_000).map { Self.prompts.prompt(tokens: 8, stream: 0, row: $0) }
        #expect(Set(heads).count == 5_000, "prompts must not begin alike")
    }

    /// What a caching server sees: equal ids in front make equal texts in front, and nothing else
    /// does.
    @Test func equalBlocksMakeEqualBeginnings() {
        func text(_ tokens: Int, _ blocks: [UInt64], row: Int) -> String {
            Self.prompts.prompt(tokens: tokens, blocks: blocks, stream: 0, row: row)
        }
        let block = PromptMaker.blockTokens * 4
        let first = text(1_500, [1, 2, 3], row: 0)
        let other = text(1_200, [1, 2, 4], row: 1)
        #expect(first.count == 6_000 && other.count == 4_800)
        #expect(first.prefix(2 * block) == other.prefix(2 * block))
        #expect(first.dropFirst(2 * block).prefix(40) != other.dropFirst(2 * block).prefix(40))
        #expect(text(1_500, [9, 2, 3], row: 0).prefix(40) != first.prefix(40))
        // What the ids do not cover is the row's own.
        #expect(text(600, [1], row: 0).prefix(block) == first.prefix(block))
        #expect(text(600, [1], row: 0) != text(600, [1], row: 1))
    }

    /// Reviewing without making prompts finds what reviewing with them would.
    @Test(arguments: ["azure-2023.csv", "azure-2024.csv", "burstgpt.csv", "mooncake.jsonl"])
    func outlinesSayWhatConversationsDo(file: String) throws {
        let path = "\(repository)/Tests/Formats/\(file)"
        let service = try ObligingService(longestText: 40)
        let pace = ReplayPace(speed: 1)
        let outlined = try Workload.open([path]).review(with: service, pace: pace)
        var reviewer = WorkloadValidator(service: service, tokens: .usual, row: [], pace: pace)
        let source = try #require(try Workload.open([path]).sources.first)
        var cursor = source.cursor()
        for index in 0..<source.count {
            do throws(Fault) {
                var omissions = Omissions()
                let conversation = try source.conversation(
                    at: index, from: &cursor, omitting: &omissions)
                reviewer.read(conversation, of: source, at: index, omitting: omissions)
            } catch {
                reviewer.reject(error)
            }
        }
        let review = reviewer.finished()
        #expect(outlined.complaints == review.complaints)
        #expect(outlined.census.once == review.census.once)
        #expect(outlined.starts == review.starts)
        #expect(outlined.census.untimedTurns == review.census.untimedTurns)
        #expect(outlined.omissions == review.omissions)
        #expect(outlined.rejected == review.rejected)
    }

    @Test func longPromptsAreRefusedWithoutMakingAll() throws {
        var check = PromptCheck()
        let service = try ObligingService(longestText: 400)
        for tokens in [1, 1_000, 100, 101, 50, 1_000_000] {
            let objection = check.objection(to: tokens, service, Self.prompts, isTold: false)
            #expect((objection == nil) == (tokens <= 100))
        }
    }
}
