import Networking

/// A service's settings, checked against its table: every parameter known, the required ones there,
/// defaults filled in. A parameter set to nothing counts as not set.
package struct ServiceSettings: Sendable, Equatable {
    /// The service whose settings they are.
    package let service: ServiceName
    /// What was given or filled in, by parameter.
    package let values: [String: String]

    /// The settings that follow from what the user gave.
    ///
    /// - Throws: the first complaint, in the order of the table.
    package init(
        _ given: [String: String], for service: ServiceName, inSandbox: Bool = false
    ) throws(SettingComplaint) {
        var values = try Self.canonical(given, of: service)
        for parameter in service.parameters {
            if values[parameter.name] == nil {
                values[parameter.name] = inSandbox ? parameter.sandboxDefault : nil
            }
            if values[parameter.name] == nil { values[parameter.name] = parameter.defaultValue }
            if parameter.isRequired, values[parameter.name, default: ""].isEmpty {
                throw Self.missing(parameter, of: service)
            }
        }
        self.service = service
        self.values = values
    }

    private init(_ values: [String: String], service: ServiceName) {
        self.service = service
        self.values = values
    }

    /// These settings with a script's over them: the turn's before the conversation's.
    ///
    /// - Throws: the first complaint; secrets cannot be set in a script.
    func overridden(
        by conversation: [String: String], _ turn: [String: String]
    ) throws(SettingComplaint) -> ServiceSettings {
        let given = try Self.canonical(conversation, of: service)
            .merging(Self.canonical(turn, of: service)) { $1 }
        for parameter in service.parameters where parameter.isSecret {
            if given[parameter.name] == nil { continue }
            throw SettingComplaint(
                service: service, parameter: parameter.name,
                problem: "is a secret and cannot stand in a script",
                advice: "give it with --set \(parameter.name)=env:NAME")
        }
        return ServiceSettings(values.merging(given) { $1 }, service: service)
    }

    /// The values of the secret parameters.
    var secretValues: [String] {
        service.parameters.filter(\.isSecret).compactMap { values[$0.name] }
    }

    /// The settings as they may be shown, secrets masked.
    package var masked: [String: String] {
        var shown = values
        for parameter in service.parameters where parameter.isSecret {
            if shown[parameter.name] != nil { shown[parameter.name] = Secrets.mark }
        }
        return shown
    }

    /// A parameter's value; nil when it is not set or empty.
    subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    /// A parameter's value as a span of time; zero when it is not set.
    func duration(_ name: String) throws(SettingComplaint) -> Nanoseconds {
        guard let text = self[name] else { return .zero }
        guard let value = Units.parseDuration(text) else {
            throw SettingComplaint(
                service: service, parameter: name, problem: "is no duration: \"\(text)\"",
                advice: "write it like 500ms or 1.5s")
        }
        return value
    }

    /// A parameter's value as a whole number within `range`; nil when it is not set.
    func number(_ name: String, in range: ClosedRange<Int>) throws(SettingComplaint) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw SettingComplaint(
                service: service, parameter: name, problem: "does not fit: \"\(text)\"",
                advice: "give a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// The values under their parameters' own names; a name goes before its aliases.
    private static func canonical(
        _ given: [String: String], of service: ServiceName
    ) throws(SettingComplaint) -> [String: String] {
        var rest = given
        var values: [String: String] = [:]
        for parameter in service.parameters {
            for name in [parameter.name] + parameter.aliases {
                guard let value = rest.removeValue(forKey: name) else { continue }
                if values[parameter.name] == nil { values[parameter.name] = value }
            }
        }
        guard let unknown = rest.keys.min() else { return values }
        let names = service.parameters.map(\.name)
        let nearest = nearestName(to: unknown, among: names).map { "did you mean \($0)?" }
        throw SettingComplaint(
            service: service, parameter: unknown, problem: "is not one of its parameters",
            advice: nearest ?? "it has \(names.joined(separator: ", "))")
    }

    private static func missing(
        _ parameter: ServiceParameter, of service: ServiceName
    ) -> SettingComplaint {
        let advice =
            parameter.isSecret
            ? "give it with --set \(parameter.name)=env:NAME or =file:PATH"
            : "give it with --set \(parameter.name)=VALUE"
        return SettingComplaint(
            service: service, parameter: parameter.name,
            problem: "is required (\(parameter.help))", advice: advice)
    }
}
