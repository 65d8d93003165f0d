import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Tables of data as a spreadsheet, or somebody else, may write them.
@Suite struct FeederFuzzTests {
    private static let tables: [(form: DataTable.Form, text: String, words: [String])] = [
        (
            .csv, "\u{FEFF}order, city,note\r\n1,Bonn,\"a \"\"b\"\",\nc\"\r\n\r\n2,Köln,\n3,\"\",x",
            [",", "\"", "\"\"", "\n", "\r\n", "\r", "\",\"", "a\",\"b\n", " "]
        ),
        (
            .jsonLines,
            "{\"order\":1,\"city\":\"Bonn\",\"note\":\"a\\n\\u00e9\"}\r\n\n"
                + "{\"note\":null,\"city\":true,\"order\":-1.5e3}\n",
            ["{", "}", "\"", ",", ":", "\n", "null", "[]", "\"order\":", "\"x\":1,", "\\"]
        ),
    ]

    /// What the survey takes for a row is read as one, with a value for every column.
    @Test(arguments: [0, 1]) func rowsAreReadOrRefused(index: Int) {
        let (form, text, words) = Self.tables[index]
        var read = 0
        Fuzz("feeder-\(form)", texts: [text], words: words).play { input in
            let bytes = input.bytes
            let lines = 1 + bytes.count { $0 == 0x0A }
            do throws(Fault) {
                var reader = RowReader(form: form, position: 0)
                let columns = try reader.header(in: bytes.span).names
                var copy = reader
                while let start = try reader.passRow(of: columns, in: bytes.span) {
                    read += 1
                    let values = try copy.row(of: columns, in: bytes.span)
                    let isPlaced = (0..<bytes.count).contains(start) && reader.line <= lines + 1
                    if values?.count != columns.count || !isPlaced { Issue.record("\(input)") }
                    copy = reader
                }
            } catch {
                let line = error.line ?? 1
                #expect((1...lines).contains(line) && !error.message.isEmpty, "\(input)")
            }
        }
        #expect(read > 100)
    }

    @Test(.timeLimit(.minutes(10)), arguments: [",", "\"", "\n", "a\",\"b\n", "{", "\"\"", "é"])
    func muchOfOneThing(unit: String) {
        let bytes = Array(("a,b\n" + String(repeating: unit, count: 200_000)).utf8)
        for form in [DataTable.Form.csv, .jsonLines] {
            var reader = RowReader(form: form, position: 0)
            guard let columns = try? reader.header(in: bytes.span).names else { continue }
            while (try? reader.passRow(of: columns, in: bytes.span)) != nil {}
            #expect(reader.position <= bytes.count)
        }
    }
}
