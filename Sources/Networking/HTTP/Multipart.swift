package import Base

/// One file of a `multipart/form-data` body (RFC 7578).
package struct MultipartFile: Sendable, Equatable {
    /// The name of the form's field.
    package var field: String
    /// The name the receiver is told, without folders.
    package var fileName: String
    /// The content's type.
    package var mimeType: String
    /// The content.
    package var content: [UInt8]

    /// A file at `path`, of the type its extension says.
    package init(field: String, path: String, content: [UInt8]) {
        self.field = field
        fileName = path.split(separator: "/").last.map(String.init) ?? path
        mimeType = Self.mimeType(of: path)
        self.content = content
    }
}

/// A `multipart/form-data` body.
package struct MultipartForm: Sendable, Equatable {
    /// The files, in order.
    package let files: [MultipartFile]
    /// What separates the parts; occurs in none of them.
    package let boundary: String

    /// A form of these files. The boundary follows from their content, so that the same form is
    /// the same bytes every time.
    package init(_ files: [MultipartFile]) {
        self.files = files
        var number = 0
        var candidate = "chatload-part-0"
        while files.contains(where: { $0.content.contains(Array(candidate.utf8)) }) {
            number += 1
            candidate = "chatload-part-\(number)"
        }
        boundary = candidate
    }

    /// The value of the request's `Content-Type`.
    package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// Appends the body.
    package func append(to buffer: inout ByteBuffer) {
        for file in files {
            buffer.append("--\(boundary)\r\nContent-Disposition: form-data; name=\"")
            buffer.append(formName: file.field)
            buffer.append("\"; filename=\"")
            buffer.append(formName: file.fileName)
            buffer.append("\"\r\nContent-Type: \(file.mimeType)\r\n\r\n")
            buffer.append(file.content)
            buffer.append("\r\n")
        }
        buffer.append("--\(boundary)--\r\n")
    }
}

extension ByteBuffer {
    /// Appends a field or file name escaped as browsers do (WHATWG HTML, "multipart/form-data
    /// encoding algorithm"): a quote as `%22`, line breaks as `%0D` and `%0A`.
    fileprivate mutating func append(formName name: String) {
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("%22")
            case UInt8(ascii: "\r"): append("%0D")
            case UInt8(ascii: "\n"): append("%0A")
            default: append(byte: byte)
            }
        }
    }
}

extension MultipartFile {
    /// The type for a file of this name; `application/octet-stream` when the extension says
    /// nothing.
    private static func mimeType(of fileName: String) -> String {
        let name = fileName.split(separator: "/").last ?? ""
        let dot = name.lastIndex(of: ".")
        return dot.flatMap { types[name[name.index(after: $0)...].lowercased()] }
            ?? "application/octet-stream"
    }

    private static let types = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "svg": "image/svg+xml", "webp": "image/webp", "mp4": "video/mp4", "webm": "video/webm",
        "ogv": "video/ogg", "mov": "video/quicktime", "flv": "video/x-flv", "mp3": "audio/mpeg",
        "ogg": "audio/ogg", "oga": "audio/ogg", "wav": "audio/wav", "aac": "audio/aac",
        "pdf": "application/pdf", "json": "application/json", "zip": "application/zip",
        "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "html": "text/html",
    ]
}
