import Testing

@testable import ChatloadKit

/// `reports/README.md` says what the files are, and must not say anything else.
@Suite struct ReferenceTests {
    /// The first cells of the table behind the comment `mark`, without their backquotes.
    static func names(after mark: String) throws -> [String] {
        try rows(after: mark).map { line in
            String(line.drop { $0 != "`" }.dropFirst().prefix { $0 != "`" })
        }
    }

    /// The lines of the table behind the comment `mark`, without its head.
    static func rows(after mark: String, testFile: String = #filePath) throws -> [String] {
        let parts = testFile.split(separator: "/", omittingEmptySubsequences: false)
        let root = parts.lastIndex(of: "Tests").map { parts[..<$0].joined(separator: "/") } ?? "."
        let bytes = try RunFiles.contents(of: "\(root)/reports/README.md")
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "<!-- \(mark) -->"))
        return lines[(start + 1)...].prefix { $0.hasPrefix("|") }.dropFirst(2).map(String.init)
    }

    @Test(arguments: [
        ("columns of exchanges.csv", RowEncoder.columns),
        ("columns of conversations.csv", ConversationRowEncoder.columns),
        ("columns of summary.csv", SummaryCSV.columns),
        ("columns of timeline.csv", TimelineCSV.columns),
        ("columns of errors.csv", ErrorsCSV.columns),
        ("error classes", ErrorClass.allCases.map(\.rawValue)),
    ])
    func tablesAreComplete(mark: String, names: [String]) throws {
        #expect(try Self.names(after: mark) == names)
    }

    @Test func everyKeyOfTheSummaryIsThere() throws {
        let text = try JSONReport.text(ReportTests.empty)
        let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }
            .map { String($0.dropFirst(3).prefix { $0 != "\"" }) }
        #expect(try Self.names(after: "keys of summary.json").sorted() == keys)
    }
}
