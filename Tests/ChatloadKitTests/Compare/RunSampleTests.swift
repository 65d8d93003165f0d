import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Runs as they are found in folders.
@Suite struct RunSampleTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private static let summary: Summary = {
        let log = SimulatedLog(isSent: true)
        return log.sample(of: 3_000, seed: 1, steps: ["login", "say"]).summary
    }()

    private func folder(_ name: String, _ files: [String: String]) throws -> String {
        let folder = "\(scratch.path)/\(name)"
        try Files.makeFolder(folder)
        for (file, text) in files { _ = try scratch.write(text, to: "\(name)/\(file)") }
        return folder
    }

    private func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONReport.bytes(value), as: UTF8.self)
    }

    @Test func aSummaryAloneIsEnough() throws {
        let folder = try folder("a", ["summary.json": try json(Self.summary)])
        let read = try RunSample.read(folder)
        #expect(read.summary == Self.summary)
        let slower = SimulatedLog(factor: 1.3, isSent: true)
            .sample(of: 3_000, seed: 2, steps: ["login", "say"])
        let comparison = try Comparison(base: [read], new: [slower])
        #expect(comparison.verdict == .slower)
        #expect(
            comparison.notes.contains { $0.hasPrefix("BASE has no complete log: ") })
        #expect(throws: Fault.self) { try Comparison(base: [read, slower], new: [slower]) }
    }

    /// With the same standard errors as the log gives, more or less.
    @Test func aSummarysIntervalsAreRoughlyThoseOfTheLog() throws {
        let log = SimulatedLog().sample(of: 3_000, seed: 1)
        let other = SimulatedLog().sample(of: 3_000, seed: 2)
        let summary = RunSample(folder: "s", summary: log.summary)
        let exact = try Comparison(base: [log], new: [other]).figures
        let rough = try Comparison(base: [summary], new: [other]).figures
        for statistic in [Statistic.mean, .p50, .p90, .p95] {
            let widths = [exact, rough].compactMap { figures -> Double? in
                let row = figures.first {
                    $0.metric == .distribution(.response) && $0.statistic == statistic
                }
                guard let low = row?.low, let high = row?.high else { return nil }
                return high - low
            }
            #expect(widths.count == 2 && (0.5...2).contains(widths[1] / widths[0]), "\(widths)")
        }
    }

    @Test func whatCannotBeReadSaysWhy() throws {
        let run = RunDescription(name: "r")
        var old = Self.summary
        old.schema = "chatload.summary/9"
        var failures = run
        failures.logMode = .errors
        let folders: [(files: [String: String], complaint: String)] = [
            ([:], "is not a run's folder; run.json is missing"),
            (["run.json": try json(run)], "has no exchanges.csv and no summary.json"),
            (
                ["run.json": try json(failures), "exchanges.csv": ""],
                "has a log of failures only and no summary.json"
            ),
            (["summary.json": "{}"], "is not a summary that this version knows"),
            (["summary.json": try json(old)], "is in a format this version does not know"),
            (
                ["run.json": try json(run), "exchanges.csv": "a,b\n1,2\n"],
                "column shard is missing"
            ),
        ]
        for (number, (files, complaint)) in folders.enumerated() {
            let folder = try folder("bad-\(number)", files)
            #expect {
                _ = try RunSample.read(folder)
            } throws: {
                ($0 as? Fault)?.description.contains(complaint) == true
            }
        }
        #expect(throws: Fault.self) { try RunSample.read("\(scratch.path)/nowhere") }
    }

    /// A damaged summary is refused or compared, and nothing falls over.
    @Test func damagedSummariesDoNoHarm() throws {
        let text = Array(try json(Self.summary).utf8)
        let digits = text.indices.filter { (48...57).contains(text[$0]) }
        let odd = ["-1", "9e300", "-9e300", "9223372036854775807", "0", "1e15", "null", "\"x\""]
        var random = SeededRandom(seed: 11, stream: 1)
        for _ in 0..<60 {
            var bytes = text
            for _ in 0..<3 {
                let start = digits[Int(random.next(upperBound: UInt64(digits.count)))]
                var end = start
                while end < bytes.count, (48...57).contains(bytes[end]) || bytes[end] == 46 {
                    end += 1
                }
                let value = odd[Int(random.next(upperBound: UInt64(odd.count)))]
                bytes.replaceSubrange(
                    min(start, bytes.count)..<min(end, bytes.count), with: value.utf8)
            }
            guard let summary = try? JSONDecoder().decode(Summary.self, from: Data(bytes)),
                summary.isWithinBounds
            else { continue }
            let run = RunSample(folder: "damaged", summary: summary)
            let good = RunSample(folder: "good", summary: Self.summary)
            var settings = Comparison.Settings()
            settings.draws = 20
            let comparison = try Comparison(base: [run], new: [good], settings: settings)
            #expect(!CompareText(comparison, showsAll: true).text.isEmpty)
            #expect(!ComparePage(comparison: comparison).html.isEmpty)
        }
    }
}
