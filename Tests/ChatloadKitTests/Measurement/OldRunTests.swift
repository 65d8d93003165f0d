import FoundationEssentials
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Folders of runs that an earlier version has made, in `Tests/Runs`: what they hold is read, and gives
/// the figures that it gave then.
@Suite struct OldRunTests {
    private static let folder = String(
        #filePath.dropLast("ChatloadKitTests/Measurement/OldRunTests.swift".count) + "Runs")

    @Test(arguments: ["closed", "open", "replay", "botyard", "errors"])
    func theFiguresAreThoseOfThen(name: String) throws {
        let path = "\(Self.folder)/\(name)"
        let bytes = try RunFiles.contents(of: path + "/summary.json")
        let then = try JSONDecoder().decode(Summary.self, from: Data(bytes))
        let now = try RunReader.summary(of: [path])
        #expect(now.totals.exchanges > 0 && now.run == then.run)
        if name == "errors" {
            #expect(now.isPartial && now.totals.failed == then.totals.failed)
        } else {
            #expect(now == then)
        }
        let sample = try RunSample.read(path)
        #expect(sample.run == then.run)
    }

    @Test func theyAreAllOfThem() {
        #expect(names(in: Self.folder) == ["botyard", "closed", "errors", "open", "replay"])
    }
}
