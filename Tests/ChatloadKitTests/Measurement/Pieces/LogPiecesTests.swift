import Glibc
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Logs in pieces: writing them, and reading them as one.
@Suite struct LogPiecesTests {
    /// A run written down in pieces of at most `size` bytes.
    static func write(
        _ run: SyntheticRun, to path: String, size: Int? = 12_000
    ) throws -> RunDescription {
        let log = try RunLog(folder: path, mode: .all, maxSize: size)
        var end = WorkerLog(log: log, service: "tamako", credentials: SyntheticRun.credentials)
        for (number, exchange) in run.exchanges.enumerated() {
            end.add(exchange, step: run.steps[exchange.step])
            if number % 20 == 0 { end.flush() }
        }
        for (number, conversation) in run.conversations.enumerated() {
            end.add(conversation)
            if number % 20 == 0 { end.flush() }
        }
        end.flush()
        try log.close()
        var description = run.description
        description.ended = .completed
        description.logPieces = log.pieces
        try ReportFolder.write(description, to: path)
        return description
    }

    static func names(of folder: String) -> [String] {
        RunFiles.names(in: folder).filter { $0.hasSuffix(".csv") }.sorted()
    }

    @Test func piecesAreWholeAndTogetherTheRun() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let run = SyntheticRun(seed: 8, count: 3_000)
        let description = try Self.write(run, to: path)
        #expect(description.logPieces?.exchanges ?? 0 > 15)
        #expect(description.logPieces?.conversations ?? 0 > 0)
        for (name, header) in [
            (RunFolder.log, RowEncoder.header),
            (RunFolder.conversations, ConversationRowEncoder.header),
        ] {
            for piece in LogPieces(of: name, in: path).paths {
                let bytes = try RunFiles.contents(of: piece)
                #expect(bytes.starts(with: header) && bytes.last == UInt8(ascii: "\n"))
                #expect(bytes.count <= 12_000 && bytes.count > header.count, "\(piece)")
                var status = stat()
                #expect(stat(piece, &status) == 0 && status.st_mode & 0o777 == 0o600)
            }
        }
        let summary = try RunReader.summary(of: [path])
        #expect(summary == run.aggregator.summary(of: description))
        #expect(!summary.isPartial && summary.notes.isEmpty)
    }

    /// The figures, the export and the waterfalls of a log in pieces are those of one in one piece.
    @Test func everyReaderTakesThemAsOne() throws {
        let folder = try ScratchFolder()
        let run = SyntheticRun(seed: 9, count: 2_000)
        let (one, many) = (folder.path + "/one", folder.path + "/many")
        _ = try Self.write(run, to: one, size: nil)
        _ = try Self.write(run, to: many)
        #expect(Self.names(of: one).count == 2 && Self.names(of: many).count > 12)
        let files = [one, many].map { $0 + "/results.jtl" }
        for (path, file) in zip([one, many], files) {
            try ExportFiles.writeJTL(of: [path], to: ExportPlace(file))
        }
        #expect(try RunFiles.contents(of: files[0]) == RunFiles.contents(of: files[1]))
        let samples = try [one, many].map { try RunSample.read($0) }
        #expect(samples[0].summary.totals == samples[1].summary.totals)
        #expect(samples[1].tally != nil)
        #expect(
            RunReader.logSize(of: [many + "/exchanges.2.csv"]) > RunReader.logSize(of: [one]))
        var read = 0
        _ = try RunReader.figures(of: [many], progress: { read += $0 })
        #expect(read == RunReader.logSize(of: [many]))
    }

    @Test func waterfallsSpanPieces() throws {
        let folder = try ScratchFolder()
        let (rows, slowest) = WaterfallTests.log(conversations: 1_500)
        try RunFiles.replace("\(folder.path)/exchanges.csv", with: rows)
        let expected = WaterfallReader.waterfalls(of: slowest.entries, in: [folder.path])
        unlink("\(folder.path)/exchanges.csv")
        let header = RowEncoder.header
        var cells = CSVCells()
        var (at, start, number) = (header.count, header.count, 1)
        while case .row(let next) = cells.scan(rows.span, from: at) {
            if next - start > 100_000 {
                try RunFiles.replace(
                    "\(folder.path)/exchanges.\(number).csv", with: header + rows[start..<at])
                (start, number) = (at, number + 1)
            }
            at = next
        }
        try RunFiles.replace("\(folder.path)/exchanges.csv", with: header + rows[start...])
        #expect(number > 10)
        let found = WaterfallReader.waterfalls(of: slowest.entries, in: [folder.path])
        #expect(found == expected && found.allSatisfy { $0.gap == nil })
    }

    @Test(arguments: [
        (["exchanges.2.csv"], "exchanges.2.csv is missing, and what it holds is"),
        (
            ["exchanges.1.csv", "exchanges.3.csv", "exchanges.4.csv", "exchanges.5.csv"],
            "exchanges.1.csv, exchanges.3.csv to exchanges.5.csv (4 pieces) are missing, and"
        ),
        (["exchanges.csv"], "exchanges.csv is missing, and what it holds is in no figure"),
        (["conversations.1.csv"], "conversations.1.csv is missing, and"),
        (
            (1...9).filter { $0 % 2 == 1 }.map { "exchanges.\($0).csv" },
            "exchanges.1.csv, exchanges.3.csv, exchanges.5.csv and others (5 pieces) are missing,"
        ),
    ])
    func aMissingPieceIsSaid(names: [String], words: String) throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let run = SyntheticRun(seed: 8, count: 2_000)
        _ = try Self.write(run, to: path)
        for name in names { #expect(unlink("\(path)/\(name)") == 0) }
        let summary = try RunReader.summary(of: [path])
        #expect(summary.isPartial)
        #expect(summary.notes.first?.hasPrefix("partial: \(path): \(words)") == true)
        #expect(summary.notes.count == 1, "\(summary.notes)")
        let isOfExchanges = names[0].hasPrefix("exchanges")
        #expect((summary.totals.exchanges < 1_990) == isOfExchanges)
        #expect(summary.totals.exchanges > 200)
        #expect(summary.slo.allSatisfy { $0.value == nil && !$0.passed })
        #expect(summary.slo[0].remark == "a part of the log is missing")
        #expect(TerminalReport(summary).text.contains("! partial: "))
        // Whoever compares would rather have the summary that was made of all of them.
        let sample = try RunSample.read(path)
        #expect(sample.summary.isPartial && sample.summary.notes == summary.notes)
        try RunFiles.replace(
            "\(path)/summary.json",
            with: SummaryJSON.bytes(run.aggregator.summary(of: run.description)))
        #expect(try RunSample.read(path).summary.isPartial != isOfExchanges)
    }

    /// Those behind the last one that is there are known by the description, or by what stands in
    /// their place; a planted name costs nothing.
    @Test func theHighestNumberIsKnown() throws {
        let folder = try ScratchFolder()
        func log(_ highest: Int = 0) -> LogPieces {
            LogPieces(of: "exchanges.csv", in: folder.path, highest: highest)
        }
        #expect(log().isEmpty && log().missing(hasEnded: false).count == 0)
        for name in [
            "exchanges.1.csv", "exchanges.3.csv.gz", "exchanges.9.csv.77.tmp", "exchanges.csv",
            "exchanges.01.csv", "exchanges.0.csv", "exchanges..csv", "exchanges.-2.csv",
            "exchanges.1234567890123.csv", "exchanges.x.csv", "other.8.csv", "exchanges.7.csvx",
        ] { _ = try folder.write("", to: name) }
        #expect(log().numbers == [1] && log().highest == 7 && log().hasLast)
        #expect(log().missing(hasEnded: true).names == ["exchanges.2.csv to exchanges.7.csv"])
        #expect(log(12).missing(hasEnded: true).count == 11)
        _ = try folder.write("", to: "exchanges.999999999.csv")
        #expect(log().missing(hasEnded: true).count == 999_999_997)
    }

    @Test func aTornEndOfAnEarlierPieceIsDamage() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        _ = try Self.write(SyntheticRun(seed: 8, count: 2_000), to: path)
        let whole = try RunReader.summary(of: [path]).totals.exchanges
        for name in ["exchanges.2.csv", "exchanges.csv"] {
            let file = "\(path)/\(name)"
            try RunFiles.replace(file, with: RunFiles.contents(of: file).dropLast(9))
        }
        let summary = try RunReader.summary(of: [path])
        #expect(summary.totals.exchanges == whole - 2)
        #expect(summary.notes.count == 2)
        #expect(
            summary.notes[0].hasPrefix(
                "\(path)/exchanges.2.csv: is damaged: its last line is cut off, though the log goes"
                    + " on, and is left out ("))
        #expect(
            summary.notes[1].hasPrefix(
                "\(path)/exchanges.csv: the last line was cut off and is left out ("))
    }

    /// As a kill between two pieces leaves it, and an end in the middle of the header.
    @Test(arguments: [nil, 0, 7, RowEncoder.header.count])
    func aLogThatEndsBetweenTwoPiecesIsWhole(size: Int?) throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let run = SyntheticRun(seed: 8, count: 2_000)
        var description = try Self.write(run, to: path)
        (description.ended, description.logPieces) = (nil, nil)
        try ReportFolder.write(description, to: path)
        let last = LogPieces(of: "exchanges.csv", in: path)
        #expect(rename(last.last, last.path(of: last.highest + 1)) == 0)
        if let size {
            try RunFiles.replace(last.last, with: Array(RowEncoder.header.prefix(size)))
        }
        let summary = try RunReader.summary(of: [path])
        #expect(!summary.isPartial)
        #expect(summary.totals == run.aggregator.summary(of: description).totals)
        unlink("\(path)/run.json")
        for name in Self.names(of: path) where name.hasPrefix("conversations") {
            unlink("\(path)/\(name)")
        }
        #expect(RunReader.holdsRun(path))
        #expect(
            RunReaderTests.complaint { _ = try RunLog(folder: path, mode: .all) }
                == "\(path): holds a run already; choose another folder")
        #expect(
            RunReaderTests.complaint { try RunReader.requireOwn(path, of: []) }
                == "\(path): holds another run; choose another folder")
    }

    @Test func whatIsInTheWayIsNotReplaced() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let log = try RunLog(folder: path, mode: .all, maxSize: 1_000)
        _ = try folder.write("kept", to: "run/exchanges.2.csv")
        for _ in 0..<9 { log.submit(exchanges: [UInt8](repeating: UInt8(ascii: "x"), count: 700)) }
        try log.close()
        #expect(log.pieces.exchanges == 9)
        #expect(try RunFiles.contents(of: path + "/exchanges.2.csv") == Array("kept".utf8))
    }

    @Test func aLogThatWasMovedAwaySaysSo() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/run"
        let log = try RunLog(folder: path, mode: .all, maxSize: 1_000)
        #expect(rename(path + "/exchanges.csv", folder.path + "/elsewhere") == 0)
        for _ in 0..<3 { log.submit(exchanges: [UInt8](repeating: UInt8(ascii: "x"), count: 700)) }
        #expect(
            RunReaderTests.complaint { try log.close() }
                == "\(path)/exchanges.csv: cannot become a piece: No such file or directory; "
                + "the log is incomplete from there on")
    }
}
