import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct RunReaderTests {
    /// A run's folder as a finished run leaves it.
    static func write(
        _ run: SyntheticRun, name: String = "run", mode: LogMode = .all, in folder: ScratchFolder
    ) throws -> String {
        let path = "\(folder.path)/\(name)"
        var description = run.description
        description.name = name
        description.logMode = mode
        try ReportFolder.write(description, to: path)
        try Files.replace("\(path)/exchanges.csv", with: run.log.exchanges)
        try Files.replace("\(path)/conversations.csv", with: run.log.conversations)
        return path
    }

    static func complaint(_ body: () throws -> Void) -> String? {
        let error = #expect(throws: Fault.self) { try body() }
        return error?.description
    }

    @Test func twoShardsBecomeOne() throws {
        let folder = try ScratchFolder()
        let (one, two) = (SyntheticRun(seed: 1, count: 300), SyntheticRun(seed: 2, count: 900))
        let paths = [
            try Self.write(one, name: "one", in: folder),
            try Self.write(two, name: "two", in: folder) + "/exchanges.csv",
        ]
        let summary = try RunReader.summary(of: paths)
        #expect(summary.totals[.exchanges] == 1_180)
        #expect(summary.run.mergedRuns == ["one", "two"])
        #expect(summary.totals.durationSeconds == two.aggregator.duration.roundedSeconds)
        #expect(summary.notes.count == 1)
        let paths2 = [paths[0], "\(paths[0])/"]
        #expect(
            Self.complaint { _ = try RunReader.summary(of: paths2) }?.hasSuffix(
                "given twice; every run counts once") == true)
    }

    @Test func aPartialLogIsMarkedEverywhere() throws {
        let folder = try ScratchFolder()
        let path = try Self.write(SyntheticRun(count: 50), mode: .errors, in: folder)
        let summary = try RunReader.summary(of: [path])
        #expect(summary.isPartial)
        #expect(summary.notes == [RunReader.partialNote])
        #expect(TerminalReport(summary).text.contains("! partial: only failures were logged"))
        #expect(SummaryCSV.text(summary).contains("run,,partial,1,"))
        #expect(try JSONReport.text(summary).contains("\"partial\" : true"))
        let errors = SummaryCSV.errors(summary).split(separator: "\n").dropFirst()
        #expect(errors.allSatisfy { $0.hasSuffix(",1") })
        let times = SummaryCSV.timeline(summary).split(separator: "\n").dropFirst()
        #expect(
            times.allSatisfy {
                $0.split(separator: ",", omittingEmptySubsequences: false)[8] == "1"
            })
    }

    @Test func aKilledRunCanBeReported() throws {
        let folder = try ScratchFolder()
        let run = SyntheticRun(count: 50)
        let path = try Self.write(run, in: folder)
        let log = run.log.exchanges
        try Files.replace("\(path)/exchanges.csv", with: Array(log.dropLast(10)))
        let summary = try RunReader.summary(of: [path])
        // Ten of the fifty are warm-up.
        #expect(summary.totals[.exchanges] == 39)
        #expect(summary.notes.count == 1)
        #expect(summary.notes.first?.contains("the last line was cut off") == true)
    }

    @Test func whatIsMissingIsNamed() throws {
        let folder = try ScratchFolder()
        let path = try Self.write(SyntheticRun(count: 5), mode: .none, in: folder)
        #expect(
            Self.complaint { _ = try RunReader.summary(of: [path]) }
                == "\(path): has no log to rebuild from (it ran with --log none)")
        let absent = "\(folder.path)/absent"
        #expect(
            Self.complaint { _ = try RunReader.summary(of: [absent]) }
                == "\(absent): there is no such folder")
        #expect(
            Self.complaint { _ = try RunReader.summary(of: [folder.path]) }
                == "\(folder.path): is not a run's folder; run.json is missing")
        try Files.replace("\(path)/run.json", with: Array("{}".utf8))
        #expect(
            Self.complaint { _ = try RunReader.summary(of: [path]) }
                == "\(path)/run.json: is not the description of a run")
    }

    @Test func anOlderDescriptionIsReadAndANewerOneRefused() throws {
        let folder = try ScratchFolder()
        let path = try Self.write(SyntheticRun(count: 5), in: folder)
        let older = #"{"schema":"chatload.run/1","name":"old"}"#
        try Files.replace("\(path)/run.json", with: Array(older.utf8))
        #expect(try RunReader.description(of: path) == RunDescription(name: "old"))
        let newer = #"{"schema":"chatload.run/2","name":"new"}"#
        try Files.replace("\(path)/run.json", with: Array(newer.utf8))
        #expect(
            Self.complaint { _ = try RunReader.description(of: path) }
                == "\(path)/run.json: is in a format this version does not know, chatload.run/2")
    }

    @Test func anotherRunsFolderIsLeftAlone() throws {
        let folder = try ScratchFolder()
        let one = try Self.write(SyntheticRun(count: 5), name: "one", in: folder)
        let two = try Self.write(SyntheticRun(count: 5), name: "two", in: folder)
        try RunReader.requireOwn(one, of: [one])
        try RunReader.requireOwn("\(folder.path)/new", of: [one, two])
        #expect(
            Self.complaint { try RunReader.requireOwn(two, of: [one]) }
                == "\(two): holds another run; choose another folder")
        #expect(Self.complaint { try RunReader.requireOwn(one, of: [one, two]) } != nil)
    }
}
