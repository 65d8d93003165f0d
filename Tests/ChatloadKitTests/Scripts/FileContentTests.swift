import Base
import Networking
import Support
import Testing

@testable import ChatloadKit

/// What files are told to be by their first bytes, and what becomes of those that people save.
@Suite struct FileContentTests {
    private static func wide(_ text: String, isLittleEndian: Bool, mark: Bool) -> [UInt8] {
        ((mark ? [0xFEFF] : []) + Array(text.utf16)).flatMap { unit -> [UInt8] in
            let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
            return isLittleEndian ? [low, high] : [high, low]
        }
    }

    private static let script = #"{"id":"a","turns":[{"say":"café 😀 €"}]}"#
    private static let line = Array(script.utf8)

    static let texts: [(String, [UInt8])] = [
        ("plain", line), ("a mark", [0xEF, 0xBB, 0xBF] + line),
        ("UTF-16LE", wide(script, isLittleEndian: true, mark: true)),
        ("UTF-16BE", wide(script, isLittleEndian: false, mark: true)),
        ("UTF-16LE without a mark", wide(script, isLittleEndian: true, mark: false)),
        ("UTF-16BE without a mark", wide(script, isLittleEndian: false, mark: false)),
    ]

    @Test(arguments: texts) func whatIsTextIsRead(name: String, bytes: [UInt8]) throws {
        #expect(try FileContent.text(of: bytes) == Self.line)
        let scratch = try ScratchFolder()
        let path = try scratch.write(bytes, to: "in.jsonl")
        let workload = try Workload.open([path])
        #expect(try workload.conversation(at: 0).id == "a")
        #expect(try workload.conversation(at: 0).turns.first?.action == .say("café 😀 €"))
    }

    static let others: [(String, [UInt8])] = [
        ("UTF-32", [0xFF, 0xFE, 0, 0, 0x7B, 0, 0, 0]),
        ("a zip archive", [0x50, 0x4B, 3, 4, 20, 0, 0, 0]),
        ("packed with zstd", [0x28, 0xB5, 0x2F, 0xFD, 4, 0]),
        ("packed with bzip2", Array("BZh91AY&SY".utf8)),
        ("packed with xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4]),
        ("a PDF document", Array("%PDF-1.7\n".utf8)),
        ("a Parquet file", Array("PAR1\u{15}\u{4}".utf8)),
        ("a PNG image", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        ("an HTML page", Array("<!DOCTYPE html><html>".utf8)),
        ("a Git LFS pointer", Array("version https://git-lfs.github.com/spec/v1\n".utf8)),
        (
            "no text",
            (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ $0 / 7) | 0x80 }
                + Array(repeating: 1, count: 60)
        ),
    ]

    @Test(arguments: others) func whatIsNoTextIsNamedOnce(name: String, bytes: [UInt8]) throws {
        let scratch = try ScratchFolder()
        let path = try scratch.write(bytes, to: "in")
        let complaint = #expect(throws: Fault.self) { try Workload.open([path]) }
        #expect(complaint?.line == nil)
        #expect(complaint?.message.hasPrefix("this is \(name)") == true, "\(complaint as Any)")
        #expect(complaint?.hint != nil)
        #expect(throws: Fault.self) { try DataTable.open(path) }
        #expect(throws: Fault.self) { try FileContent.text(of: bytes) }
    }

    @Test func marksBetweenJoinedFilesAreNoText() throws {
        let scratch = try ScratchFolder()
        let marked = [0xEF, 0xBB, 0xBF] + Self.line + [0x0A]
        let workload = try Workload.open([try scratch.write(marked + marked, to: "two.jsonl")])
        #expect(workload.count == 2)
        #expect(try workload.conversation(at: 1).turns.count == 1)
    }

    @Test func halvesOfCharactersAreNotLost() {
        var random = SeededRandom(seed: 11)
        let text = "a€😀\u{10FFFF}z"
        for isLittleEndian in [true, false] {
            let bytes = Self.wide(text, isLittleEndian: isLittleEndian, mark: false)
            for _ in 0..<200 {
                var decoder = UTF16Decoder(isLittleEndian: isLittleEndian)
                var decoded: [UInt8] = []
                var start = 0
                while start < bytes.count {
                    let end = min(bytes.count, start + 1 + Int(random.next() % 5))
                    decoder.decode(bytes.span.extracting(start..<end), into: &decoded)
                    start = end
                }
                #expect(decoder.finish() && decoded == Array(text.utf8))
            }
        }
        #expect(throws: Fault.self) { try FileContent.text(of: [0xFF, 0xFE, 0x61]) }
    }

    /// Any bytes lead to a text or an error.
    @Test func noBytesAreTooMuch() {
        for seed in UInt64(1)...2_000 {
            var random = SeededRandom(seed: seed, stream: 9)
            let source = Self.texts[Int(random.next() % UInt64(Self.texts.count))].1
            var bytes = source + Self.others[Int(random.next() % UInt64(Self.others.count))].1
            for _ in 0..<Int(random.next() % 6) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            bytes.removeLast(Int(random.next() % UInt64(bytes.count)))
            guard let text = try? FileContent.text(of: bytes) else { continue }
            #expect(text.count <= bytes.count * 3, "seed \(seed)")
        }
    }
}

/// What people get wrong most, with what is usually meant.
@Suite struct UsualMistakesTests {
    @Test(arguments: [
        (#"{"question":"Hi"}"#, #"{"turns":[{"say""#),
        (#"{"say":"Hi"}"#, "a conversation has turns"),
        (#"{"turns":[{"text":"Hi"}]}"#, #"is "say""#),
        (#"{"turns":[{"say":"a","wait":"2s"}]}"#, #"is "think""#),
        (#"{"turns":[{"say":"a","assert":{}}]}"#, #"is "expect""#),
        ("What is the weather?", "is named .txt"), ("# a comment", "begin with //"),
        ("{\"turns\":[\n{\"say\":\"a\"}]}", "stands on one line"),
        (#"{"turns":[{"say":"a"}]},"#, "comma"),
        (#"{"turns":[{"say":"a","expect":{"matches":"(\d+)"}}]}"#, "two backslashes"),
    ])
    func areNamed(text: String, hint: String) throws {
        let scratch = try ScratchFolder()
        let path = try scratch.write(Array(text.utf8), to: "in.jsonl")
        let workload = try Workload.open([path])
        let complaint = #expect(throws: Fault.self) { try workload.conversation(at: 0) }
        #expect(complaint?.hint?.contains(hint) == true, "\(complaint as Any)")
    }

    @Test func shareGPTIsSpokenOfByItsKeys() throws {
        let scratch = try ScratchFolder()
        for (entry, key) in [
            (#"{"from":null,"value":"x"}"#, #""from""#),
            (#"{"from":"human","value":5}"#, #""value""#),
            (#"{"role":7,"content":"x"}"#, #""role""#),
        ] {
            let text = #"[{"id":"1","conversations":["# + entry + "]}]"
            let workload = try Workload.open([try scratch.write(Array(text.utf8), to: "d.json")])
            let complaint = #expect(throws: Fault.self) {
                try workload.conversation(at: 0)
            }
            #expect(complaint?.message.contains(key) == true, "\(complaint as Any)")
        }
    }
}
