import Base
import Support
import Testing

@Suite struct JSONPathFuzzTests {
    private static let paths = [
        "data.answer", "messages.0.body", "*", "*.*.b", "$", "$.a.b.c[0]", "$['a.b'][*]",
        "$[\"a\"]",
        "$[0][1]", "a",
    ]

    /// Paths as a user may write them, looked up in documents.
    @Test func pathsAreReadOrRefused() throws {
        let fuzz = Fuzz(
            "json-paths", texts: Self.paths,
            words: [".", "$", "$.", "[", "]", "'", "\"", "*", "0", "a", "messages", "[*]", "['a']"])
        let documents = JSONFuzzTests.documents.map { Array($0.utf8) }
        var read = 0
        try fuzz.play { input in
            let text = String(decoding: input.bytes, as: UTF8.self)
            guard let path = JSONPath(text) else { return }
            read += 1
            try #require(path.text == text, "\(input)")
            for document in documents { try Self.look(JSONFields([path]), in: document, input) }
        }
        #expect(read > 100)
    }

    /// Paths looked up in whatever a service sends.
    @Test func documentsAreReadOrRefused() throws {
        let fields = JSONFields(Self.paths.compactMap { JSONPath($0) })
        let words = JSONFuzzTests.words + ["NaN", "Infinity", "-Infinity", "\u{FEFF}"]
        let fuzz = Fuzz("json", texts: JSONFuzzTests.documents, words: words, seed: 3)
        try fuzz.play { input in try Self.look(fields, in: input.bytes, input) }
    }

    /// What is found is a value of its own, and the document is refused where the scanner does.
    private static func look(
        _ fields: JSONFields, in bytes: [UInt8], _ input: Fuzz.Input
    ) throws {
        var isFaulty = false
        let read = Result { () throws(JSONError) in
            try fields.read(bytes.span) { index, token, range in
                let isInside = range.lowerBound >= 0 && range.upperBound <= bytes.count
                if !fields.paths.indices.contains(index) || !isInside { isFaulty = true }
                switch token {
                case .beginObject, .beginArray, .number:
                    var scanner = JSONScanner(position: range.lowerBound, takesNaN: true)
                    try? scanner.skipValue(in: bytes.span)
                    if scanner.position != range.upperBound { isFaulty = true }
                default: break
                }
            }
        }
        var scanner = JSONScanner(position: bytes.span.lengthOfMark, takesNaN: true)
        let scanned = Result { () throws(JSONError) in
            while try scanner.next(in: bytes.span) != .end {}
        }
        try #require(!isFaulty, "\(input)")
        switch (read, scanned) {
        case (.success, .success): break
        case (.failure(let one), .failure(let other)): try #require(one == other, "\(input)")
        default: Issue.record("looking up and reading disagree about \(input)")
        }
    }

    /// A text that is written is read back; one that is read has no more bytes than stand there.
    @Test func textsComeBack() throws {
        let fuzz = Fuzz(
            "json-texts", texts: ["", "plain ü 😀 text", "\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}"],
            words: ["\\", "\"", "\\u0041", "\n", "é", "\u{2028}", "12345678"])
        try fuzz.play { input in
            var json = ByteBuffer()
            json.append("\"")
            json.append(jsonEscaped: input.bytes.span)
            json.append("\"")
            var scanner = JSONScanner()
            let isText = String(validating: input.bytes, as: UTF8.self) != nil
            guard case .string(let text)? = try? scanner.next(in: json.bytes.span) else {
                try #require(!isText, "\(input)")
                return
            }
            var read = ByteBuffer()
            text.append(to: &read, from: json.bytes.span)
            try #require(isText && read.bytes == input.bytes, "\(input)")
            var query = ByteBuffer()
            query.append(percentEncoded: input.bytes.span)
            try #require(query.count <= 3 * input.bytes.count)
        }
    }
}
