import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Lists of prompts: what is taken for one, what is not, and what people read of a wrong line.
@Suite struct PromptFormatTests {
    private static let script = #"{"turns":[{"say":"a"}]}"#

    /// Only the name tells prompts from a script that is broken, and the content may know better.
    @Test(
        arguments: [
            ("Hello\n", ".txt", .text), ("Hello\n", ".TXT", .text), ("Hello", ".jsonl", .chatload),
            ("Hello\n", "", .chatload), ("\u{FEFF}Hello\r\n", ".txt", .text),
            ("\"Quoted\", she said\n", ".txt", .text), ("// a comment\n\nHello\n", ".txt", .text),
            ("A poem, a letter, prompt\nb,c,d\n", ".txt", .text),
            ("TIMESTAMP,ContextTokens\n", ".txt", .azure),
            ("prompt\nHello\n", ".csv", .promptTable), ("prompt\nHello\n", ".log", .promptTable),
            ("question\nHello\n", ".csv", .chatload),
            // Scripts, whole and broken.
            (script, ".txt", .chatload), ("{\"turns\":[", ".txt", .chatload),
            ("[oops", ".txt", .chatload), ("oops\n\(script)\n", ".txt", .chatload),
            ("oops\n{\"messages\":[]}\n", ".txt", .messages), ("", ".txt", .chatload),
            // Keys that others have too count for less.
            (#"{"prompt":"a","messages":[]}"#, ".jsonl", .messages),
            (#"{"prompt":"a","turns":[]}"#, ".jsonl", .chatload),
            ("{\"prompt\":\"a\"}\n\(script)\n", ".jsonl", .chatload),
            ("{\"text\":\"a\"}\n{\"conversations\":[]}\n", ".jsonl", .sharegpt),
            (#"{"prompt":"a","text":"b"}"#, ".jsonl", .prompts),
            ("{\"prompt\":\"a\"", ".jsonl", .chatload),
        ] as [(String, String, WorkloadFormat)])
    func areRecognised(text: String, suffix: String, format: WorkloadFormat) throws {
        try withFile(text, suffix: suffix) { path in
            let found = try Recognition(of: MappedFile(path: path))
            #expect(found.format == format, "\(text)")
        }
    }

    @Test(
        arguments: [
            ("Hello\n", .text, nil), ("{\"a\":1}\n[\n", .text, nil),
            ("TIMESTAMP,ContextTokens\n1,2\n", .text, nil), ("\"a\"\n", .prompts, nil),
            ("prompt\na\n", .promptTable, nil),
            ("Hello\n", .promptTable, "this is no prompts-csv file: it looks like chatload"),
            ("prompt\na\n", .prompts, "this is no prompts file: it looks like prompts-csv"),
        ] as [(String, WorkloadFormat, String?)])
    func canBeNamed(text: String, format: WorkloadFormat, expected: String?) throws {
        try withFile(text) { path in
            let file = try MappedFile(path: path)
            do throws(Fault) {
                let found = try Recognition(of: file, as: format)
                #expect(found.format == format && found.order.start == 0 || format.isTable)
                #expect(expected == nil)
            } catch {
                #expect(error.message == expected)
            }
        }
    }

    /// What is no text is refused before anybody looks for prompts in it.
    @Test func noBinaryIsTakenForPrompts() throws {
        for bytes in [Array(UInt8(0)..<255), [0x50, 0x4B, 3, 4, 20, 0], Array("%PDF-1.7\n".utf8)] {
            try withFile(bytes: bytes, suffix: ".txt") { path in
                let fault = #expect(throws: Fault.self) { try Workload.open([path]) }
                #expect(fault?.message.hasPrefix("this is ") == true)
            }
        }
    }

    @Test(arguments: [
        (
            "What is the capital?\n\u{7}What?\n", ".txt",
            "f:2:1: a control character stands in this prompt"
        ),
        (
            "What is the capital?\n\nCafé\u{0}\n", ".txt",
            "f:3:5: a control character stands in this prompt"
        ),
        (
            "max_tokens,prompt\n1,a\n1,a,b\n", ".csv",
            "f:3: this row has 3 fields and the first one has 2;"
                + " put fields that have commas between quotes"
        ),
        ("prompt\na\n\"b\nc\n", ".csv", "f:3: a quote in this row is never closed"),
        (
            "prompt\n\"a\nb\"\n\"c\"d\n", ".csv",
            "f:4: there is something behind the closing quote of a field;"
                + " double the quotes that stand inside quotes"
        ),
        ("prompt,b\na,b\n,b\n", ".csv", "f:3: the prompt is empty"),
        (
            "prompt,max_tokens\n\"a\nb\", -1\n", ".csv",
            "f:3:5: \"max_tokens\" must be a whole number from 1 on"
        ),
        (
            "{\"prompt\":\"a\"}\n{\"prompt\":[1]}", ".jsonl",
            "f:2:11: \"prompt\" must be a string, not an array"
        ),
        (#"{"prompt":null}"#, ".jsonl", "f:1:11: \"prompt\" must be a string, not null"),
        (#"{"prompt":""}"#, ".jsonl", "f:1: the prompt is empty"),
        (
            "{\"prompt\":\"a\"}\n{\"propmt\":\"a\"}", ".jsonl",
            "f:2: there is no \"prompt\" in this object"
        ),
        (
            #"{"prompt":"a","max_tokens":0}"#, ".jsonl",
            "f:1:28: \"max_tokens\" must be a whole number from 1 on"
        ),
        (
            #"{"prompt":"a","max_tokens":"9"}"#, ".jsonl",
            "f:1:28: \"max_tokens\" must be a number, not a string"
        ),
        (
            #"{"text":"a","texts":["b"]}"#, ".jsonl",
            "f:1:1: a turn has \"text\" or \"texts\", not both"
        ),
        (
            #"{"session_id":"s","turns":[{"text":"a"},{"say":"b"}]}"#, ".jsonl",
            "f:1:41: a turn needs \"text\" or \"texts\""
        ),
        (
            #"{"text":"a","delay":"1s"}"#, ".jsonl",
            "f:1:21: \"delay\" must be a number of milliseconds, not a string"
        ),
        (#"{"text":"a","delay":-1}"#, ".jsonl", "f:1:21: \"delay\" must be a number from 0 on"),
        (
            #"{"text":"a","output_length":2.5}"#, ".jsonl",
            "f:1:29: \"output_length\" must be a whole number from 1 on"
        ),
    ])
    func wrongLinesAreToldWithTheirPlace(text: String, suffix: String, complaint: String) throws {
        let text = try withFile(text, suffix: suffix) { account(of: $0) }
        let told = text.split(separator: "\n").filter { $0.hasPrefix("rejected: ") }
        #expect(told == ["rejected: \(complaint)"])
    }

    @Test func aLineOfOtherBytesIsToldWithItsPlace() throws {
        let text = try withFile(bytes: Array("a\n".utf8) + [0xE9, 0x0A], suffix: ".txt") {
            account(of: $0)
        }
        let hint = "save the file as UTF-8, or convert it with iconv"
        #expect(text.contains("rejected: f:2: this line is not UTF-8; \(hint)\n"))
    }

    /// Rows are found by walking from the mark before them, whatever line ends their quotes hold.
    @Test func manyRowsAreFoundInAnyOrder() throws {
        let rows = (0..<500).map { "\"prompt\n\($0)\",\($0)\r\n\r\n" }.joined()
        try withFile("prompt,number\r\n" + rows, suffix: ".csv") { path in
            let workload = try Workload.open([path])
            #expect(workload.count == 500)
            for index in [499, 0, 250, 33, 31, 32, 498] {
                let conversation = try workload.conversation(at: index)
                #expect(conversation.turns.map(\.action) == [.say("prompt\n\(index)")])
                #expect(conversation.line == 2 + 3 * index && !conversation.hasOwnID)
            }
        }
    }

    /// UTF-16, as Windows' editors write it.
    @Test func textInUTF16IsDecoded() throws {
        let units = "\u{FEFF}Grüß Gott\r\nHi\r\n".utf16
        let bytes = units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        try withFile(bytes: bytes, suffix: ".txt") { path in
            let workload = try Workload.open([path])
            #expect(workload.formats == [.text] && workload.count == 2)
            let turns = try workload.conversation(at: 0).turns
            #expect(turns.map(\.action) == [.say("Grüß Gott")])
        }
    }
}
