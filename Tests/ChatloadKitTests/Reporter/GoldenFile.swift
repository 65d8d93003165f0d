import Glibc
import Testing

@testable import ChatloadKit

/// Compares a text with the file `Tests/Golden/<name>`, or writes that file when the environment
/// says `CHATLOAD_RECORD=1`.
func expectGolden(
    _ text: String, _ name: String, testFile: String = #filePath,
    at location: SourceLocation = #_sourceLocation
) throws {
    let parts = testFile.split(separator: "/", omittingEmptySubsequences: false)
    let root = parts.lastIndex(of: "Tests").map { parts[...$0].joined(separator: "/") } ?? "Tests"
    let path = "\(root)/Golden/\(name)"
    if getenv("CHATLOAD_RECORD") != nil {
        try RunFiles.makeFolder("\(root)/Golden")
        try RunFiles.replace(path, with: Array(text.utf8))
        return
    }
    let expected = String(decoding: try RunFiles.contents(of: path), as: UTF8.self)
    if text == expected { return }
    let pairs = zip(text.split(separator: "\n"), expected.split(separator: "\n"))
    let difference = pairs.first { $0 != $1 }
    Issue.record(
        "\(name) differs: \(difference?.0 ?? "length") instead of \(difference?.1 ?? "")",
        sourceLocation: location)
}
