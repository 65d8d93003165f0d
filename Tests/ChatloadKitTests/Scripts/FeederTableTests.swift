import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

@Suite struct FeederTableTests {
    /// CSV as RFC 4180 has it, and as programs write it.
    @Test(arguments: [
        ("a,b\n1,2\n", ["1|2"]), ("a,b\r\n1,2\r\n3,4", ["1|2", "3|4"]),
        ("\u{FEFF}a,b\n1,2", ["1|2"]), ("a,b\n\n1,2\n\r\n\n3,4\n\n", ["1|2", "3|4"]),
        ("a,b\n\"1\",\"x, y\"\n", ["1|x, y"]), ("a,b\n\"say \"\"hi\"\"\",\n", ["say \"hi\"|"]),
        ("a,b\n\"two\nlines\",\"\r\n\"\r\n5,6", ["two\nlines|\r\n", "5|6"]),
        ("a,b\n5\" pipe, spaced \n", ["5\" pipe| spaced "]), ("a,b\n,\n", ["|"]),
        ("a,b\né,東京\n", ["é|東京"]), ("\n a , b \n1,\"\"", ["1|"]), ("a,b\n\"\"\"\",\"\"", ["\"|"]),
        (#"{"a":"x","b":1.50}"#, ["x|1.50"]),
        (
            "{\"a\":\"1\\n\",\"b\":true}\r\n\n{\"b\":null,\"c\":7,\"a\":\"\\u00e9\"}",
            ["1\n|true", "é|"]
        ),
        ("\u{FEFF}\n {\"a\":false,\"b\":\"\"} ", ["false|"]),
    ])
    func reads(text: String, expected: [String]) throws {
        let table = try table(text)
        #expect(table.columns == ["a", "b"])
        #expect(table.count == expected.count)
        let rows = (0..<table.count).map { table.row(at: $0)?.joined(separator: "|") }
        #expect(rows == expected)
        #expect(table.row(at: table.count) == nil && table.row(at: -1) == nil)
    }

    @Test(arguments: [
        ("", "f: the file is empty; its first row must name the columns"),
        ("a,b\n", "f: there is no row in here; write one row a line"),
        (
            "a,b\n1,2\n\n1,2,3\n",
            "f:4: this row has 3 fields and the first one has 2; put fields that have commas between"
                + " quotes"
        ),
        (
            "a,b\n\"x\ny\",2\n1\n",
            "f:4: this row has 1 field and the first one has 2; put fields that"
                + " have commas between quotes"
        ),
        ("a,b\n1,\"2\n", "f:2: a quote in this row is never closed"),
        (
            "a,b\n\"1\"x,2",
            "f:2: there is something behind the closing quote of a field; double the quotes that stand"
                + " inside quotes"
        ),
        (
            "a,user\n1,2",
            "f:1: the column \"user\" has the name of a built-in variable; give it another name"
        ),
        ("a,a\n1,2", "f:1: the column \"a\" is there twice"),
        (
            "a,\n1,2",
            "f:1: column 2 has no name that could stand in ${…}; the first row must name the columns"
        ),
        ("a;b\n1;2", "f:1: columns are divided by semicolons here; divide them by commas"),
        ("{\"a\":1}\n{\"b\":1}", "f:2: this row has no \"a\""),
        ("{\"a\":1}\n[1]", "f:2: byte 1: a row is an object, like {\"order\":1}"),
        (
            "{\"a\":1}\n\n{\"a\":[1]}",
            "f:3: byte 6: \"a\" is an array; values are strings, numbers, true, false or null"
        ),
        ("{\"a\":1}\n{\"a\":}", "f:2: byte 6: a value is expected here"),
    ])
    func complains(text: String, expected: String) throws {
        #expect(complaint(Array(text.utf8)) == expected)
    }

    @Test func complainsAboutOtherEncodings() {
        let suggestion = "save the file as UTF-8, or convert it with iconv"
        #expect(
            complaint(Array("a\nM".utf8) + [0xFC] + Array("ller\n".utf8))
                == "f:2: this row is not UTF-8; \(suggestion)")
    }

    @Test func complainsAboutEndlessRows() {
        let text = "a\n\"" + String(repeating: "x\n", count: 600_000)
        let suggestion = "look for a quote that is not closed"
        #expect(
            complaint(Array(text.utf8))
                == "f:2: this row is longer than 1048576 bytes; \(suggestion)")
    }

    /// Rows are found again wherever they stand, also in a file that takes many pages.
    @Test func findsEveryRow() throws {
        var random = SeededRandom(seed: 5)
        let cells = (0..<1_000).map { number in
            String(
                repeating: random.next() % 3 == 0 ? "\n" : "x,\"", count: Int(random.next() % 20))
                + "\(number)"
        }
        let text =
            "n,text\r\n"
            + cells.enumerated().map { place, cell in
                "\(place),\"\(cell.replacing("\"", with: "\"\""))\"\r\n"
            }.joined()
        let table = try table(text)
        #expect(table.count == cells.count)
        for place in cells.indices.shuffled(using: &random) {
            #expect(table.row(at: place) == ["\(place)", cells[place]])
        }
    }

    /// Whatever a file holds, there are rows with all columns, or one complaint about a line of it.
    @Test(arguments: [
        "a,b\n\"1,\"\"2\",é\r\n3,4\n", "{\"a\":\"\\u00e9\",\"b\":-1.5}\n{\"b\":2,\"a\":null}",
    ])
    func survivesAnyBytes(text: String) throws {
        var random = SeededRandom(seed: 6)
        let pieces = Array("\",\n\r{}[]:a1\\u".utf8) + [0, 0xFF, 0xC3]
        for _ in 0..<1_500 {
            var bytes = Array(text.utf8)
            for _ in 0...random.next() % 3 {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[place] = pieces.randomElement(using: &random) ?? 0
                case 1: bytes.insert(pieces.randomElement(using: &random) ?? 0, at: place)
                default: bytes.removeSubrange(place..<min(place + 3, bytes.count - 1))
                }
            }
            let lines = 1 + bytes.count { $0 == 0x0A }
            try withFile(bytes: bytes, suffix: ".csv") { path in
                do throws(Fault) {
                    let table = try DataTable.open(path)
                    for index in 0..<table.count {
                        #expect(table.row(at: index)?.count == table.columns.count)
                    }
                } catch {
                    #expect((1...lines).contains(error.line ?? 1))
                }
            }
        }
    }

    private func table(_ text: String) throws -> DataTable {
        try withFile(text, suffix: ".csv") { try DataTable.open($0) }
    }

    private func complaint(_ bytes: [UInt8]) -> String? {
        let error = #expect(throws: Fault.self) {
            try withFile(bytes: bytes, suffix: ".csv") { try DataTable.open($0) }
        }
        guard var error else { return nil }
        error = error.at(.file("f", line: error.line, column: error.column))
        return error.description
    }
}

@Suite struct FeederTests {
    private func feeder(_ order: DataOrder, _ per: DataScope = .conversation) throws -> Feeder {
        let text = "n\n" + (0..<100).map { "\($0)\n" }.joined()
        return Feeder(
            table: try withFile(text) { try DataTable.open($0) }, order: order, per: per, seed: 7)
    }

    @Test func goesRoundInOrder() throws {
        let feeder = try feeder(.sequential)
        #expect(
            (1...250).map { feeder.index(forIteration: $0, user: 9) } == (0..<250).map { $0 % 100 })
    }

    @Test func usesEachRowOnce() throws {
        let feeder = try feeder(.unique)
        #expect((1...100).map { feeder.index(forIteration: $0, user: 1) } == Array(0..<100))
        #expect(feeder.index(forIteration: 101, user: 1) == nil)
        #expect(feeder.conversationLimit == 100)
    }

    @Test func shufflesEveryRound() throws {
        let feeder = try feeder(.shuffled)
        let rounds = (0..<3).map { round in
            (1...100).compactMap { feeder.index(forIteration: round * 100 + $0, user: 1) }
        }
        for round in rounds { #expect(round.sorted() == Array(0..<100)) }
        #expect(Set(rounds).count == 3 && rounds[0] != Array(0..<100))
        #expect(try self.feeder(.shuffled).index(forIteration: 57, user: 3) == rounds[0][56])
    }

    @Test func aUserKeepsItsRow() throws {
        let feeder = try feeder(.sequential, .user)
        #expect((1...50).allSatisfy { feeder.index(forIteration: $0, user: 4) == 3 })
        #expect(feeder.conversationLimit == nil)
    }
}
