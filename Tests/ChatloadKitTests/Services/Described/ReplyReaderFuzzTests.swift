import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// Whatever a service sends, and however it is damaged, is a reply or a failure; and events are read
/// alike wherever the members in them stand.
@Suite struct ReplyReaderFuzzTests {
    @Test(arguments: ["openai", "azure-openai", "responses", "anthropic", "ollama", "gemini"])
    func survives(name: String) throws {
        let file = try builtIn(name)
        let rows = (ReplyStreamRowTests.chat + ReplyStreamRowTests.others).filter {
            $0.service == name || name == "azure-openai" && $0.service == "openai"
        }
        let seed: UInt64 = 2_030
        var random = SeededRandom(seed: seed)
        for _ in 0..<Fuzz.count(few: 300) {
            guard let row = rows.randomElement(using: &random) else { return }
            let events = row.events.map { event in
                Bool.random(using: &random) ? event : Self.damaged(event, using: &random)
            }.filter { _ in Int.random(in: 0..<8, using: &random) > 0 }
            let log = try ReplyLog(file)
            let outcome = log.stream(events)
            #expect(!outcome.isEmpty, "seed \(seed)")
            for event in events {
                _ = log.whole([200, 400, 429].randomElement(using: &random) ?? 200, event)
            }
        }
    }

    private static func damaged(_ text: String, using random: inout SeededRandom) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1..<4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(place...)
            case 2: bytes.insert(bytes[place], at: place)
            default: bytes.remove(at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Elements with their members in any order: what is joined is the same.
    @Test func theOrderOfMembersIsOfNoMatter() throws {
        let file = try described(
            reply:
                ##"{"each":"$.m[*]","text":[{"at":"$.t","when":{"$.k":"x"},"unless":{"$.o":true}},"$.u"]}"##
        )
        let seed: UInt64 = 2_031
        var random = SeededRandom(seed: seed)
        for _ in 0..<Fuzz.count(few: 300) {
            var expected: [String] = []
            var elements: [String] = []
            for number in 0..<Int.random(in: 0..<5, using: &random) {
                var members: [String] = []
                let (hasText, isKind, isOwn, hasOther) = (
                    Bool.random(using: &random), Bool.random(using: &random),
                    Bool.random(using: &random), Bool.random(using: &random)
                )
                if hasText { members.append("\"t\":\"t\(number)\"") }
                if isKind { members.append("\"k\":\"x\"") }
                if isOwn { members.append("\"o\":true") }
                if hasOther { members.append("\"u\":\"u\(number)\"") }
                if hasText, isKind, !isOwn {
                    expected.append("t\(number)")
                } else if hasOther {
                    expected.append("u\(number)")
                }
                elements.append("{" + members.shuffled(using: &random).joined(separator: ",") + "}")
            }
            let body = "{\"m\":[" + elements.joined(separator: ",") + "]}"
            let shown = try ReplyLog(file).whole(200, body)
            #expect(shown.hasPrefix("\"\(expected.joined(separator: "\n"))\""), "\(body) \(seed)")
        }
    }
}
