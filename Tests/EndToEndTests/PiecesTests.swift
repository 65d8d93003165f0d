import Glibc
import Networking
import Support
import Testing

@testable import ChatloadKit
@testable import chatload

/// `--log-max-size` of the built binary.
@Suite struct PiecesTests {
    private static let size = 256_000

    private static func pieces(_ folder: String) -> [String] {
        names(in: folder).filter { $0.hasPrefix("exchanges.") && $0 != "exchanges.csv" }
    }

    @Test func aReplayInPiecesIsKilledAndPlayedOnce() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let count = 2_000
        let workload = try ResumeTests.workload(count, in: scratch)
        let (server, port) = try serve(["stammer", "--latency", "1ms", "--seed", "1"])
        defer { server.signal(SIGKILL) }
        let start =
            [workload, "-o", folder, "-c", "20", "-q", "--log-max-size", "256KB"]
            + ResumeTests.target(port)
        var random = SeededRandom(seed: 6)
        for kill in 0..<5 {
            let run = try ResumeTests.child(kill == 0 ? start : ["--resume", folder, "-q"])
            if kill == 0 { #expect(wait(for: folder + "/journal.tsv") { $0.contains("done") }) }
            poll(nil, 0, 50 + Int32(random.next(upperBound: UInt64(100))))
            run.signal(SIGKILL)
            _ = run.ending()
        }
        let last = try ResumeTests.child(["--resume", folder, "-q"]).ending()
        #expect(ResumeTests.isPlayed(last), "\(last.messages)")
        #expect(try ResumeTests.ids(of: folder) == (0..<count).map { "c-\($0)" })
        let whole = try summary(of: folder)
        #expect(whole.totals.conversations.completed == count)
        #expect(whole.totals.exchanges >= 3 * count && !whole.isPartial)
        #expect(whole.run.logPieces?.exchanges == Self.pieces(folder).count)
        #expect(Self.pieces(folder).count >= 3)
        for name in Self.pieces(folder) {
            let piece = try #require(text(of: "\(folder)/\(name)"))
            #expect(piece.utf8.count <= Self.size && piece.hasPrefix("shard,worker,user,"))
        }
        // Without the first piece the report says so, and leaves the complete files as they are.
        unlink("\(folder)/exchanges.1.csv")
        let report = try Child(["report", folder]).ending()
        #expect(report.code == 0, "\(report.messages)")
        #expect(report.output.contains("! partial: "))
        #expect(report.output.contains("exchanges.1.csv is missing"))
        #expect(!(try summary(of: folder).isPartial))
    }

    @Test(arguments: [
        ("--log-max-size 10KB", "--log-max-size: '10KB' is too small"),
        ("--log-max-size 255999", "--log-max-size: '255999' is too small"),
        ("--log-max-size big", "--log-max-size: 'big' is not a size"),
        ("--log-max-size 1GB --log none", "--log-max-size: there is no log with --log none"),
    ])
    func whatCannotBeIsRefused(options: String, words: String) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/run"
        let run = try Child(
            ["run", "workloads/support.jsonl", "-o", folder]
                + options.split(separator: " ").map(String.init)
        ).ending()
        #expect(run.code == 104 && run.messages.hasPrefix("chatload: error: \(words)"))
        #expect(names(in: scratch.path).isEmpty)
    }
}
