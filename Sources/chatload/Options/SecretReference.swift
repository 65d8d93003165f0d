/// Values that are named instead of written: `env:NAME` and `file:PATH`.
///
/// A command line is seen by every process of the machine and kept by the shell; so what is secret
/// must come this way, and none of these errors shows a value.
enum SecretReference {
    /// The value a reference stands for; nil when `text` is none. A file's last line end is not
    /// part of it.
    static func resolve(_ text: String, in surroundings: Surroundings) throws(Refusal) -> String? {
        if text.hasPrefix("env:") {
            return try variable(String(text.dropFirst(4)), in: surroundings)
        }
        if text.hasPrefix("file:") { return try file(String(text.dropFirst(5)), in: surroundings) }
        return nil
    }

    /// The value for a place that holds a secret.
    static func secret(_ text: String, advice: String, in surroundings: Surroundings)
        throws(Refusal) -> String
    {
        if let value = try resolve(text, in: surroundings) { return value }
        throw Refusal("is a secret and must not be written out", hint: advice)
    }

    private static func variable(_ name: String, in surroundings: Surroundings) throws(Refusal)
        -> String
    {
        if let value = surroundings.environment[name], !value.isEmpty { return value }
        // What is not shaped like a name may be the secret itself.
        let isName = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        throw Refusal(
            isName ? "environment variable \(name) is not set" : "environment variable is not set",
            hint: "export it, or name a file: file:PATH")
    }

    private static func file(_ path: String, in surroundings: Surroundings) throws(Refusal)
        -> String
    {
        // What is no file's path may be the secret itself, so none is shown.
        let contents: [UInt8]?
        do throws(Refusal) {
            contents = try surroundings.text(in: path)
        } catch {
            throw Refusal("the file after file: is no text", hint: error.hint)
        }
        guard var bytes = contents else {
            throw Refusal(
                "cannot read the file after file:",
                hint: "name a file that holds nothing but the value")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        let value = String(decoding: bytes, as: UTF8.self)
        if value.isEmpty { throw Refusal("the file after file: is empty") }
        return value
    }
}
