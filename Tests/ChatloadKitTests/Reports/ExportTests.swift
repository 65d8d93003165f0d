import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// The forms of other tools.
@Suite struct ExportTests {
    private static func write(
        _ option: String, to path: String, _ summary: Summary = ReportTests.summary,
        logs: [String] = []
    ) throws {
        let exports = try Export.opened([option: path])
        let run = ExportedRun(summary, LatencyLog(), logs: logs)
        #expect(try Export.write(exports, of: run) == [path])
    }

    @Test func everyExporterHasOneFileOrOption() throws {
        let folder = try ScratchFolder()
        let names = Exporter.all.map(\.name)
        #expect(Set(names).count == names.count)
        _ = try ReportFolder.write(ReportTests.empty, LatencyLog(), to: folder.path)
        let files = Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
        #expect(files.union(Exporter.onDemand.map(\.name)) == Set(names))
        #expect(files.isDisjoint(with: Exporter.onDemand.map(\.name)))
    }

    @Test func aRunAsJMetersResults() throws {
        let folder = try ScratchFolder()
        let run = try RunReaderTests.write(SyntheticRun(seed: 7, count: 60), in: folder)
        let path = folder.path + "/results.jtl"
        try Self.write("jtl", to: path, logs: [run])
        let text = String(decoding: try Files.contents(of: path), as: UTF8.self)
        #expect(Golden.difference(text, from: "reports/results.jtl") == nil)
        // The warm-up is left out.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        #expect(lines.count { $0.contains(",text,true,") || $0.contains(",text,false,") } == 50)
        try Self.write("jtl", to: path, logs: [run, run])
        let both = String(decoding: try Files.contents(of: path), as: UTF8.self)
        #expect(both.utf8.count > text.utf8.count * 2 - 300)
        #expect(throws: Fault.self) {
            try Self.write("jtl", to: path, logs: [folder.path])
        }
        #expect(throws: Fault.self) {
            try Self.write("jtl", to: folder.path + "/absent/results.jtl", logs: [run])
        }
        #expect(String(decoding: try Files.contents(of: path), as: UTF8.self) == both)
    }

    @Test func aRunAsK6sSummary() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/k6.json"
        var summary = ReportTests.summary
        summary.verdict.schedule = VerdictTests.schedule(started: 100, wanted: 50)
        try Self.write("k6-summary", to: path, summary)
        let text = String(decoding: try Files.contents(of: path), as: UTF8.self)
        #expect(Golden.difference(text, from: "reports/k6-summary.json") == nil)
        try Self.write("k6-summary", to: path, ReportTests.empty)
        let empty = String(decoding: try Files.contents(of: path), as: UTF8.self)
        #expect(!empty.contains("p(95)\" :") && empty.contains("\"testRunDurationMs\" : 0"))
    }
}
