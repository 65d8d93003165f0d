import Base
import Networking
import Support
import Testing

@testable import Sandbox

/// Bodies and queries as a browser, or somebody else, may send them.
@Suite struct FormFuzzTests {
    private static let uploads = Fuzz(
        "multipart",
        texts: [
            MultipartReaderTests.body("name=\"file\"; filename=\"a.png\"", "content"),
            "preamble\r\n--b  \r\nContent-Disposition: form-data; name=file; filename=../../x\r\n"
                + "Content-Type: image/png\r\n\r\n--bogus\r\n-\r\n--b\r\n"
                + "content-disposition: form-data; name=\"note\"\r\n\r\n\r\n--b--",
        ],
        words: [
            "--b", "--b--", "\r\n", "\r\n\r\n", "\r\n--b", "\"", "\\", ";", "=", "name=",
            "filename=",
            "filename=\"../", ":", "Content-Type: ", " ", "form-data",
        ])

    @Test func partsLieWithinTheBody() throws {
        var read = 0
        try Self.uploads.play { input in
            let found = MultipartReader.parts(of: input.bytes.span, boundary: Array("b".utf8))
            guard let parts = found else { return }
            read += 1
            var end = 0
            for part in parts {
                try #require(part.content.lowerBound >= end, "\(input)")
                try #require(part.content.upperBound <= input.bytes.count, "\(input)")
                try #require(!part.name.isEmpty, "\(input)")
                let name = part.fileName ?? ""
                try #require(!name.contains("/") && !name.contains("\\"), "\(input)")
                end = part.content.upperBound
            }
        }
        #expect(read > 100)
    }

    /// What our own client writes is read back, whatever is in it.
    @Test func formsComeBack() throws {
        try Self.uploads.play { input in
            let bytes = input.bytes
            let name = String(decoding: bytes.prefix(40).filter { $0 != 0x5C }, as: UTF8.self)
            let file = MultipartFile(field: "file", path: "x/\(name)", content: bytes)
            let note = MultipartFile(field: "note", path: "n.txt", content: bytes.reversed())
            let form = MultipartForm([file, note])
            var body = ByteBuffer()
            form.append(to: &body)
            let boundary = MultipartReader.boundary(ofContentType: form.contentType) ?? []
            let parts = MultipartReader.parts(of: body.bytes.span, boundary: boundary) ?? []
            try #require(parts.map(\.name) == ["file", "note"], "\(input)")
            try #require(Array(body.bytes[parts[0].content]) == bytes, "\(input)")
            try #require(Array(body.bytes[parts[1].content]) == bytes.reversed(), "\(input)")
        }
    }

    @Test func queriesAreRead() throws {
        let fuzz = Fuzz(
            "query", texts: ["a=1&b=%20+x&c&=d&a=%E2%82%AC", "prvid=p&message=%7B%22a%22%3A1%7D"],
            words: ["&", "=", "%", "%2", "%zz", "+", "%00", "&&", "=="])
        try fuzz.play { input in
            let bytes = input.bytes
            var end = 0
            QueryString.forEach(in: bytes.span, 0..<bytes.count) { name, value in
                if name.lowerBound < end || value.lowerBound < name.upperBound { end = .max }
                var decoded = ByteBuffer()
                QueryString.decode(bytes.span, value, to: &decoded)
                if decoded.count > value.count { end = .max }
                end = max(end, value.upperBound)
            }
            try #require(end <= bytes.count, "\(input)")
            var encoded = ByteBuffer()
            encoded.append(percentEncoded: bytes.span)
            var decoded = ByteBuffer()
            QueryString.decode(encoded.bytes.span, 0..<encoded.count, to: &decoded)
            try #require(decoded.bytes == bytes, "\(input)")
        }
    }

    /// Much of one thing takes time in proportion.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            "\r\n--b", "--b\r\n", ";", "=\"", "\\", "\r\n", "a: b\r\n", "--b\r\nA: b\r\n\r\n", "\r",
        ])
    func muchOfOneThing(unit: String) {
        let much = String(repeating: unit, count: 300_000 / unit.utf8.count)
        for text in [much, "--b\r\nContent-Disposition: form-data; name=x;" + much + "\r\n\r\n"] {
            let bytes = Array(text.utf8)
            let parts = MultipartReader.parts(of: bytes.span, boundary: Array("b".utf8))
            #expect(parts?.count ?? 0 <= 1_000)
        }
        _ = MultipartReader.boundary(ofContentType: "multipart/form-data; " + much)
    }
}
