import ChatloadKit
import Networking

/// Makes the run's service of `--service`, `--set` and `--header`.
struct ServiceBuilder {
    let settings: RunSettings
    let surroundings: Surroundings

    /// The service, its settings checked, and the credentials to use it with. With credentials, the
    /// service is the first one's: what each of them brings need not be given for the run.
    func service(
        pathPrefix: String
    ) throws(Complaint) -> (service: ServiceChoice, credentials: [Credential]) {
        let headers = try HeaderValues(settings.headers, in: surroundings).headers
        let parameters = try parameters()
        let credentials = try credentials().map { (entry) throws(Complaint) in
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
    ) throws(Complaint) -> ServiceChoice {
        do {
            return try ServiceChoice(
                settings.service, settings: parameters, pathPrefix: pathPrefix,
                extraHeaders: headers, inSandbox: settings.target == nil)
        } catch {
            let owner = credential.map { "credential \(Printable.quoted($0)): " } ?? ""
            // What was not typed came by a reference, perhaps a mistaken one, and may be a secret.
            let typed = settings.parameters.entries.map(\.value)
            let problem = Secrets(parameters.values.filter { !typed.contains($0) })
                .mask(error.problem)
            throw Complaint(
                "\(owner)\(error.service.rawValue): \(error.parameter) \(problem)",
                hint: error.advice)
        }
    }

    private func credentials() throws(Complaint) -> [CredentialFile.Entry] {
        guard let path = settings.credentials else { return [] }
        return try CredentialFile(
            path: path, service: settings.service, surroundings: surroundings
        ).entries()
    }

    /// The parameters with references resolved.
    private func parameters() throws(Complaint) -> [String: String] {
        let known = settings.service.parameters
        var values: [String: String] = [:]
        for entry in settings.parameters.entries {
            guard let parameter = known.first(where: { $0.name == entry.key }) else {
                throw unknown(entry.key, known: known.map(\.name))
            }
            do throws(Refusal) {
                let variable = "\(settings.service.rawValue)_\(entry.key)".uppercased()
                let advice =
                    "write --set \(entry.key)=env:\(variable) or --set \(entry.key)=file:PATH"
                values[entry.key] =
                    parameter.isSecret
                    ? try SecretReference.secret(entry.value, advice: advice, in: surroundings)
                    : try SecretReference.resolve(entry.value, in: surroundings) ?? entry.value
            } catch {
                throw Complaint(error.message, at: .flag("--set \(entry.key)"), hint: error.hint)
            }
        }
        return values
    }

    /// The name of an unknown parameter is not shown: what stands before the first `=` of a badly
    /// quoted secret is part of it.
    private func unknown(_ typed: String, known: [String]) -> Complaint {
        Complaint(
            "\(settings.service.rawValue) has no such parameter", at: .flag("--set"),
            hint: Nearest.hint(for: typed, among: known)
                ?? "it has " + known.joined(separator: ", "))
    }
}
