/// Fault: why something that was asked for cannot be done, told so that it can be put right: where,
/// what and why, and what to do. Values that may be secret never get into one.
package struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where the offending text stands.
    package enum Place: Equatable, Sendable {
        /// An option on the command line, as it was written.
        case flag(String)
        /// A positional argument.
        case argument
        /// An environment variable.
        case environment(String)
        /// A file; line and column count from 1, the column in Unicode scalars.
        case file(String, line: Int? = nil, column: Int? = nil)
        /// A key of the configuration file, or a place in another file by its keys.
        case config(path: String, line: Int, column: Int, key: String)
        /// An offset in a text that only the caller knows the place of, from 0, in the units of its
        /// reader.
        case offset(Int)
        /// A line, from 1, of a file that only the caller knows.
        case line(Int)
    }

    /// Faults of the same input that are told at once at most; of the others the number.
    package static let mostAtOnce = 20

    /// Where; nil where the message says it or nothing can.
    package var place: Place?
    /// What is wrong, in half a line.
    package var message: String
    /// The text that is wrong; the place's column is marked under it when it is shown.
    package var excerpt: String?
    /// What to do.
    package var hint: String?
    /// The command that does what was meant, to be pasted: shown whole, on a line of its own.
    package var command: String?
    /// What the process ends with because of it.
    package var exitCode = ExitCode.unusable
    /// Further faults of the same kind, shown below this one.
    package var others: [Fault] = []

    /// A fault at a place.
    package init(
        _ message: String, at place: Place? = nil, excerpt: String? = nil, hint: String? = nil,
        exitCode: ExitCode = .unusable
    ) {
        self.message = message
        self.place = place
        self.excerpt = excerpt
        self.hint = hint
        self.exitCode = exitCode
    }

    /// A fault at an offset of the text being read; nil where all of it is meant.
    package init(_ message: String, offset: Int?, hint: String? = nil) {
        self.init(message, at: offset.map { .offset($0) }, hint: hint)
    }

    /// A fault in a line, from 1, of the file being read; nil where all of it is meant.
    package init(_ message: String, line: Int?, hint: String? = nil) {
        self.init(message, at: line.map { .line($0) }, hint: hint)
    }

    /// The same fault at another place.
    package func at(_ place: Place?) -> Fault {
        var fault = self
        fault.place = place
        return fault
    }

    /// The same fault, told of a text that it quotes or names first.
    package func about(_ subject: String) -> Fault {
        var fault = self
        fault.message = "\(subject) \(message)"
        return fault
    }

    /// What `body` makes; a fault of it is thrown as `change` tells it.
    package static func changing<Result>(
        _ change: (Fault) -> Fault, in body: () throws(Fault) -> Result
    ) throws(Fault) -> Result {
        do {
            return try body()
        } catch {
            throw change(error)
        }
    }

    /// What `body` makes; a fault of it is thrown at a place.
    package static func at<Result>(
        _ place: Place, _ body: () throws(Fault) -> Result
    ) throws(Fault) -> Result {
        try changing({ $0.at(place) }, in: body)
    }

    /// What `body` makes; a fault of it is thrown as one line, place and hint included, at a place.
    package static func telling<Result>(
        at place: Place? = nil, exitCode: ExitCode = .unusable, _ body: () throws(Fault) -> Result
    ) throws(Fault) -> Result {
        try changing({ Fault($0.description, at: place, exitCode: exitCode) }, in: body)
    }

    /// The file as it was named; nil where the place is none.
    package var file: String? {
        if case .file(let path, _, _) = place { path } else { nil }
    }

    /// The line, from 1; nil where there is none, or all of a file is meant.
    package var line: Int? {
        switch place {
        case .file(_, let line, _): line
        case .config(_, let line, _, _): line
        case .line(let line): line
        default: nil
        }
    }

    /// The column in Unicode scalars, from 1; nil where there is none, or all of a line is meant.
    package var column: Int? {
        switch place {
        case .file(_, _, let column): column
        case .config(_, _, let column, _): column
        default: nil
        }
    }

    /// The offset in the text that was read; nil where all of it is meant.
    package var offset: Int? { if case .offset(let offset) = place { offset } else { nil } }

    /// One line: `place: message; hint`.
    package var description: String {
        (place.map { $0.text + ": " } ?? "") + message + (hint.map { "; " + $0 } ?? "")
    }

    /// The fault as it stands on stderr, each line ended.
    package var rendered: String {
        let start = place.map { $0.text + ": " } ?? ""
        var text = "chatload: error: " + Printable.line(start + message) + "\n"
        if let excerpt { text += Self.mark(excerpt, column: column) }
        if let hint { text += "  hint: " + Printable.line(hint) + "\n" }
        if let command { text += "  " + Printable.line(command, limit: .max) + "\n" }
        return others.reduce(text) { $0 + $1.rendered }
    }

    /// The line with a caret under the column, cut to what surrounds it when it is long.
    private static func mark(_ line: String, column: Int?) -> String {
        let scalars = Array(line.unicodeScalars)
        guard let column, column >= 1, column <= scalars.count + 1 else {
            return "  " + Printable.line(line, limit: 76) + "\n"
        }
        let before = String(String.UnicodeScalarView(scalars[..<(column - 1)])).suffix(38)
        let after = String(String.UnicodeScalarView(scalars[(column - 1)...])).prefix(38)
        let lead = Printable.line(String(before))
        let indent = String(repeating: " ", count: lead.count + 2)
        return "  " + lead + Printable.line(String(after)) + "\n" + indent + "^\n"
    }
}

extension Fault.Place {
    /// The place as a reader looks for it.
    package var text: String {
        switch self {
        case .flag(let name), .environment(let name): return name
        case .argument: return "argument"
        case .file(let path, let line, let column):
            let spots = [line, column].compactMap { $0.map { ":\($0)" } }
            return path + spots.joined()
        case .config(let path, let line, let column, let key):
            return "\(path):\(line):\(column): " + (key.isEmpty ? "config" : key)
        case .offset(let offset): return "byte \(offset + 1)"
        case .line(let line): return "line \(line)"
        }
    }
}

/// Exit code: what the process tells its caller (k6's numbers where k6 has one).
package enum ExitCode: Int32, Sendable, CaseIterable {
    /// All went well.
    case ok = 0
    /// Not one exchange succeeded.
    case nothingSucceeded = 1
    /// An SLO failed.
    case sloFailed = 99
    /// A bad flag, config or workload; nothing was sent.
    case unusable = 104
    /// Interrupted; the reports were written.
    case interrupted = 105
    /// What went wrong is no fault of the input.
    case internalError = 107
    /// The generator could not keep its schedule, so the figures are not the service's; or the
    /// offered load was not reached, so that they are those of another one.
    case runInvalid = 110

    /// What it says, in half a line.
    package var meaning: String {
        switch self {
        case .ok: "ok"
        case .nothingSucceeded: "not one exchange succeeded"
        case .sloFailed: "an SLO failed"
        case .unusable: "bad flag, config or workload, nothing was sent"
        case .interrupted: "interrupted, reports were written"
        case .internalError: "internal error"
        case .runInvalid: "the generator could not keep its schedule, or the load was not reached"
        }
    }
}
