import Base
import ChatloadKit
import Glibc
import Networking

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
