import ChatloadKit
import Glibc
import Base
import Networking
import Testing

@testable import chatload

/// The pieces that a probe's texts are made of.
@Suite struct ProbePartsTests {
    @Test(arguments: [
        ("{}", "{}"), ("[]", "[]"), (#"{"a":1}"#, "{\n  \"a\": 1\n}"),
        (#" { "a" : [ 1 , {} , [ ] ] } "#, "{\n  \"a\": [\n    1,\n    {},\n    []\n  ]\n}"),
        (#"["a,{\"","\\"]"#, "[\n  \"a,{\\\"\",\n  \"\\\\\"\n]"), ("{", nil), ("1", nil), ("", nil),
        (#"{"a":1} x"#, nil),
    ])
    func laidOutJSON(text: String, lines: String?) {
        #expect(ProbedMessage.laidOut(Array(text.utf8)) == lines)
    }

    @Test func laidOutJSONSaysTheSame() throws {
        var random = SeededRandom(seed: 3)
        let pieces = ["{", "}", "[", "]", ",", ":", #""a""#, #""\"{""#, "1", "null", " ", "\n"]
        var valid = 0
        for _ in 0..<20_000 {
            let text = (0...Int(random.next() % 6))
                .map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            guard let laidOut = ProbedMessage.laidOut(Array(text.utf8)) else { continue }
            valid += 1
            let dense = { (text: String) in text.filter { !$0.isWhitespace } }
            #expect(dense(laidOut) == dense(text))
            #expect(ProbedMessage.laidOut(Array(laidOut.utf8)) == laidOut)
        }
        #expect(valid > 50)
    }

    @Test(arguments: [
        "plain", "", "two words", "it's", "''", "$HOME `x` \"y\" \\", "a\nb\tc", "é 😀", "-n", "*?[",
        "!x", "a=b",
    ])
    func aShellReadsWordsBack(text: String) throws {
        let file = popen("printf %s " + text.shellWord, "r")
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = file.map { fread(&bytes, 1, bytes.count, $0) } ?? 0
        if let file { pclose(file) }
        #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == text)
    }

    @Test func partsOfAForm() throws {
        let form = MultipartForm([
            MultipartFile(field: "file", path: "a/x.png", content: [0, 1, 13, 10]),
            MultipartFile(field: "file", path: "y \"z\".txt", content: Array("text\r\n".utf8)),
            MultipartFile(field: "empty", path: "e", content: []),
        ])
        var request = ByteBuffer()
        request.append("POST / HTTP/1.1\r\nContent-Type: \(form.contentType)\r\n\r\n")
        form.append(to: &request)
        let message = ProbedMessage(request: request.bytes)
        #expect(message.start == ["POST", "/", "HTTP/1.1"])
        #expect(message.parts.map(\.body) == form.files.map(\.content))
        #expect(message.parts[0].value(of: "content-type") == "image/png")
        let lines = message.bodyLines(showsAll: false)
        #expect(lines.contains("(4 B, no text: 00 01 0d 0a)"))
        #expect(lines.contains { $0.contains("filename=\"y %22z%22.txt\"") })
    }

    @Test func noMessageHurts() {
        var random = SeededRandom(seed: 4)
        let pieces = [
            "POST / HTTP/1.1\r\n", "\r\n", "\n", ":",
            "Content-Type: multipart/form-data; boundary=b\r\n",
            "--b", "--b--", "Cookie: a=b", "Set-Cookie: =", ";", " ", "{", "\u{0}", "é",
        ]
        for _ in 0..<5_000 {
            let text = (0...Int(random.next() % 10))
                .map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            let message = ProbedMessage(request: Array(text.utf8))
            _ = message.start
            #expect(
                message.bodyLines(showsAll: false).allSatisfy { !$0.contains("\n") })
            var mask = ProbeMask(Secrets(["secret"]))
            mask.learn(from: Array((text + "\n").utf8))
            _ = mask.lines(ofHead: message.head)
        }
    }

    @Test(arguments: [
        "Hello", "it costs ${5} or $${5} or $$", "\"quotes\" \\ and\nlines\u{0}", "😀é", "${",
    ])
    func whatIsSaidIsSaidAsItIs(text: String) throws {
        let workload = try Workload.saying([text, "more"])
        let turns = try workload.conversation(at: 0).turns
        #expect(workload.count == 1 && turns.count == 2)
        let review = workload.review(
            with: try ServiceDescription.stammer.configured(inSandbox: true))
        #expect(review.complaints.isEmpty)
    }
}
