import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// The forms of other tools.
@Suite struct ExportTests {
    @Test func aRunAsJMetersResults() throws {
        let folder = try ScratchFolder()
        let run = try RunReaderTests.write(SyntheticRun(seed: 7, count: 60), in: folder)
        let path = folder.path + "/results.jtl"
        try ExportFiles.writeJTL(of: [run], to: ExportPlace(path))
        let text = String(decoding: try Files.contents(of: path), as: UTF8.self)
        #expect(Golden.difference(text, from: "reports/results.jtl") == nil)
        // The warm-up is left out.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        #expect(lines.count { $0.contains(",text,true,") || $0.contains(",text,false,") } == 50)
        try ExportFiles.writeJTL(of: [run, run], to: ExportPlace(path))
        let both = String(decoding: try Files.contents(of: path), as: UTF8.self)
        #expect(both.utf8.count > text.utf8.count * 2 - 300)
        #expect(throws: Fault.self) {
            try ExportFiles.writeJTL(of: [folder.path], to: ExportPlace(path))
        }
        #expect(throws: Fault.self) {
            try ExportFiles.writeJTL(
                of: [run], to: ExportPlace(folder.path + "/absent/results.jtl"))
        }
        #expect(String(decoding: try Files.contents(of: path), as: UTF8.self) == both)
    }

    @Test func aRunAsK6sSummary() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/k6.json"
        var summary = ReportTests.summary
        summary.verdict.schedule = VerdictTests.schedule(started: 100, wanted: 50)
        try ExportFiles.writeK6(summary, to: ExportPlace(path))
        let text = String(decoding: try Files.contents(of: path), as: UTF8.self)
        #expect(Golden.difference(text, from: "reports/k6-summary.json") == nil)
        try ExportFiles.writeK6(ReportTests.empty, to: ExportPlace(path))
        let empty = String(decoding: try Files.contents(of: path), as: UTF8.self)
        #expect(!empty.contains("p(95)\" :") && empty.contains("\"testRunDurationMs\" : 0"))
    }
}
