import Support
import Testing

@testable import ChatloadKit

/// A file of each format with what its real files do to readers: what becomes of it, and what is
/// rejected or left out.
@Suite struct FormatFileTests {
    static let folder = "\(repository)/Tests/Formats/"
    static let files = names(in: folder)

    @Test(arguments: files)
    func becomesConversations(name: String) {
        let text = account(of: Self.folder + name)
        #expect(Golden.difference(text, from: "formats/\(name).txt") == nil)
    }

    @Test func everyFormatHasAFile() throws {
        let found = try Self.files.flatMap { try Workload.open([Self.folder + $0]).formats }
        #expect(Set(found).union([.chatload]) == Set(WorkloadFormat.allCases))
    }
}
