import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What a run's folder holds besides the logs.
@Suite struct RunFolderFuzzTests {
    private static let words = [
        "{", "}", "[", "]", "\"", ",", ":", "null", "true", "\"\"", "chatload.run/1", "\"schema\":",
        "\"settings\":", "\"goodput\":", "\"slo\":", "\"parts\":", "1e300", "-1", " ", "0:1", ":",
    ]

    private static let run = SyntheticRun(seed: 1, count: 40)

    private static func seeds() throws -> (run: [UInt8], generator: [UInt8]) {
        var run = run.description
        run.parts = [RunPart(started: "2026-01-02T03:04:05Z"), RunPart(started: "", begins: 9)]
        var generator = GeneratorFigures()
        for value in [1, 5_000, 1_000_000_000] as [Int64] {
            generator.loopLag.record(Nanoseconds(value))
        }
        generator.workers = [WorkerLoad(worker: 0, busy: .seconds(1), wall: .seconds(2))]
        let encoder = JSONEncoder()
        return (Array(try encoder.encode(run)), Array(try encoder.encode(generator)))
    }

    /// Either is taken as a whole or refused as a whole; what is taken can be reported.
    @Test(arguments: [true, false])
    func aDamagedFileIsReadOrRefused(isDescription: Bool) throws {
        let seeds = try Self.seeds()
        let folder = try ScratchFolder()
        let path = try RunReaderTests.write(Self.run, in: folder)
        let name = isDescription ? "run" : "generator"
        let fuzz = Fuzz(
            "\(name).json", seeds: [isDescription ? seeds.run : seeds.generator], words: Self.words)
        var (read, refused) = (0, 0)
        fuzz.play(few: 300) { input in
            Corpus.write(input.bytes, to: "\(path)/\(name).json")
            do throws(Fault) {
                if isDescription {
                    _ = try RunReader.description(of: path)
                } else {
                    _ = try RunReader.generator(of: path)
                }
                read += 1
                guard input.random.next() % 16 == 0 else { return }
                let summary = try RunReader.summary(of: [path])
                _ = TerminalReport(summary).text
                _ = SummaryCSV.text(summary)
                _ = ReportPage(summary: summary, waterfalls: []).html
                _ = try JSONReport.text(summary)
            } catch {
                refused += 1
                #expect(!error.description.isEmpty, "\(input)")
            }
        }
        #expect(read > 5 && refused > 5)
    }

    /// A damaged log does not keep the slowest conversations from being looked for.
    @Test func waterfallsOfADamagedLog() throws {
        let folder = try ScratchFolder()
        let path = try RunReaderTests.write(Self.run, in: folder)
        let slowest = try RunReader.summary(of: [path]).slowest
        let fuzz = Fuzz(
            "exchanges", seeds: [Self.run.log.exchanges],
            words: [",", "\"", "\n", "#", "#1", "\r\n", "a\",\"b\n", "-", "x#99"])
        try #require(!slowest.isEmpty)
        try fuzz.play(few: 50, share: 10) { input in
            Corpus.write(input.bytes, to: "\(path)/exchanges.csv")
            let waterfalls = Waterfall.all(of: slowest, in: [path])
            try #require(waterfalls.count == slowest.count, "\(input)")
        }
    }

    /// Also of a large one that is nothing but quotes.
    @Test(.timeLimit(.minutes(10)), arguments: ["a\",\"b\n", "\"\n", "\"\"\n", "\"a,\"b\n"])
    func waterfallsOfALogOfQuotes(unit: String) throws {
        let folder = try ScratchFolder()
        let path = try RunReaderTests.write(Self.run, in: folder)
        let slowest = try RunReader.summary(of: [path]).slowest
        let much = Array(String(repeating: unit, count: 4_000_000 / unit.utf8.count).utf8)
        try Files.replace("\(path)/exchanges.csv", with: Self.run.log.exchanges + much)
        let waterfalls = Waterfall.all(of: slowest, in: [path])
        #expect(waterfalls.count == slowest.count)
    }
}
