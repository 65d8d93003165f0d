import Base
import Networking
import Testing

@testable import ChatloadKit

/// Texts of others in files that a spreadsheet or a terminal may be given.
@Suite struct HarmlessTextTests {
    @Test(arguments: [
        "=1", "+1", "-1", "@a", "\t=1", "\r=1", "'=1", "'", " =1", "\u{A0}=1", "\u{FEFF}=1",
        "\u{200B}=1", "\u{3000}\u{200D} +1", "\u{FF1D}1", "\u{FF0B}1", "\u{FF0D}1", "\u{FF20}a",
        "\u{FE66}1", " \u{FF1D}1", "\u{85}=1", "\u{202E}=1", "\u{0}=1", "\u{FE0F}=1", "\t", "\n",
    ])
    func formulasAreDefused(text: String) {
        let cell = CSVText.cell(text)
        // By bytes: what has no width would be one character with the ' before it.
        let isDefused = ["'", "\"'"].contains { cell.utf8.starts(with: $0.utf8) }
        #expect(isDefused, "\(cell)")
        #expect(CSVText.text(ofCell: Array(cell.utf8).span) == text)
    }

    @Test(arguments: ["", "a=1", "1+1", " a", "(=", "ä=", "😀=1", "\u{2212}", "\"=1\"", "中=", "."])
    func othersStay(text: String) {
        let cell = CSVText.cell(text)
        #expect(!cell.hasPrefix("'") && !cell.hasPrefix("\"'"), "\(cell)")
        #expect(CSVText.text(ofCell: Array(cell.utf8).span) == text)
    }

    @Test func jsonHasNothingThatATerminalActsOn() throws {
        let text =
            "a\u{7F}\u{80}\u{9B}31m\u{9F}\u{61C}\u{200E}\u{200F}\u{2028}\u{202E}\u{2066}\u{2069}z"
        let shown = ShownJSON.text("[\"\(text)\"]")
        #expect(shown.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(shown)")
        #expect(shown.contains(#"\u009b31m"#) && shown.contains(#"\u202e"#))
        #expect(try JSONTree(bytes: Array(shown.utf8)) == .array([.text(text)]))
        let harmless = #"["§ é ا — “x” 中 😀 \u009b"]"#
        #expect(ShownJSON.text(harmless) == harmless)
        for broken in [[0xC2], [0xE2], [0xE2, 0x80], [0xD8], [0xC2, 0x22]] as [[UInt8]] {
            #expect(ShownJSON.bytes(broken) == broken)
        }
    }
}
