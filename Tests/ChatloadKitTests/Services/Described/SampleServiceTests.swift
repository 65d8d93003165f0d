import Base
import Sandbox
import Support
import Testing

@testable import ChatloadKit

/// The descriptions to start from, and all that the workloads' page says of descriptions.
@Suite struct SampleServiceTests {
    private static let folder = repository + "/workloads/services/"

    private static var page: String { text(of: repository + "/workloads/README.md") ?? "" }

    /// The blocks of the page that are marked so.
    private static func examples(marked mark: String) -> [String] {
        page.components(after: "```\(mark)\n").map { block in
            String(block[..<(block.firstRange(of: "\n```")?.lowerBound ?? block.endIndex)])
        }
    }

    @Test(arguments: names(in: folder))
    func samplesAreGood(name: String) throws {
        let review = ServiceFileReview.of(Corpus.contents(of: Self.folder + name), path: name)
        let service = try review.service()
        #expect(review.warnings.isEmpty && review.unplayed == nil)
        #expect(service.name + ".json" == name && !service.summary.isEmpty)
        #expect(Services.named(service.name) == nil, "a built-in one has the name")
        #expect(service.parameters.allSatisfy { $0.help != $0.name })
        #expect(Self.page.contains("(services/\(name))"))
    }

    /// Those whose interface the sandbox imitates are played against it.
    @Test(arguments: ["request-reply", "sse-bot"])
    func samplesArePlayed(name: String) async throws {
        let bytes = Corpus.contents(of: Self.folder + name + ".json")
        let service = try ServiceFileReview.of(bytes, path: name).service()
        let run = VirtualRun(
            scripts: [#"{"turns":[{"say":"Hello"},{"say":"And then?"}]}"#], service: service,
            load: LoadShape(users: 2, conversations: 6))
        let (result, _) = try await run.againstSandbox(.fixed(.milliseconds(10)))
        #expect(result.summary.totals[.succeeded] == 12, "\(result.summary.errors)")
        #expect(result.summary.totals[.failed] == 0)
    }

    /// The length that a script has for a reply goes where the service has it, and is passed over
    /// where it has none.
    @Test func lengthsOfScriptsAreTold() async throws {
        let lengths = [
            ("ndjson-bot", #""num_predict":5"#), ("sse-bot", #""max_tokens":5"#),
            ("request-reply", "chatbot_uuid"),
        ]
        for (name, words) in lengths {
            let bytes = Corpus.contents(of: Self.folder + name + ".json")
            let service = try ServiceFileReview.of(bytes, path: name).service()
            let user = ScriptedUser(try service.configured(inSandbox: true))
            await user.play(Turn(.say("x"), with: ["max_tokens": "5"]))
            #expect(user.line.requests.last?.contains(words) == true, "\(name)")
            try withFile(#"{"prompt":"a","max_tokens":5}"# + "\n", suffix: ".jsonl") { path in
                let review = try Workload.open([path]).review(
                    with: service.configured(inSandbox: true))
                #expect(review.complaints.isEmpty)
                #expect(review.omissions[.replyLimit] == (name == "request-reply" ? 1 : 0))
            }
        }
    }

    @Test func everyExampleIsGood() throws {
        let examples = Self.examples(marked: "service")
        #expect(examples.count == 2)
        for example in examples {
            let review = ServiceFileReview.of(Array(example.utf8), path: "f")
            _ = try review.service()
            #expect(review.warnings.isEmpty)
        }
    }

    @Test func itsMistakesAreToldAsItSays() {
        let wrong = Self.examples(marked: "wrong")
        let review = ServiceFileReview.of(Array((wrong.first ?? "").utf8), path: "acme.json")
        let told = (review.complaints + review.warnings).map(\.description)
        #expect(Self.examples(marked: "complaints") == [told.joined(separator: "\n")])
    }

    @Test func everyKeyIsDescribed() {
        let keys: [[String]] = [
            words(DescriptionKey.self), words(ParameterKey.self), words(TextLimitKey.self),
            words(ServiceUserKey.self), words(MessageRole.self),
            words(ServiceRequestKey.self), words(ServiceReplyKey.self), words(UsageKey.self),
        ]
        let page = Self.page
        for word in keys.joined() { #expect(page.contains("`\(word)`"), "\(word)") }
        for word in words(PlaceKey.self) + words(ChoiceKey.self) + words(HistoryKey.self)
            + words(SessionStepKey.self)
            + words(RenewalKey.self)
        {
            #expect(page.contains("`\(word)`") || page.contains("\"\(word)\":"), "\(word)")
        }
        for (name, _) in ServiceFileReader.variables {
            #expect(page.contains("`${\(name)}`"), "\(name)")
        }
    }

    private func words<Key: ObjectKey>(_: Key.Type) -> [String] {
        Key.allCases.map(\.rawValue)
    }
}

extension String {
    /// What follows each occurrence of a text, up to the end.
    fileprivate func components(after mark: String) -> [String] {
        var rest = self[...]
        var parts: [String] = []
        while let found = rest.firstRange(of: mark) {
            rest = rest[found.upperBound...]
            parts.append(String(rest))
        }
        return parts
    }
}
