import Glibc
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct ResumptionTests {
    @Test func aLogCutAnywhereEndsWithItsLastWholeRow() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/exchanges.csv"
        var encoder = RowEncoder(service: "stammer")
        var rows = ByteBuffer()
        rows.append(ExchangeColumn.header)
        var ends: [(size: Int, latest: Nanoseconds)] = [(rows.count, .zero)]
        for number in 1...4 {
            var exchange = Exchange()
            exchange.script = number == 2 ? "two\n\"lines\",\n" : "c\(number)"
            exchange.end = .seconds(Int64(10 - number))
            encoder.append(exchange, step: "say", to: &rows)
            ends.append((rows.count, .seconds(9)))
        }
        for cut in ExchangeColumn.header.count...rows.count {
            try Files.replace(path, with: Array(rows.bytes.prefix(cut)))
            let end = try LogEnd(of: path)
            let expected = ends.last { $0.size <= cut }
            #expect(end.size == expected?.size && end.latest == expected?.latest, "cut at \(cut)")
        }
    }

    /// A folder in which conversations are done, and one is under way.
    private static func makeFolder(_ path: String, boot: String) throws -> RunDescription {
        let log = try RunLog(folder: path, mode: .all, keeping: .progress)
        var end = WorkerLog(log: log, service: "stammer")
        var line = ByteBuffer()
        line.append("{\"id\":\"c\",\"turns\":[]}\n")
        for ticket in [3, 1] {
            _ = end.addStart(ofTurn: 1, iteration: ticket, script: "c")
            var exchange = Exchange()
            exchange.iteration = ticket
            exchange.end = .seconds(Int64(ticket))
            end.add(exchange, step: "say")
            var conversation = ConversationRecord()
            conversation.iteration = ticket
            end.add(conversation, transcript: line, isBatch: false)
        }
        _ = end.addStart(ofTurn: 2, iteration: 2, script: "c")
        try log.close()
        var run = RunDescription(name: "run")
        run.command = "replay"
        run.parts = [RunPart(started: "", boot: boot)]
        try ReportFolder.write(run, to: path)
        return run
    }

    @Test func itGoesOnBehindWhatIsWhole() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let run = try Self.makeFolder(path, boot: "a")
        for (name, torn) in [("exchanges.csv", "1,0,\"torn\n"), ("journal.tsv", "done\t1\t\"")] {
            let file = try Files.open(appending: "\(path)/\(name)")
            try Files.write(Array(torn.utf8), to: file, path: name)
            close(file)
        }
        let resumption = try Resumption(of: path, run, boot: "a")
        #expect((0..<3).map(resumption.isDone) == [true, false, true])
        #expect(resumption.elapsed == .seconds(3))
        #expect(resumption.inFlight == [InFlight(part: 1, conversation: "c#2", turn: 2)])
        let log = try resumption.begin(part: 2)
        var end = WorkerLog(log: log, service: "stammer")
        var line = ByteBuffer()
        line.append("{}")
        var conversation = ConversationRecord()
        conversation.iteration = 2
        end.add(conversation, transcript: line, isBatch: false)
        end.flush()
        try log.close()
        let replies = try KeptReplies(in: path)
        #expect(replies.doneCount == 3 && replies.index?.malformed == 0)
        var counted = Aggregator(steps: StepTable())
        _ = try LogReader.read(
            conversations: path + "/conversations.csv", into: &counted)
        #expect(counted.summary(of: run).totals[.conversationsStarted] == 3)
        let summary = try RunReader.summary(of: [path])
        #expect(summary.totals[.conversationsStarted] == 3 && summary.totals[.exchanges] == 2)
    }

    @Test(arguments: [("b", 0), ("a", 2), ("", 2)])
    func afterARebootOnlyWhatIsOnTheDiskCounts(boot: String, done: Int) throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let run = try Self.makeFolder(path, boot: "a")
        // The closing put all of it on the disk; without that nobody knows.
        let journal = path + "/journal.tsv"
        let lines = String(decoding: try Files.contents(of: journal), as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("safe") }
        try Files.replace(journal, with: Array((lines.joined(separator: "\n") + "\n").utf8))
        let resumption = try Resumption(of: path, run, boot: boot)
        #expect(resumption.doneCount == done)
        #expect(resumption.inFlight.count == 3 - done)
        try resumption.begin(part: 2).close()
        let index = try JournalIndex(reading: journal)
        #expect(index.entries.count == done && index.abandoned.count == 3 - done)
    }

    @Test func whatCannotBeResumedSaysWhy() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        var run = try Self.makeFolder(path, boot: "")
        run.logMode = .none
        #expect(
            RunReaderTests.complaint { _ = try Resumption(of: path, run, boot: "") }
                == "\(path): ran with --log none, so no report could tell of all of its parts")
        run.command = "run"
        #expect(
            RunReaderTests.complaint { _ = try Resumption(of: path, run, boot: "") }
                == "\(path): is no replay that could be resumed")
    }
}
