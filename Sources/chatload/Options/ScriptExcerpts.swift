import Base
import ChatloadKit
import Networking

/// Turns the planner's complaints about scripts into ours, with the line they are about.
struct ScriptExcerpts {
    let service: any ChatService
    let surroundings: ProcessEnvironment

    /// All complaints as one, nil when there is none.
    func complaint(about review: ValidationReport) -> Fault? {
        var lines: [String: [Int: String]] = [:]
        var complaints = review.complaints.map { complaint in
            guard let file = complaint.file, complaint.column != nil else { return complaint }
            if lines[file] == nil {
                let wanted = review.complaints.filter { $0.file == file }.compactMap(\.line)
                lines[file] = read(wanted, of: file)
            }
            var complaint = complaint
            complaint.excerpt = complaint.line.flatMap { lines[file]?[$0] }
            return complaint
        }
        let others = review.complaintCount - review.complaints.count
        if others > 0 {
            complaints.append(
                Fault(
                    "and \(Figures.count(others)) more of this kind",
                    hint: "--skip-bad-lines goes on without them"))
        }
        guard var first = complaints.first else { return nil }
        first.others = Array(complaints.dropFirst())
        return first
    }

    /// Lines of a file by number, where it is small enough to be read again and holds no secret.
    private func read(_ wanted: [Int], of path: String) -> [Int: String] {
        guard path != InputFile.stdin, let bytes = try? surroundings.text(in: path) else {
            return [:]
        }
        var lines: [Int: String] = [:]
        let last = wanted.max() ?? 0
        let parts = bytes.split(
            separator: UInt8(ascii: "\n"), maxSplits: last, omittingEmptySubsequences: false)
        for number in wanted where number >= 1 && number <= parts.count {
            let line = String(decoding: parts[number - 1], as: UTF8.self)
            if !mayHoldSecret(line) { lines[number] = line }
        }
        return lines
    }

    private func mayHoldSecret(_ line: String) -> Bool {
        let names = service.description.parameters.filter(\.isSecret).map { "\"\($0.name)\"" }
        return names.contains { line.contains($0) }
            || service.secrets.values.contains { line.contains($0) }
    }
}
