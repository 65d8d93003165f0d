import ChatloadKit
import Networking
import Testing

@testable import chatload

@Suite struct ReportCommandTests {
    @Test func aMissingFolderIsOneLine() {
        let error = #expect(throws: LogComplaint.self) {
            try reportCommand(paths: ["/nowhere/at/all"]) { _ in }
        }
        #expect(error?.description == "/nowhere/at/all: there is no such folder")
    }
}
