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
        ("stammer.jsonl", .stammer),
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

    @Test func noWorkloadIsForgotten() {
        let files = names(in: Self.folder).filter { $0.hasSuffix(".jsonl") }
        #expect(
            files == [
                "botyard.jsonl", "orders.jsonl", "recorded.jsonl", "stammer.jsonl", "support.jsonl",
                "tamako.jsonl",
            ])
    }

    /// The examples of the script reference are the reference's own test.
    @Test func everyExampleIsValid() throws {
        var lines = contents(of: Self.folder + "README.md").split(separator: "\n")[...]
        var examples = 0
        while let fence = lines.firstIndex(of: "```json") {
            let block = lines[(fence + 1)...].prefix { $0 != "```" }
            for line in block {
                examples += 1
                #expect(throws: Never.self, "\(line)") {
                    try parse(String(line), columns: ["order", "city", "email"]).get()
                }
            }
            lines = lines[block.endIndex...]
        }
        #expect(examples >= 6)
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
