import Base
import Networking
import Testing

@testable import ChatloadKit

/// What a file is, by what is in it.
@Suite struct RecognitionTests {
    private static let message = #"{"role":"user","content":"Hi"}"#
    private static let gpt = #"{"conversations":[{"from":"human","value":"Hi"}]}"#

    @Test(
        arguments: [
            (#"{"turns":[{"say":"a"}]}"#, .chatload, .lines(from: 0)),
            ("\n// c\n" + #"{"turns":[{"say":"a"}]}"#, .chatload, .lines(from: 0)),
            (#"[{"turns":[{"say":"a"}]}]"#, .chatload, .array(from: 1)),
            (#"{"messages":[\#(message)]}"#, .messages, .lines(from: 0)),
            ("\u{FEFF}" + #"{"messages":[\#(message)]}"#, .messages, .lines(from: 3)),
            (#"[{"messages":[\#(message)]}]"#, .messages, .array(from: 1)),
            ("{\n\"messages\":[\n\(message)\n]\n}\n", .messages, .values(from: 0)),
            ("[\(message)]\n[\(message)]\n", .messages, .lines(from: 0)),
            ("[\n\(message)\n]\n", .messages, .values(from: 0)),
            ("[[\(message)],\n[\(message)]]", .messages, .array(from: 1)),
            (#"{"custom_id":"a","url":"/v1/responses","body":{}}"#, .batch, .lines(from: 0)),
            (gpt, .sharegpt, .lines(from: 0)), ("[\r\n \(gpt)]", .sharegpt, .array(from: 1)),
            (#"{"conversation_id":"a","conversation":[],"turn":1}"#, .lmsys, .lines(from: 0)),
            (#"{"conversation_hash":"a","conversation":[]}"#, .wildchat, .lines(from: 0)),
            (
                #"{"conversation_id":"a","timestamp":1,"conversation":[]}"#, .wildchat,
                .lines(from: 0)
            ),
            (
                #"{"message_id":"a","message_tree_id":"a","text":"x","role":"prompter"}"#,
                .oasstMessages, .lines(from: 0)
            ),
            (#"{"thread_id":"a","thread":[]}"#, .oasstThreads, .lines(from: 0)),
            (#"{"message_tree_id":"a","prompt":{}}"#, .oasstTrees, .lines(from: 0)),
            (
                "{ \"log\": {\"version\":\"1.2\",\"pages\":[{}],\n\"entries\":[]}}", .har,
                .array(from: 51)
            ),
            (#"{"timestamp":1,"body":"{}"}"#, .evalscope, .lines(from: 0)),
            (#"{"timestamp":1,"input_length":3,"hash_ids":[1]}"#, .mooncake, .lines(from: 0)),
            (#"{"text_input":"Hi"}"#, .mooncake, .lines(from: 0)),
            ("TIMESTAMP,ContextTokens,GeneratedTokens\r\n", .azure, .lines(from: 41, after: 1)),
            ("\n\"timestamp\", \"ContextTokens\"\n", .azure, .lines(from: 30, after: 2)),
            ("Model,Request tokens,Timestamp\n", .burstgpt, .lines(from: 31, after: 1)),
            ("id,prompt\r\nx", .promptTable, .rows(from: 11, after: 1)),
            ("prompt", .promptTable, .rows(from: 7, after: 1)),
            (#"{"prompt":"Hi","max_tokens":5}"#, .prompts, .lines(from: 0)),
            (#"[{"prompt":"Hi"}]"#, .prompts, .array(from: 1)),
            ("{\n\"prompt\":\"Hi\"\n}\n", .prompts, .values(from: 0)),
            (#"{"texts":["Hi"]}"#, .aiperf, .lines(from: 0)),
            (#"{"session_id":"s","text":"Hi"}"#, .aiperf, .lines(from: 0)),
            (#"{"session_id":"s","turns":[{"text":"Hi"}]}"#, .aiperf, .lines(from: 0)),
            ("", .chatload, .lines(from: 0)), ("\u{FEFF}", .chatload, .lines(from: 3)),
            ("[", .chatload, .array(from: 1)), ("[]", .chatload, .array(from: 1)),
            ("oops", .chatload, .lines(from: 0)), ("a,b\n1,2\n", .chatload, .lines(from: 0)),
            (#"{"id":"x","model":"m"}"#, .chatload, .lines(from: 0)),
            // A broken first line says less than a whole one behind it, and more than nothing.
            ("{\"turns\":[}\n\(gpt)\n", .sharegpt, .lines(from: 0)),
            (#"{"conversations":[{"from""#, .sharegpt, .lines(from: 0)),
            // A script with turns is a script, whatever else it has.
            (#"{"messages":[],"turns":[]}"#, .chatload, .lines(from: 0)),
            // What takes several lines and is not known is looked at line by line.
            ("{\n\"turns\":[]\n}\n", .chatload, .lines(from: 0)),
        ] as [(String, WorkloadFormat, ElementOrder)])
    func filesAreRecognised(
        text: String, format: WorkloadFormat, order: ElementOrder
    ) throws {
        try withFile(text) { path in
            let found = try Recognition(of: MappedFile(path: path))
            #expect(found.format == format && found.order == order, "\(found)")
        }
    }

    @Test(
        arguments: [
            (#"{"messages":[\#(message)]}"#, .lmsys, nil),
            (#"{"messages":[\#(message)]}"#, .har, "this is no har file: it looks like messages"),
            (
                #"{"messages":[\#(message)]}"#, .azure,
                "this is no azure file: it looks like messages"
            ),
            (
                "TIMESTAMP,ContextTokens\n", .burstgpt,
                "this is no burstgpt file: it looks like azure"
            ),
        ] as [(String, WorkloadFormat, String?)])
    func aFormatCanBeForced(text: String, format: WorkloadFormat, expected: String?) throws {
        try withFile(text) { path in
            let file = try MappedFile(path: path)
            do throws(Fault) {
                #expect(try Recognition(of: file, as: format).format == format)
                #expect(expected == nil)
            } catch {
                #expect(error.message == expected)
            }
        }
    }
}
