import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What stands under `workloads/` must work as it is: it is the first thing people run.
@Suite struct SampleWorkloadTests {
    private static let folder = repository + "/workloads/"

    @Test(arguments: [
        ("support.jsonl", ServiceDescription.tamako), ("support.jsonl", .botyard),
        ("support.jsonl", .stammer), ("tamako.jsonl", .tamako), ("botyard.jsonl", .botyard),
        ("stammer.jsonl", .stammer), ("assistant.jsonl", BuiltInService.all[0]),
    ])
    func isFine(file: String, name: ServiceDescription) async throws {
        try #require(chdir(repository) == 0)
        let service = try name.configured(inSandbox: true)
        let workload = try Workload.open([Self.folder + file])
        let review = workload.review(with: service)
        #expect(review.complaints.map(\.description) == [])
        #expect(review.census.once.conversations >= 12)
        #expect(review.census.once.turns >= 2 * review.census.once.conversations)
        #expect(review.census.round.conversations > review.census.once.conversations)
        for index in 0..<workload.count {
            let conversation = try workload.conversation(at: index)
            #expect((2...6).contains(conversation.turns.count), "\(conversation.id)")
            let preview = await service.preview(of: conversation, host: "h", limit: 200)
            #expect(preview.failure == nil, "\(conversation.id)")
            #expect(preview.exchanges.count >= conversation.turns.count)
            for secret in service.secrets.values {
                #expect(!preview.exchanges.contains { $0.request.contains(secret) })
            }
        }
    }

    @Test(arguments: Services.all)
    func theTranscriptIsFine(name: ServiceDescription) async throws {
        let service = try name.configured(inSandbox: true)
        let workload = try Workload.open([Self.folder + "recorded.jsonl"])
        let review = workload.review(with: service, pace: ReplayPace(speed: 1, turns: .strict))
        #expect(review.complaints.map(\.description) == [] && review.starts.count == 12)
        #expect(review.starts.last == .seconds(600) && review.starts == review.starts.sorted())
        for index in 0..<workload.count {
            let turns = try workload.conversation(at: index).turns
            #expect(turns.allSatisfy { $0.at != nil && $0.reply != nil })
            #expect(turns.dropFirst().allSatisfy { $0.think != nil })
        }
    }

    /// The sample with data shows what scripts can do with it.
    @Test(arguments: Services.all)
    func ordersAreFine(name: ServiceDescription) async throws {
        try #require(chdir(repository) == 0)
        let service = try name.configured(inSandbox: true)
        let table = try DataTable.open("workloads/files/orders.csv")
        let row = try #require(table.row(at: 3))
        #expect(row == ["20477", "a \"silent\" fan", "Graz"])
        let workload = try Workload.open(["workloads/orders.jsonl"], columns: table.columns)
        let review = workload.review(with: service, row: row)
        #expect(review.complaints.map(\.description) == [])
        #expect(review.census.once.expectations == 4 && review.census.once.captures == 4)
        let preview = await service.preview(
            of: try workload.conversation(at: 0), host: "h", row: row, limit: 200)
        #expect(preview.failure == nil)
        let requests = preview.exchanges.map(\.request).joined()
        #expect(requests.contains("20477") && requests.contains("silent"))
        #expect(requests.contains("‹ticket›") || requests.contains("%E2%80%B9ticket%E2%80%BA"))
    }

    /// Prompts are said as they stand, one a conversation.
    @Test(arguments: Services.all)
    func thePromptsAreFine(name: ServiceDescription) async throws {
        let service = try name.configured(inSandbox: true)
        let workload = try Workload.open([Self.folder + "prompts.txt"])
        #expect(workload.formats == [.text])
        let review = workload.review(with: service)
        #expect(review.complaints.map(\.description) == [])
        #expect((12...20).contains(workload.count) && review.census.once.turns == workload.count)
        for index in 0..<workload.count {
            let preview = await service.preview(
                of: try workload.conversation(at: index), host: "h", limit: 200)
            #expect(preview.failure == nil, "\(index)")
        }
    }

    @Test func noWorkloadIsForgotten() {
        let files = names(in: Self.folder).filter { $0.contains(".") && $0 != "README.md" }
        #expect(
            files == [
                "assistant.jsonl", "botyard.jsonl", "orders.jsonl", "prompts.txt",
                "recorded.jsonl", "stammer.jsonl", "support.jsonl", "tamako.jsonl",
            ])
    }

    /// The examples of the script reference are the reference's own test.
    @Test func everyExampleIsValid() throws {
        let lines = Self.examples(marked: "json").flatMap { $0.split(separator: "\n") }
        for line in lines {
            #expect(throws: Never.self, "\(line)") {
                try parse(String(line), columns: ["order", "city", "email"]).get()
            }
        }
        #expect(lines.count >= 6)
    }

    /// Those of lists of prompts are marked with the format's name.
    @Test(arguments: [
        (WorkloadFormat.text, ".txt", 1), (.prompts, ".jsonl", 1), (.promptTable, ".csv", 1),
        (.aiperf, ".jsonl", 2),
    ])
    func everyListOfPromptsIsRead(format: WorkloadFormat, suffix: String, count: Int) throws {
        let examples = Self.examples(marked: format.rawValue)
        #expect(examples.count == count)
        for example in examples {
            try withFile(example, suffix: suffix) { path in
                let workload = try Workload.open([path])
                let review = workload.review(with: try ObligingService())
                #expect(workload.formats == [format] && review.complaints.isEmpty, "\(example)")
                #expect(review.census.once.conversations == 2)
            }
        }
    }

    /// The blocks of the script reference that are marked so.
    private static func examples(marked mark: String) -> [String] {
        var lines = contents(of: folder + "README.md").split(
            separator: "\n", omittingEmptySubsequences: false)[...]
        var examples: [String] = []
        while let fence = lines.firstIndex(of: "```\(mark)") {
            let block = lines[(fence + 1)...].prefix { $0 != "```" }
            examples.append(block.joined(separator: "\n"))
            lines = lines[block.endIndex...]
        }
        return examples
    }

    @Test func everyKeyAndOperationIsDescribed() {
        let text = contents(of: Self.folder + "README.md")
        let operations = Services.stepNames.filter { $0 != "say" && $0 != "poll" }
        let keys =
            ConversationKey.allCases.map(\.rawValue) + TurnKey.allCases.map(\.rawValue)
            + ExpectationKey.allCases.map(\.rawValue)
        for word in operations + keys + VariableScope.builtIn.map({ "${\($0)}" }) {
            #expect(text.contains("`\(word)`"), "\(word)")
        }
    }
}
