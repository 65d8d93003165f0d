import Base
import Glibc
import Networking

/// An attachment: a file that a script sends along.
enum Attachment {
    /// The most bytes of one file; the services' own limits are lower.
    static let limit = 64 << 20

    /// What is wrong with the file at `path`, in words that follow its name; nil when it can be sent.
    static func objection(to path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return unreadable }
        guard status.st_mode & S_IFMT == S_IFREG else { return "is not a file" }
        guard status.st_size <= limit else { return "is larger than \(limit >> 20) MB" }
        return access(path, R_OK) == 0 ? nil : unreadable
    }

    /// The files as a form with one field, `file`, for each.
    ///
    /// - Throws: `script` when one of them cannot be read.
    static func form(of paths: [String]) throws(ExchangeFailure) -> MultipartForm {
        MultipartForm(
            try paths.map { (path) throws(ExchangeFailure) in
                MultipartFile(field: "file", path: path, content: try content(of: path))
            })
    }

    private static func content(of path: String) throws(ExchangeFailure) -> [UInt8] {
        if let objection = objection(to: path) { throw failure(of: path, objection) }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(of: path, unreadable) }
        defer { close(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while content.count <= limit {
            let count = read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(of: path, unreadable) }
            if count == 0 { break }
            content.append(contentsOf: chunk.prefix(count))
        }
        return content
    }

    /// What the last call of the system has found.
    static var unreadable: String { "cannot be read: \(String(cString: strerror(errno)))" }

    /// The failure of a turn that cannot send a file.
    static func failure(of path: String, _ objection: String) -> ExchangeFailure {
        ExchangeFailure(.script, "the attachment \(path) \(objection)")
    }
}
