import FoundationEssentials
import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What was recorded about a reply decides what becomes of it.
@Suite struct CapturedReplyTests {
    private static func entry(status: Int, _ content: String) -> String {
        let say = #"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"#
        return #"{"log":{"entries":[{"startedDateTime":"2026-01-01T00:00:00Z","time":5,"#
            + #""request":{"method":"POST","url":"http://h/v1/chat/completions","#
            + #""postData":{"text":"\#(say)"}},"#
            + #""response":{"status":\#(status),"content":\#(content)}}]}}"#
    }

    private static func packed(_ bytes: [UInt8], type: String) -> String {
        let text = Data(bytes).base64EncodedString()
        return #"{"encoding":"base64","mimeType":"\#(type)","text":"\#(text)"}"#
    }

    private static let answer = #"{"choices":[{"message":{"content":"café"}}]}"#
    private static let latin: [UInt8] = answer.unicodeScalars.map { UInt8($0.value) }
    private static let escaped = answer.replacing("\"", with: "\\\"")

    static let contents: [(String, Int, String, String?, Omissions.Kind?)] = [
        ("plain", 200, #"{"text":"\#(escaped)"}"#, "café", nil),
        ("base64", 200, packed(Array(answer.utf8), type: "application/json"), "café", nil),
        ("a mark", 200, packed([0xEF, 0xBB, 0xBF] + Array(answer.utf8), type: ""), "café", nil),
        ("Latin-1", 200, packed(latin, type: "text/plain; charset=ISO-8859-1"), "café", nil),
        ("not UTF-8", 200, packed(latin, type: "application/json"), nil, .unreadableReply),
        (
            "broken base64", 200, #"{"encoding":"base64","text":"%%%"}"#, nil, .unreadableReply
        ),
        ("another encoding", 200, #"{"encoding":"rot13","text":"x"}"#, nil, .unreadableReply),
        ("an error", 503, #"{"text":"\#(escaped)"}"#, nil, .failedRequest),
        ("nothing came back", 0, "{}", nil, .failedRequest),
    ]

    @Test(arguments: contents) func isReadOrCounted(
        name: String, status: Int, content: String, reply: String?, counted: Omissions.Kind?
    ) throws {
        let scratch = try ScratchFolder()
        let path = try scratch.write(Self.entry(status: status, content), to: "c.har")
        let workload = try Workload.open([path])
        #expect(workload.formats == [.har])
        var importer = Importer(limit: nil, skipsErrors: false)
        importer.convert(workload) { _ in
        } write: { _ in
        }
        let conversation = try workload.conversation(at: 0)
        #expect(conversation.turns.map(\.reply) == [reply], "\(name)")
        let found = importer.tally.omissions.found.map(\.kind)
        #expect(found == [counted].compactMap(\.self), "\(name)")
    }
}
