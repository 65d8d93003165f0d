import Base
import ChatloadKit
import Networking

/// Service options: which service, where, and with which parameters and headers, as typed.
struct ServiceOptions: OptionSubject, Sendable {
    var description = ServiceDescription.stammer
    /// nil for the embedded sandbox.
    var target: String?
    var parameters = Keyed<String>()
    var headers = Keyed<String>()

    static let rows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent, as: .untold,
        .value(
            ["service"], "NAME", .choice("service", of: Services.all.map { ($0.name, $0) }),
            into: \.description, default: "stammer",
            "the chat service's dialect: \(listed(Services.names, "or"))"),
        .value(
            ["target"], "URL", .text, into: \.target, default: "(the embedded sandbox)",
            "base URL of the service"),
        .keyed(
            ["set"], "K=V", .setting, into: \.parameters,
            "a parameter of the service; a secret as env:NAME or file:PATH"
        )
        .of(.playing, .whatIsSent),
        .keyed(
            ["H", "header"], "'K: V'", .header, into: \.headers, separator: ": ",
            "an extra request header; a secret as env:NAME or file:PATH"
        )
        .of(.playing, .whatIsSent))

    /// The service, its settings checked, and the credentials in a file to use it with. With
    /// credentials, the service is the first one's: what each of them brings need not be given for
    /// the run.
    func service(
        at target: Target?, credentials path: String?, in surroundings: ProcessEnvironment
    ) throws(Fault) -> (service: any ChatService, credentials: [Credential]) {
        let prefix = target?.pathPrefix ?? ""
        let headers = try resolvedHeaders(in: surroundings)
        let parameters = try resolvedParameters(in: surroundings)
        var credentials: [Credential] = []
        if let path {
            let file = CredentialFile(
                path: path, service: description, surroundings: surroundings)
            credentials = try file.entries().map { (entry) throws(Fault) in
                Credential(
                    label: entry.label,
                    service: try service(
                        parameters.merging(entry.parameters) { $1 }, prefix, headers,
                        of: entry.label))
            }
        }
        if let first = credentials.first { return (first.service, credentials) }
        return (try service(parameters, prefix, headers, of: nil), [])
    }

    private func service(
        _ parameters: [String: String], _ pathPrefix: String, _ headers: [HeaderField],
        of credential: String?
    ) throws(Fault) -> any ChatService {
        do {
            return try description.configured(
                parameters, pathPrefix: pathPrefix, extraHeaders: headers,
                inSandbox: target == nil)
        } catch {
            let owner = credential.map { "credential \(Printable.quoted($0)): " } ?? ""
            // What was not typed came by a reference, perhaps a mistaken one, and may be a secret.
            let typed = self.parameters.entries.map(\.value)
            let secrets = Secrets(parameters.values.filter { !typed.contains($0) })
            throw Fault(owner + secrets.mask(error.message), hint: error.hint)
        }
    }

    /// The parameters with references resolved.
    private func resolvedParameters(
        in surroundings: ProcessEnvironment
    ) throws(Fault) -> [String: String] {
        let known = description.parameters
        var values: [String: String] = [:]
        for entry in parameters.entries {
            guard let parameter = known.first(where: { $0.name == entry.key }) else {
                // Its name is not shown: what stands before the first `=` of a badly quoted secret
                // is part of it.
                throw Fault(
                    "\(description.name) has no such parameter", at: .flag("--set"),
                    hint: nearestHint(for: entry.key, among: known.map(\.name))
                        ?? "it has " + known.map(\.name).joined(separator: ", "))
            }
            let variable = "\(description.name)_\(entry.key)".uppercased()
            let advice = "write --set \(entry.key)=env:\(variable) or --set \(entry.key)=file:PATH"
            values[entry.key] = try Fault.at(.flag("--set \(entry.key)")) { () throws(Fault) in
                parameter.isSecret
                    ? try surroundings.secret(entry.value, advice: advice)
                    : try surroundings.resolve(entry.value) ?? entry.value
            }
        }
        return values
    }
}
