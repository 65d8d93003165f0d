import Base
import ChatloadKit
import Support
import Testing

@testable import chatload

/// `--data` and what goes with it.
@Suite struct DataOptionsTests {
    private let script = #"{"turns":[{"say":"${order}","expect":{"contains":"x"}}],"system":"S"}"#

    private func order(_ line: String, data: String = "order\n1\n2\n3\n") throws -> PreparedRun {
        let folder = try ScratchFolder()
        let file = try folder.write(script, to: "s.jsonl")
        let rows = try folder.write(data, to: "d.csv")
        let words = "\(file) \(line)".replacing("DATA", with: rows)
        let settings = try runSettings(words)
        return try settings.prepared(in: .made())
    }

    @Test(
        arguments: [
            ("--data DATA", .sequential, .conversation, nil),
            ("--data DATA --data-order shuffled --data-per user", .shuffled, .user, nil),
            ("--data DATA --data-order unique", .unique, .conversation, 3),
            ("--data DATA --data-order unique -n 2", .unique, .conversation, 2),
            ("--data DATA --data-order unique -n 9 --rate 5", .unique, .conversation, 3),
            ("--data DATA --data-order unique --data-per user -c 3", .unique, .user, nil),
        ] as [(String, DataOrder, DataScope, Int?)])
    func reachThePlan(
        line: String, rows: DataOrder, per: DataScope, conversations: Int?
    ) throws {
        let plan = try order(line).plan
        #expect(plan.feeder?.order == rows && plan.feeder?.per == per)
        #expect(plan.load.conversations == conversations)
    }

    @Test(arguments: [
        ("--data-order unique", "--data-order: needs data"),
        ("--data-per user", "--data-per: needs data"),
        ("--data /no/such.csv", "/no/such.csv: cannot be opened: No such file or directory"),
        ("--data DATA --data-order random", "--data-order: unknown order of rows 'random'"),
        (
            "--data DATA --data-order unique --data-per user -c 4",
            "--data-order: 4 users want a row each and"
        ),
        (
            "--data DATA --data-order unique --data-per user --rate 5",
            "--data-order: unique rows for users need a fixed number of users"
        ),
    ])
    func sayWhatIsWrong(line: String, expected: String) {
        let complaint = #expect(throws: Fault.self) { try order(line) }
        #expect(
            complaint?.rendered.contains("error: " + expected) == true,
            "\(complaint?.rendered ?? "")")
    }

    /// A replay plays every conversation: each needs its row.
    @Test(arguments: [(2, true), (1, false)])
    func replaysNeedARowForEach(rows: Int, isEnough: Bool) throws {
        let folder = try ScratchFolder()
        let file = try folder.write(script + "\n" + script, to: "s.jsonl")
        let data = try folder.write("order\n" + String(repeating: "1\n", count: rows), to: "d.csv")
        let line = "replay \(file) --data \(data) --data-order unique"
        guard case .replay(let settings, _) = try Invocation(words(line), in: .made()) else {
            throw Fault("BUG: not a replay")
        }
        if isEnough {
            #expect(try settings.prepared(in: .made()).plan.feeder?.table.count == 2)
        } else {
            let complaint = #expect(throws: Fault.self) {
                try settings.prepared(in: .made())
            }
            #expect(complaint?.message.hasPrefix("2 conversations want a row each") == true)
        }
    }

    @Test func namesWhatIsUnknown() {
        let complaint = #expect(throws: Fault.self) {
            try order("--data DATA", data: "ordr\n1\n")
        }
        #expect(complaint?.message == "unknown variable ${order}")
        #expect(complaint?.hint?.hasPrefix("did you mean ${ordr}?") == true)
    }

    @Test func areShown() async throws {
        let folder = try ScratchFolder()
        let file = try folder.write(script, to: "s.jsonl")
        let rows = try folder.write("order,city\n\"4711\",Bonn\n", to: "d.csv")
        for (service, prompts) in [
            ("stammer", "1, sent as custom_base_system_prompt"),
            ("tamako", "1, left out: tamako takes none"),
        ] {
            let settings = try runSettings(
                "\(file) --data \(rows) --data-order unique --service \(service)", in: .made())
            let report = try await PlanReport(
                of: settings.prepared(in: .made()), settings)
            let shown = Dictionary(uniqueKeysWithValues: report.rows.map { ($0.name, $0.value) })
            #expect(shown["checks"] == "1 turn with expectations, 0 captures")
            #expect(shown["system prompts"] == prompts)
            #expect(
                shown["data"]
                    == "\(rows): 1 row of order, city\none for each conversation, each once")
            #expect(shown["stops after"] == "1 conversations or 10s")
            #expect(report.text.contains("4711"))
            #expect(report.json.contains(#""data_columns":["order","city"]"#))
        }
    }
}
