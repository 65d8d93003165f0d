import Base
import ChatloadKit
import Networking

/// Extra request headers as typed, made ready to be sent.
struct HeaderValues: Sendable, Equatable {
    var headers: [HeaderField] = []

    /// Resolves references. A header that carries a credential must be one, after a scheme if need
    /// be: `Authorization: Bearer env:NAME`.
    init(_ typed: Keyed<String>, in surroundings: ProcessEnvironment) throws(Fault) {
        for entry in typed.entries {
            let (scheme, value) = Self.splitScheme(entry.value)
            let flag = Fault.Place.flag("--header " + Printable.line(entry.key, limit: 40))
            let resolved = try Fault.at(flag) { () throws(Fault) in
                let advice = "write -H '\(entry.key): env:NAME' or -H '\(entry.key): file:PATH'"
                return Secrets.areIn(header: entry.key)
                    ? try SecretReference.secret(value, advice: advice, in: surroundings)
                    : try SecretReference.resolve(value, in: surroundings)
            }
            let text = scheme + (resolved ?? value)
            if !text.utf8.allSatisfy(\.isFieldContent) {
                throw Fault("has control characters in its value", at: flag)
            }
            headers.append(HeaderField(entry.key, text, isHidden: resolved != nil))
        }
    }

    private static func splitScheme(_ value: String) -> (scheme: String, rest: String) {
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
enum SecretReference {
    /// The value a reference stands for; nil when `text` is none. A file's last line end is not
    /// part of it.
    static func resolve(_ text: String, in surroundings: ProcessEnvironment) throws(Fault)
        -> String?
    {
        if text.hasPrefix("env:") {
            return try variable(String(text.dropFirst(4)), in: surroundings)
        }
        if text.hasPrefix("file:") { return try file(String(text.dropFirst(5)), in: surroundings) }
        return nil
    }

    /// The value for a place that holds a secret.
    static func secret(_ text: String, advice: String, in surroundings: ProcessEnvironment)
        throws(Fault) -> String
    {
        if let value = try resolve(text, in: surroundings) { return value }
        throw Fault("is a secret and must not be written out", hint: advice)
    }

    private static func variable(_ name: String, in surroundings: ProcessEnvironment)
        throws(Fault)
        -> String
    {
        if let value = surroundings.environment[name], !value.isEmpty { return value }
        // What is not shaped like a name may be the secret itself.
        let isName = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        throw Fault(
            isName ? "environment variable \(name) is not set" : "environment variable is not set",
            hint: "export it, or name a file: file:PATH")
    }

    private static func file(_ path: String, in surroundings: ProcessEnvironment) throws(Fault)
        -> String
    {
        // What is no file's path may be the secret itself, so none is shown.
        let contents = try Fault.changing {
            Fault("the file after file: is no text", hint: $0.hint)
        } in: { () throws(Fault) in
            try surroundings.text(in: path)
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
