/// Something the user asked for that cannot be done, told so that it can be put right: where, what
/// and why, and what to do. Values that may be secret never get into one.
struct Complaint: Error, Equatable, Sendable {
    /// Where the offending text stands.
    enum Place: Equatable, Sendable {
        /// An option on the command line, as it was written.
        case flag(String)
        /// A positional argument.
        case argument
        /// An environment variable.
        case environment(String)
        /// A file; line and column count from 1, the column in Unicode scalars.
        case file(String, line: Int?, column: Int?)
        /// A key of the configuration file.
        case config(path: String, line: Int, column: Int, key: String)
    }

    var place: Place?
    var message: String
    /// The line of a file that is wrong; the place's column is marked under it.
    var excerpt: String?
    /// What to do.
    var hint: String?
    var exitCode = ExitCode.unusable
    /// Further complaints of the same kind, shown below this one.
    var others: [Complaint] = []

    init(
        _ message: String, at place: Place? = nil, excerpt: String? = nil, hint: String? = nil,
        exitCode: ExitCode = .unusable
    ) {
        self.message = message
        self.place = place
        self.excerpt = excerpt
        self.hint = hint
        self.exitCode = exitCode
    }

    /// The complaint as it stands on stderr, each line ended.
    var rendered: String {
        let start = place.map { $0.text + ": " } ?? ""
        var text = "chatload: error: " + Printable.line(start + message) + "\n"
        if let excerpt { text += Self.mark(excerpt, column: place?.column) }
        if let hint { text += "  hint: " + Printable.line(hint) + "\n" }
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

extension Complaint.Place {
    /// The place as a reader looks for it.
    var text: String {
        switch self {
        case .flag(let name), .environment(let name): return name
        case .argument: return "argument"
        case .file(let path, let line, let column):
            let spots = [line, column].compactMap { $0.map { ":\($0)" } }
            return path + spots.joined()
        case .config(let path, let line, let column, let key):
            return "\(path):\(line):\(column): " + (key.isEmpty ? "config" : key)
        }
    }

    fileprivate var column: Int? {
        switch self {
        case .file(_, _, let column): column
        case .config(_, _, let column, _): column
        case .flag, .argument, .environment: nil
        }
    }
}

/// Text from outside, made safe for one line of a terminal.
enum Printable {
    /// `text` with control characters replaced and the end cut off beyond `limit` characters.
    static func line(_ text: String, limit: Int = 400) -> String {
        var shown = ""
        for (place, character) in text.enumerated() {
            if place == limit { return shown + "…" }
            let isControl = character.unicodeScalars.contains { scalar in
                scalar.properties.generalCategory == .control
                    || scalar.properties.generalCategory == .format
            }
            shown.append(isControl ? "·" : character)
        }
        return shown
    }

    /// `text` between quotation marks, for use within a sentence.
    static func quoted(_ text: String) -> String { "'" + line(text, limit: 60) + "'" }
}
