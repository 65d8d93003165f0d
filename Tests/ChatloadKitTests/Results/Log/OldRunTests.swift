import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Folders of runs that an earlier version has made, in `Tests/Runs`: what they hold is read, and gives
/// the figures that it gave then.
@Suite struct OldRunTests {
    private static let folder = String(
        #filePath.dropLast("ChatloadKitTests/Results/Log/OldRunTests.swift".count) + "Runs")

    @Test(arguments: ["closed", "open", "replay", "botyard", "errors"])
    func theFiguresAreThoseOfThen(name: String) throws {
        let path = "\(Self.folder)/\(name)"
        let bytes = try Files.contents(of: path + "/summary.json")
        let then = try JSONDecoder().decode(Summary.self, from: Data(bytes))
        let now = try RunReader.summary(of: [path])
        #expect(now.totals[.exchanges] > 0 && now.run == then.run)
        if name == "errors" {
            #expect(now.isPartial && now.totals[.failed] == then.totals[.failed])
        } else {
            let found = try JSONTree(bytes: JSONReport.bytes(now))
            #expect(try JSONTree(bytes: bytes).difference(from: found) == nil)
        }
        let sample = try RunSample.read(path)
        #expect(sample.run == then.run)
    }

    /// Of a log in pieces the file without a number would be the last one alone.
    @Test func aLogInPiecesIsRefused() throws {
        let scratch = try ScratchFolder()
        for file in ["run.json", "generator.json", "exchanges.csv", "conversations.csv"] {
            let bytes = try Files.contents(of: "\(Self.folder)/closed/\(file)")
            try Files.replace("\(scratch.path)/\(file)", with: bytes)
        }
        #expect(try RunReader.summary(of: [scratch.path]).totals[.exchanges] > 0)
        try Files.replace("\(scratch.path)/exchanges.1.csv", with: ExchangeColumn.header)
        let refusal = #expect(throws: Fault.self) {
            try RunReader.summary(of: [scratch.path])
        }
        #expect(refusal?.description.contains("its log is in pieces") == true)
    }

    @Test func theyAreAllOfThem() {
        #expect(names(in: Self.folder) == ["botyard", "closed", "errors", "open", "replay"])
    }
}
