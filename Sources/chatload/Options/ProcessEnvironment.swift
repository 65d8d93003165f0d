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

extension ServiceOptions {
    /// The extra request headers with references resolved. A header that carries a credential must
    /// be one, after a scheme if need be: `Authorization: Bearer env:NAME`.
    func resolvedHeaders(in surroundings: ProcessEnvironment) throws(Fault) -> [HeaderField] {
        try headers.entries.map { (entry) throws(Fault) in
            let (scheme, value) = Self.splitScheme(entry.value)
            let flag = Fault.Place.flag("--header " + Printable.line(entry.key, limit: 40))
            let resolved = try Fault.at(flag) { () throws(Fault) in
                let advice = "write -H '\(entry.key): env:NAME' or -H '\(entry.key): file:PATH'"
                return Secrets.areIn(header: entry.key)
                    ? try surroundings.secret(value, advice: advice)
                    : try surroundings.resolve(value)
            }
            let field = HeaderField(
                entry.key, scheme + (resolved ?? value), isHidden: resolved != nil)
            if field.isValid { return field }
            throw Fault("has control characters in its value", at: flag)
        }
    }

    static func splitScheme(_ value: String) -> (scheme: String, rest: String) {
        for scheme in ["Bearer ", "Basic ", "Token ", "Bot "] where value.hasPrefix(scheme) {
            return (scheme, String(value.dropFirst(scheme.count)))
        }
        return ("", value)
    }
}

/// Values that are named instead of written: `env:NAME` and `file:PATH`.
///
/// A command line is seen by every process of the machine and kept by the shell; so what is secret
/// must come this way, and none of these errors shows a value.
extension ProcessEnvironment {
    /// The value a reference stands for; nil when `text` is none. A file's last line end is not
    /// part of it.
    func resolve(_ text: String) throws(Fault) -> String? {
        if text.hasPrefix("env:") { return try variable(String(text.dropFirst(4))) }
        if text.hasPrefix("file:") { return try value(inFile: String(text.dropFirst(5))) }
        return nil
    }

    /// The value for a place that holds a secret.
    func secret(_ text: String, advice: String) throws(Fault) -> String {
        if let value = try resolve(text) { return value }
        throw Fault("is a secret and must not be written out", hint: advice)
    }

    private func variable(_ name: String) throws(Fault) -> String {
        if let value = environment[name], !value.isEmpty { return value }
        // What is not shaped like a name may be the secret itself.
        throw Fault(
            Self.isVariable(name)
                ? "environment variable \(name) is not set" : "environment variable is not set",
            hint: "export it, or name a file: file:PATH")
    }

    private static func isVariable(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || byte.isDigit
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        }
    }

    /// Whether a value, or the reference to it, can be shown: a secret never can, nor what may be one
    /// behind a mistaken reference.
    func canShow(_ text: String, isSecret: Bool) -> Bool {
        if text.hasPrefix("env:") { return Self.isVariable(String(text.dropFirst(4))) }
        if text.hasPrefix("file:") { return ((try? resolve(text)) ?? nil) != nil }
        return !isSecret
    }

    private func value(inFile path: String) throws(Fault) -> String {
        // What is no file's path may be the secret itself, so none is shown.
        let contents = try Fault.changing {
            Fault("the file after file: is no text", hint: $0.hint)
        } in: { () throws(Fault) in
            try text(in: path)
        }
        guard var bytes = contents else {
            throw Fault(
                "cannot read the file after file:",
                hint: "name a file that holds nothing but the value")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        let value = String(decoding: bytes, as: UTF8.self)
        if value.isEmpty { throw Fault("the file after file: is empty") }
        return value
    }
}
