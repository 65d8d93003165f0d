import Base
import ChatloadKit
import Glibc
import Networking

/// `import`: turns transcripts and traces of other formats into a workload of chatload's own.
///
/// - Throws: what is wrong with the files or the output; then no file has been made.
func importCommand(
    _ settings: ImportSettings, in surroundings: ProcessEnvironment
) throws(Fault) -> ExitCode {
    if settings.files.isEmpty {
        throw Fault("no file to import", hint: "name a transcript, such as chats.json")
    }
    var output = try ImportOutput(settings.output, replaces: settings.replaces)
    let report: String
    do throws(Fault) {
        report = try imported(settings, to: &output, in: surroundings)
        try output.finish()
    } catch {
        output.abandon()
        throw error
    }
    if !settings.process.isQuiet { Terminal.messages.write(report) }
    return .ok
}

/// Writes the conversations.
private func imported(
    _ settings: ImportSettings, to output: inout ImportOutput, in surroundings: ProcessEnvironment
) throws(Fault) -> String {
    let isShown = settings.process.showsProgress(in: surroundings)
    let workload: Workload
    var reading = CheckingLine(isShown: isShown, doing: "reading")
    do throws(Fault) {
        workload = try Workload.open(
            settings.files, as: settings.format, prompts: settings.prompts
        ) { reading.update(bytes: $0) }
    } catch {
        reading.finish()
        throw error
    }
    reading.finish()
    var importer = Importer(limit: settings.limit, skipsErrors: settings.skipsBadLines)
    var line = CheckingLine(isShown: isShown, doing: "importing")
    defer { line.finish() }
    try importer.convert(workload) {
        line.update(share: $0, bytes: workload.byteCount)
    } write: { (lines) throws(Fault) in
        if let change = workload.change { throw change }
        try output.append(lines)
    }
    if let change = workload.change { throw change }
    let tally = importer.tally
    if let complaint = tally.complaint(output.name, skipsErrors: settings.skipsBadLines) {
        throw complaint
    }
    return tally.text(of: workload.formats, to: output.name)
}

/// What an import says when it is done: on stderr, since stdout may be its output.
extension ImportTally {
    /// The report for people.
    fileprivate func text(of formats: [WorkloadFormat], to output: String) -> String {
        let titles = formats.titles
        var text =
            "\(titles.joined(separator: ", ")) to \(Printable.line(output)):"
            + " \(Figures.count(conversations, "conversation")),"
            + " \(Figures.count(turns, "turn")), \(Figures.count(replies, "recorded reply")),"
            + " \(Figures.bytes(bytes))\n"
        for (kind, count) in omissions.found {
            text += "  \(kind.isLeftOut ? "left out" : "included"): \(kind.words(count))\n"
        }
        if renamed > 0 {
            text +=
                "  renamed: \(Figures.count(renamed, "conversation"))"
                + " whose id was another's before\n"
        }
        return text + rejections
    }

    private var rejections: String {
        if rejected == 0 { return "" }
        var text = "  rejected: \(Figures.count(rejected, "conversation"))\n"
        for complaint in complaints { text += "    \(Printable.line("\(complaint)"))\n" }
        let others = rejected - complaints.count
        if others > 0 { text += "    and \(Figures.count(others)) more\n" }
        return text
    }

    /// What ends the import with an error: conversations that have errors, unless they may be left
    /// out and something is left.
    fileprivate func complaint(_ output: String, skipsErrors: Bool) -> Fault? {
        if rejected == 0 || (skipsErrors && conversations > 0) { return nil }
        guard var first = complaints.first else { return nil }
        first.others = Array(complaints.dropFirst())
        let others = rejected - complaints.count
        let outcome =
            output == ImportOutput.stdout && conversations > 0
            ? "stdout got only the conversations without errors" : "nothing is imported"
        first.others.append(
            Fault(
                others > 0 ? "and \(Figures.count(others)) more; \(outcome)" : outcome,
                hint: skipsErrors ? nil : "--skip-bad-lines goes on without them"))
        return first
    }
}

/// Where an import writes: a file that gets its name when it is complete, or stdout and the like.
struct ImportOutput {
    /// What stdout is called.
    static let stdout = "stdout"

    /// The name for people.
    let name: String
    /// The file's path; nil for what is written into and replaces nothing: stdout, a FIFO.
    private let path: String?
    /// Where it is while it is written: what is left of an import that was killed is not taken for
    /// a workload, and the next import writes over it.
    private let temporary: String
    private let descriptor: Int32
    /// Whether a reader of stdout has gone away (`| head`), who wants no more.
    private(set) var isRefused = false

    /// - Throws: that the file is there already, or cannot be made.
    init(_ wanted: String?, replaces: Bool) throws(Fault) {
        guard let wanted else {
            throw Fault(
                "no output is named", hint: "say where the scripts go: -o chats.jsonl, or -o -")
        }
        let place: ExportPlace
        do throws(Fault) {
            place = try ExportPlace(wanted == "-" ? "/dev/stdout" : wanted)
        } catch {
            throw Fault(error.description, at: .flag("--output"))
        }
        name = wanted == "-" ? Self.stdout : wanted
        switch place.way {
        case .into(let descriptor):
            (path, temporary, self.descriptor) = (nil, "", descriptor)
        case .replacing(let target):
            if access(target, F_OK) == 0, !replaces {
                throw Fault(
                    "\(Printable.quoted(wanted)) is there already", at: .flag("--output"),
                    hint: "name another file, or replace it with --force")
            }
            (path, temporary) = (target, target + ".part")
            unlink(temporary)
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            if descriptor < 0 { throw Self.complaint("cannot create", temporary, .unusable) }
        }
    }

    /// Writes lines.
    mutating func append(_ lines: borrowing ByteBuffer) throws(Fault) {
        let bytes = lines.bytes
        var written = 0
        while written < bytes.count, !isRefused {
            let count = bytes.withUnsafeBytes { raw in
                raw.baseAddress.map { write(descriptor, $0 + written, raw.count - written) } ?? 0
            }
            if count >= 0 {
                written += count
            } else if errno == EPIPE, path == nil {
                isRefused = true
            } else if errno != EINTR {
                throw Self.complaint("cannot write", name)
            }
        }
    }

    /// Gives the file its name.
    func finish() throws(Fault) {
        guard let path else { return }
        // Some file systems say only here that something could not be written.
        if close(descriptor) != 0 || rename(temporary, path) != 0 {
            throw Self.complaint("cannot write", path)
        }
    }

    /// Leaves nothing behind.
    func abandon() {
        if path != nil { unlink(temporary) }
    }

    private static func complaint(
        _ what: String, _ path: String, _ exitCode: ExitCode = .internalError
    ) -> Fault {
        Fault(
            "\(what) \(Printable.quoted(path)): \(String(cString: strerror(errno)))",
            at: .flag("--output"), exitCode: exitCode)
    }
}
