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

    static let (serviceName, targetName) = ("service", "target")
    static let (setName, headerName) = ("set", "header")

    static let rows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent, as: .untold,
        .value(
            [serviceName], "NAME", .choice("service", of: Services.all.map { ($0.name, $0) }),
            into: \.description, default: "stammer",
            "the chat service's dialect: \(listed(Services.names, "or")); to be named with --target"
        ),
        .value(
            [targetName], "URL", .text, into: \.target, default: "(the embedded sandbox)",
            "base URL of the service"),
        .keyed(
            [setName], "K=V", .setting, into: \.parameters,
            "a parameter of the service; a secret as env:NAME or file:PATH"
        )
        .of(.playing, .whatIsSent),
        .keyed(
            ["H", headerName], "'K: V'", .header, into: \.headers, separator: ": ",
            "an extra request header; a secret as env:NAME or file:PATH"
        )
        .of(.playing, .whatIsSent))

    /// Makes sure that the service is named where it is not the sandbox's: what is spoken to a target
    /// is no matter of a default.
    static func checkName(in given: OptionSources) throws(Fault) {
        guard let place = given.given(targetName)?.place, let guess = given.guessedService else {
            return
        }
        let known = Services.all.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
        let names = listed(guess.names, "or")
        var fault = Fault(
            "which service is there? name it with --service", at: place,
            hint: (names.isEmpty ? "" : "by its path it is \(names); ") + "there are \(known)")
        fault.command = guess.flags?.commandLine(of: given.command, in: given.surroundings)
        throw fault
    }

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

extension OptionSources {
    /// Where there is a target and no service is named: the services whose paths the target ends with,
    /// and the flags that name the one, where it is one; nil elsewhere.
    var guessedService: (names: [String], flags: [OptionValue]?)? {
        guard given(ServiceOptions.serviceName) == nil,
            let text = given(ServiceOptions.targetName)?.text,
            // What is wrong with a target is told when it is used.
            var base = try? Target(parsing: text)
        else { return nil }
        let guesses = Services.all.compactMap { service in
            service.reached(by: base.pathPrefix).map { (name: service.name, place: $0) }
        }
        guard let guess = guesses.first, guesses.count == 1 else {
            return (guesses.map(\.name), nil)
        }
        base.pathPrefix = guess.place.prefix
        let parameters = guess.place.parameters.map { (ServiceOptions.setName, "\($0)=\($1)") }
        let added = [
            (ServiceOptions.serviceName, guess.name), (ServiceOptions.targetName, "\(base)"),
        ]
        let others = flags.filter { $0.option != ServiceOptions.targetName }
        return (
            [guess.name],
            others
                + (added + parameters).map {
                    OptionValue(option: $0, text: $1, place: .flag("--" + $0))
                }
        )
    }
}
