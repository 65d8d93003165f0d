import Glibc
import Networking

/// A file that a script sends along.
enum Attachment {
    /// The most bytes of one file; the services' own limits are lower.
    static let limit = 64 * 1_024 * 1_024

    /// What is wrong with the file at `path`, in words; nil when it can be sent.
    static func objection(to path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return "cannot find the attachment \(path): \(String(cString: strerror(errno)))"
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return "attachment \(path) is no file" }
        guard access(path, R_OK) == 0 else {
            return "cannot read the attachment \(path): \(String(cString: strerror(errno)))"
        }
        guard Int(status.st_size) <= limit else {
            return "attachment \(path) is larger than \(limit) bytes"
        }
        return nil
    }

    /// The files as a form with one field, `file`, for each.
    ///
    /// - Throws: `script` when one of them cannot be read.
    static func form(of paths: [String]) throws(ExchangeFailure) -> MultipartForm {
        var files: [MultipartFile] = []
        for path in paths {
            files.append(MultipartFile(field: "file", path: path, content: try content(of: path)))
        }
        return MultipartForm(files)
    }

    private static func content(of path: String) throws(ExchangeFailure) -> [UInt8] {
        if let objection = objection(to: path) { throw ExchangeFailure(.script, objection) }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(path) }
        defer { close(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while content.count <= limit {
            let count = read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            if count == 0 { break }
            content.append(contentsOf: chunk.prefix(count))
        }
        return content
    }

    private static func unreadable(_ path: String) -> ExchangeFailure {
        let reason = String(cString: strerror(errno))
        return ExchangeFailure(.script, "cannot read the attachment \(path): \(reason)")
    }
}
