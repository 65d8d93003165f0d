import Glibc
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Replays whose logs are in pieces, and that are gone on with.
@Suite struct PiecedReplayTests {
    private static let size = 2_000

    /// Plays conversations by their tickets, each with two exchanges.
    private static func play(_ tickets: ClosedRange<Int>, into log: RunLog) {
        var end = WorkerLog(log: log, service: "stammer")
        var line = ByteBuffer()
        line.append("{\"id\":\"c\",\"turns\":[]}")
        for ticket in tickets {
            _ = end.addStart(ofTurn: 1, ticket: ticket, script: "c")
            for turn in 1...2 {
                var exchange = Exchange()
                (exchange.ticket, exchange.turn, exchange.script) = (ticket, turn, "c")
                exchange.end = .seconds(Int64(ticket))
                end.add(exchange, step: "say")
            }
            var conversation = ConversationRecord()
            (conversation.ticket, conversation.script) = (ticket, "c")
            end.add(conversation, transcript: line, isBatch: false)
            end.flush()
        }
    }

    private static func begun(_ path: String) throws -> RunDescription {
        let log = try RunLog(folder: path, mode: .all, keeping: .progress, maxSize: size)
        play(1...60, into: log)
        try log.close()
        var run = RunDescription(name: "run")
        run.command = "replay"
        run.parts = [RunPart(started: "", boot: "a")]
        try ReportFolder.write(run, to: path)
        return run
    }

    private static func conversations(_ path: String) throws -> Int {
        var counted = Aggregator(steps: StepTable())
        let log = LogPieces(of: "conversations.csv", in: path)
        _ = try LogReader.read(conversations: log, into: &counted)
        return counted.summary(of: RunDescription(name: "")).totals.conversations.started
    }

    /// Whatever the end of the part before has left of the last piece.
    @Test(arguments: ["whole", "torn", "without header", "missing"])
    func itGoesOnInPieces(state: String) throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let run = try Self.begun(path)
        let before = LogPieces(of: "exchanges.csv", in: path)
        #expect(before.numbers.count > 4)
        switch state {
        case "torn":
            let whole = try RunFiles.contents(of: before.last)
            try RunFiles.replace(before.last, with: whole + Array("1,0,\"torn\n".utf8))
        case "without header":
            #expect(rename(before.last, before.path(of: before.highest + 1)) == 0)
            try RunFiles.replace(before.last, with: Array("shard,wor".utf8))
        case "missing": #expect(rename(before.last, before.path(of: before.highest + 1)) == 0)
        default: break
        }
        let resumption = try Resumption(of: path, run, boot: "a")
        #expect(resumption.doneCount == 60 && resumption.elapsed == .seconds(60))
        let log = try resumption.begin(part: 2, maxSize: Self.size)
        // What is made anew of the journal is all there.
        #expect(try Self.conversations(path) == 60)
        Self.play(61...90, into: log)
        try log.close()
        #expect(log.pieces.exchanges > before.numbers.count)
        let summary = try RunReader.summary(of: [path])
        #expect(summary.totals.exchanges == 180 && summary.totals.conversations.started == 90)
        #expect(!summary.isPartial)
        #expect(summary.notes.allSatisfy { !$0.contains("cut off") }, "\(summary.notes)")
        #expect(try Self.conversations(path) == 90)
    }

    /// Pieces of the conversations that are made anew leave none of an earlier part behind.
    @Test func inOnePieceAgain() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let run = try Self.begun(path)
        #expect(!LogPieces(of: "conversations.csv", in: path).numbers.isEmpty)
        let resumption = try Resumption(of: path, run, boot: "a")
        let log = try resumption.begin(part: 2)
        Self.play(61...90, into: log)
        try log.close()
        #expect(LogPieces(of: "conversations.csv", in: path).numbers.isEmpty)
        #expect(log.pieces.conversations == 0 && log.pieces.exchanges > 4)
        #expect(try Self.conversations(path) == 90)
        #expect(try RunReader.summary(of: [path]).totals.exchanges == 180)
    }

    /// A number that was given to a piece which has been moved away is not given again.
    @Test func numbersAreNotUsedTwice() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        var run = try Self.begun(path)
        let log = LogPieces(of: "exchanges.csv", in: path)
        run.logPieces = LogPieceCounts(exchanges: log.highest)
        for number in log.numbers { unlink(log.path(of: number)) }
        let resumption = try Resumption(of: path, run, boot: "a")
        let resumed = try resumption.begin(part: 2, maxSize: Self.size)
        Self.play(61...90, into: resumed)
        try resumed.close()
        let after = LogPieces(of: "exchanges.csv", in: path)
        #expect(after.numbers.first ?? 0 > log.highest)
        #expect(after.missing(hasEnded: true).count == log.highest)
        #expect(try RunReader.summary(of: [path]).isPartial)
    }
}
