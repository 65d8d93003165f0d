import Base
import ChatloadKit
import Networking

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
        let isName = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || byte.isDigit
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        }
        throw Fault(
            isName ? "environment variable \(name) is not set" : "environment variable is not set",
            hint: "export it, or name a file: file:PATH")
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
