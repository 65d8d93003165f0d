import Base
import ChatloadKit
import Networking

/// Makes the run's service of `--service`, `--set` and `--header`.
struct ServiceBuilder {
    let settings: RunSettings
    let surroundings: ProcessEnvironment

    /// The service, its settings checked, and the credentials to use it with. With credentials, the
    /// service is the first one's: what each of them brings need not be given for the run.
    func service(
        pathPrefix: String
    ) throws(Fault) -> (service: any ChatService, credentials: [Credential]) {
        let headers = try HeaderValues(settings.headers, in: surroundings).headers
        let parameters = try parameters()
        let credentials = try credentials().map { (entry) throws(Fault) in
            Credential(
                label: entry.label,
                service: try service(
                    parameters.merging(entry.parameters) { $1 }, pathPrefix, headers,
                    of: entry.label))
        }
        if let first = credentials.first { return (first.service, credentials) }
        return (try service(parameters, pathPrefix, headers, of: nil), [])
    }

    private func service(
        _ parameters: [String: String], _ pathPrefix: String, _ headers: [HeaderField],
        of credential: String?
    ) throws(Fault) -> any ChatService {
        do {
            return try settings.service.configured(
                parameters, pathPrefix: pathPrefix,
                extraHeaders: headers, inSandbox: settings.target == nil)
        } catch {
            let owner = credential.map { "credential \(Printable.quoted($0)): " } ?? ""
            // What was not typed came by a reference, perhaps a mistaken one, and may be a secret.
            let typed = settings.parameters.entries.map(\.value)
            let secrets = Secrets(parameters.values.filter { !typed.contains($0) })
            throw Fault(owner + secrets.mask(error.message), hint: error.hint)
        }
    }

    private func credentials() throws(Fault) -> [CredentialFile.Entry] {
        guard let path = settings.credentials else { return [] }
        return try CredentialFile(
            path: path, service: settings.service, surroundings: surroundings
        ).entries()
    }

    /// The parameters with references resolved.
    private func parameters() throws(Fault) -> [String: String] {
        let known = settings.service.parameters
        var values: [String: String] = [:]
        for entry in settings.parameters.entries {
            guard let parameter = known.first(where: { $0.name == entry.key }) else {
                throw unknown(entry.key, known: known.map(\.name))
            }
            do throws(Fault) {
                let variable = "\(settings.service.name)_\(entry.key)".uppercased()
                let advice =
                    "write --set \(entry.key)=env:\(variable) or --set \(entry.key)=file:PATH"
                values[entry.key] =
                    parameter.isSecret
                    ? try SecretReference.secret(entry.value, advice: advice, in: surroundings)
                    : try SecretReference.resolve(entry.value, in: surroundings) ?? entry.value
            } catch {
                throw error.at(.flag("--set \(entry.key)"))
            }
        }
        return values
    }

    /// The name of an unknown parameter is not shown: what stands before the first `=` of a badly
    /// quoted secret is part of it.
    private func unknown(_ typed: String, known: [String]) -> Fault {
        Fault(
            "\(settings.service.name) has no such parameter", at: .flag("--set"),
            hint: Nearest.hint(for: typed, among: known)
                ?? "it has " + known.joined(separator: ", "))
    }
}

/// Extra request headers as typed, made ready to be sent.
struct HeaderValues: Sendable, Equatable {
    var headers: [HeaderField] = []

    /// Resolves references. A header that carries a credential must be one, after a scheme if need
    /// be: `Authorization: Bearer env:NAME`.
    init(_ typed: Keyed<String>, in surroundings: ProcessEnvironment) throws(Fault) {
        for entry in typed.entries {
            let (scheme, value) = Self.splitScheme(entry.value)
            do throws(Fault) {
                let isSecret = SecretHeaderName.isOne(entry.key)
                let advice = "write -H '\(entry.key): env:NAME' or -H '\(entry.key): file:PATH'"
                let resolved =
                    isSecret
                    ? try SecretReference.secret(value, advice: advice, in: surroundings)
                    : try SecretReference.resolve(value, in: surroundings)
                let text = scheme + (resolved ?? value)
                if !text.utf8.allSatisfy(HeaderSyntax.isValueByte) {
                    throw Fault("has control characters in its value")
                }
                headers.append(HeaderField(entry.key, text, isHidden: resolved != nil))
            } catch {
                throw Fault(
                    error.message, at: .flag("--header " + Printable.line(entry.key, limit: 40)),
                    hint: error.hint)
            }
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
        let contents: [UInt8]?
        do throws(Fault) {
            contents = try surroundings.text(in: path)
        } catch {
            throw Fault("the file after file: is no text", hint: error.hint)
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
