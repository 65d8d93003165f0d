import Base
import Networking
import Testing

@testable import Sandbox

@Suite("Multipart bodies")
struct MultipartReaderTests {
    static func body(_ disposition: String, _ content: String = "x") -> String {
        "--b\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n\(content)\r\n--b--\r\n"
    }

    static func parts(_ text: String) -> [MultipartReader.Part]? {
        MultipartReader.parts(of: Array(text.utf8).span, boundary: Array("b".utf8))
    }

    @Test(arguments: [
        ("name=\"file\"; filename=\"a.png\"", "a.png"),
        ("name=file; filename=a.png", "a.png"),
        ("filename=\"a;b=c.png\"; name=\"file\"", "a;b=c.png"),
        ("name=\"file\"; filename=\"say \\\"hi\\\".txt\"", "say \"hi\".txt"),
        ("name=\"file\"; filename=\"../../etc/passwd\"", "passwd"),
        ("name=\"file\"; filename=\"C:\\files\\photo.jpg\"", "photo.jpg"),
        ("name=\"file\"; filename=\"größe 😀.png\"", "größe 😀.png"),
        ("name=\"file\"; filename=\"\"", ""),
        ("name=\"file\"; filename=\"unclosed", "unclosed"),
    ])
    func readsOddFileNames(disposition: String, fileName: String) {
        let parts = Self.parts(Self.body(disposition))
        #expect(parts?.count == 1)
        #expect(parts?.first?.name == "file")
        #expect(parts?.first?.fileName == fileName)
    }

    @Test func readsSeveralPartsWithAnyContent() {
        let text =
            "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"1\"\r\n"
            + "Content-Type: image/png\r\n\r\n--bogus\r\n-\r\n--b  \r\n"
            + "content-disposition: form-data; name=\"note\"\r\n\r\n\r\n--b--"
        let parts = Self.parts(text)
        let bytes = Array(text.utf8)
        #expect(parts?.map(\.name) == ["file", "note"])
        #expect(parts?.map(\.contentType) == ["image/png", nil])
        let contents = parts?.map { String(decoding: bytes[$0.content], as: UTF8.self) }
        #expect(contents == ["--bogus\r\n-", ""])
    }

    @Test(arguments: [
        "", "--b", "--b\r\n", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nno end",
        "--b\r\nno colon\r\n\r\nx\r\n--b--", "--c\r\n\r\nx\r\n--c--", "--b\r\nA: b\r\n\r\n",
    ])
    func refusesBrokenBodies(text: String) {
        #expect(Self.parts(text) == nil)
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;boundary=\"a b\"; charset=utf-8", "a b"),
        ("multipart/form-data", nil), ("multipart/mixed; boundary=abc", nil),
        ("application/json", nil), ("multipart/form-data; boundary=", nil),
    ])
    func readsBoundaries(type: String, boundary: String?) {
        #expect(MultipartReader.boundary(ofContentType: type) == boundary.map { Array($0.utf8) })
    }
}
