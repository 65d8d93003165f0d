import Networking

/// What is wrong with a script, and where: for the person who wrote it.
package struct ScriptComplaint: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file as it was named.
    package var file: String
    /// The line, from 1; nil when the complaint is about the whole file.
    package var line: Int?
    /// The column in Unicode scalars, from 1; nil when it is about the whole line.
    package var column: Int?
    /// What is wrong.
    package var message: String
    /// What to do about it, when there is something to say.
    package var suggestion: String?

    /// A complaint about `file`.
    package init(
        file: String, line: Int? = nil, column: Int? = nil, message: String,
        suggestion: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.suggestion = suggestion
    }

    /// `file:line:column: message; suggestion`.
    package var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        text += ": \(message)"
        if let suggestion { text += "; \(suggestion)" }
        return text
    }
}

/// What is wrong within one line, before the line's place in a file is known.
struct ScriptFault: Error, Equatable {
    /// The offset of the offending byte in the line; nil when the whole line is meant.
    var offset: Int?
    var message: String
    var suggestion: String?

    init(_ message: String, at offset: Int?, suggestion: String? = nil) {
        self.message = message
        self.offset = offset
        self.suggestion = suggestion
    }

    /// What the scanner found.
    init(_ error: JSONError) {
        self.init("this is not valid JSON: \(error.reason)", at: error.offset)
    }
}
