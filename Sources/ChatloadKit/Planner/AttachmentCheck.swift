import Glibc

/// Whether files that turns send along can be read; asks the system once for each.
struct AttachmentCheck {
    /// Answers that are remembered at most.
    private static let mostAnswers = 10_000

    private var answers: [String: String?] = [:]

    /// What is wrong with the file at `path`; nil when nothing is.
    mutating func objection(to path: String) -> String? {
        if let known = answers[path] { return known }
        let answer = Self.ask(path)
        if answers.count < Self.mostAnswers { answers[path] = .some(answer) }
        return answer
    }

    private static func ask(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return "cannot be read: \(String(cString: strerror(errno)))"
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return "is not a file" }
        guard status.st_size <= Attachment.limit else {
            return "is larger than \(Attachment.limit >> 20) MB"
        }
        guard access(path, R_OK) == 0 else {
            return "cannot be read: \(String(cString: strerror(errno)))"
        }
        return nil
    }
}
