import Base
import Networking
import Testing

struct MultipartTests {
    @Test func writesTheForm() {
        let form = MultipartForm([
            MultipartFile(field: "file", path: "dir/a\"b\r\n.png", content: [1, 2]),
            MultipartFile(field: "file", path: "notes", content: Array("hi".utf8)),
        ])
        var buffer = ByteBuffer()
        form.append(to: &buffer)
        let start = "--chatload-part-0\r\nContent-Disposition: form-data; name=\"file\"; filename="
        let expected =
            start + "\"a%22b%0D%0A.png\"\r\nContent-Type: image/png\r\n\r\n\u{1}\u{2}\r\n"
            + start + "\"notes\"\r\nContent-Type: application/octet-stream\r\n\r\nhi\r\n"
            + "--chatload-part-0--\r\n"
        #expect(buffer.text == expected)
        #expect(form.contentType == "multipart/form-data; boundary=chatload-part-0")
    }

    @Test func theBoundaryOccursInNoPart() {
        let content = Array("x chatload-part-0 chatload-part-1 y".utf8)
        let form = MultipartForm([MultipartFile(field: "file", path: "f", content: content)])
        #expect(form.boundary == "chatload-part-2")
    }

    @Test(arguments: [
        ("a.png", "image/png"), ("a.JPG", "image/jpeg"), ("a.tar.zip", "application/zip"),
        ("a", "application/octet-stream"), ("d.png/a", "application/octet-stream"),
        (".", "application/octet-stream"), ("", "application/octet-stream"),
    ])
    func typeFollowsTheExtension(name: String, type: String) {
        #expect(MultipartFile(field: "f", path: name, content: []).mimeType == type)
    }
}
