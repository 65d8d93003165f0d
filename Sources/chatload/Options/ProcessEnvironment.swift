import Base
import ChatloadKit
import Glibc
import Networking

/// What a command line means depends on: the environment and the files it names. A test brings its
/// own.
struct ProcessEnvironment: Sendable {
    var environment: [String: String]
    /// The content of a file; nil if it cannot be read.
    var contents: @Sendable (_ path: String) -> [UInt8]?

    /// Whether only a file's owner has any right to it.
    var isPrivate: @Sendable (_ path: String) -> Bool = { path in
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o077 == 0
    }

    /// Those of this process.
    static func ofProcess() -> ProcessEnvironment {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let split = text.firstIndex(of: "=") {
                variables[String(text[..<split])] = String(text[text.index(after: split)...])
            }
            next += 1
        }
        return ProcessEnvironment(environment: variables, contents: readFile)
    }

    /// The text in a file that a person has saved, as UTF-8 without a mark; nil if it cannot be read.
    ///
    /// - Throws: what the file is, if it is no text.
    func text(in path: String) throws(Fault) -> [UInt8]? {
        guard let bytes = contents(path) else { return nil }
        return try Fault.changing {
            Fault(
                "the file \(Printable.quoted(path)) is not read: \($0.message)", hint: $0.hint)
        } in: { () throws(Fault) in
            try FileContent.text(of: bytes)
        }
    }

    /// The same, of a file that must be there, at a place that names it.
    func text(in path: String, namedAt place: Fault.Place, as noun: String = "") throws(Fault)
        -> [UInt8]
    {
        if let bytes = try Fault.at(place, { () throws(Fault) in try text(in: path) }) {
            return bytes
        }
        throw Fault("cannot read \(noun)\(Printable.quoted(path))", at: place)
    }

    /// Values of the environment for the options of a command. A variable may hold several values
    /// of a repeatable option, one a line.
    func given(for options: [OptionSpec]) -> [OptionValue] {
        options.flatMap { option -> [OptionValue] in
            guard let text = environment[option.variable], !text.isEmpty else { return [] }
            let place = Fault.Place.environment(option.variable)
            let texts = option.isMany ? text.split(separator: "\n").map(String.init) : [text]
            return texts.map { OptionValue(option: option.name, text: $0, place: place) }
        }
    }

    /// Warnings about variables that look like an option's and are none.
    func strayVariables() -> [String] {
        let prefix = "CHATLOAD_"
        let known = OptionSpec.all.map {
            String($0.variable.dropFirst(prefix.count))
        }
        return environment.keys.sorted().compactMap { variable in
            let name = String(variable.dropFirst(prefix.count))
            if !variable.hasPrefix(prefix) || known.contains(name) { return nil }
            return nearestName(to: name, among: known).map {
                "environment variable \(Printable.line(variable)) is no option;"
                    + " did you mean \(prefix)\($0)?"
            }
        }
    }

    private static func readFile(_ path: String) -> [UInt8]? {
        let file = InputFile.open(path)
        if file < 0 { return nil }
        defer { close(file) }
        var content: [UInt8] = []
        do throws(Fault) {
            while content.count <= 16_000_000 {
                guard try Files.read(file, limit: 65_536, into: &content, path: path) else {
                    return content
                }
            }
        } catch {
            return nil
        }
        return nil
    }
}
