import Base
import ChatloadKit
import Networking

/// What `--set` and the options beside it say of a service.
extension ServiceOptions {
    /// Members of the body of what is said, and the values among them that came by a reference.
    typealias BodyMembers = (members: [(name: String, json: [UInt8]?)], secrets: [String])

    /// The parameters with references resolved, those included that other options set.
    func resolvedParameters(
        in surroundings: ProcessEnvironment
    ) throws(Fault) -> [String: String] {
        let known = description.parameters
        var values = try parametersOfOptions()
        for entry in parameters.entries where !entry.key.hasPrefix(Self.bodyPrefix) {
            guard let parameter = known.first(where: { $0.name == entry.key }) else {
                // Its name is not shown: what stands before the first `=` of a badly quoted secret
                // is part of it.
                throw Fault(
                    "\(description.name) has no such parameter", at: .flag("--set"),
                    hint: nearestHint(for: entry.key, among: known.map(\.name))
                        ?? (known.isEmpty
                            ? "it has none" : "it has " + known.map(\.name).joined(separator: ", "))
                )
            }
            let variable = "\(description.name)_\(entry.key)".uppercased()
                .map { $0 == "-" ? "_" : String($0) }.joined()
            let advice = "write --set \(entry.key)=env:\(variable) or --set \(entry.key)=file:PATH"
            values[entry.key] = try Fault.at(.flag("--set \(entry.key)")) { () throws(Fault) in
                parameter.isSecret
                    ? try surroundings.secret(entry.value, advice: advice)
                    : try surroundings.resolve(entry.value) ?? entry.value
            }
        }
        return values
    }

    /// The parameters that are set by what they mean.
    private func parametersOfOptions() throws(Fault) -> [String: String] {
        if isStreamed, isWhole {
            throw Fault(
                "goes against --\(Self.streamName)", at: .flag("--" + Self.wholeName),
                hint: "leave out one of them")
        }
        var values: [String: String] = [:]
        if let lengthLimit {
            // One that is drawn is each turn's own.
            let fixed =
                if case .fixed(let count) = lengthLimit { "\(count)" } else { nil as String? }
            try set(.length, by: Self.lengthName, to: fixed, in: &values)
        }
        if pinsLength { try set(.pin, by: Self.pinName, to: "true", in: &values) }
        if isStreamed { try set(.stream, by: Self.streamName, to: "true", in: &values) }
        if isWhole { try set(.stream, by: Self.wholeName, to: "false", in: &values) }
        return values
    }

    private func set(
        _ role: ServiceParameter.Role, by option: String, to value: String?,
        in values: inout [String: String]
    ) throws(Fault) {
        let place = Fault.Place.flag("--" + option)
        guard let parameter = description.parameter(for: role) else {
            let able = Services.all.filter { $0.parameter(for: role) != nil }.map(\.name)
            throw Fault(
                "\(description.name) cannot be told", at: place,
                hint: "leave it out; it is for \(listed(able, "and")), and for descriptions with a"
                    + " parameter of the role \"\(role.rawValue)\"")
        }
        if parameters[parameter.name] != nil {
            throw Fault(
                "is what --set \(parameter.name)= says too", at: place,
                hint: "leave out one of them")
        }
        values[parameter.name] = value
    }

    /// How the conversation is kept.
    ///
    /// - Throws: that the service remembers by itself.
    func keptHistory() throws(Fault) -> HistorySettings {
        let option = history != nil ? Self.historyName : Self.historyLimitName
        if history != nil || historyLimit != nil, !description.keepsNoHistory {
            throw Fault(
                "\(description.name) is sent no history: it remembers by itself",
                at: .flag("--" + option), hint: "leave it out")
        }
        var kept = HistorySettings()
        kept.source = history ?? kept.source
        kept.limit = historyLimit
        return kept
    }

    /// The members of what is said that `--set body.NAME=VALUE` adds, replaces or takes out.
    func bodyMembers(in surroundings: ProcessEnvironment) throws(Fault) -> BodyMembers {
        var made: BodyMembers = ([], [])
        for entry in parameters.entries where entry.key.hasPrefix(Self.bodyPrefix) {
            let name = String(entry.key.dropFirst(Self.bodyPrefix.count))
            let place = Fault.Place.flag("--set " + Printable.line(entry.key, limit: 40))
            if name.isEmpty {
                throw Fault("names no member", at: place, hint: "write --set body.NAME=VALUE")
            }
            guard description.takesBodyMembers else {
                throw Fault(
                    "\(description.name) has no JSON body that could have it", at: place,
                    hint: "leave it out; it is for services that a file describes")
            }
            let resolved = try Fault.at(place) { () throws(Fault) in
                try surroundings.resolve(entry.value)
            }
            if let resolved { made.secrets.append(resolved) }
            made.members.append((name, Self.json(resolved ?? entry.value)))
        }
        return made
    }

    /// A value as JSON: itself if it is such, else a string; nil where there is none.
    private static func json(_ text: String) -> [UInt8]? {
        if text.isEmpty { return nil }
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        let outcome = Result { () throws(JSONError) in
            try scanner.skipValue(in: bytes.span)
            _ = try scanner.next(in: bytes.span)
        }
        if case .success = outcome { return bytes }
        var json = ByteBuffer()
        json.append(jsonString: text)
        return json.bytes
    }
}

extension Reader where Value == HistorySettings.Limit {
    /// A number of turns or of tokens.
    static var historyLimit: Reader {
        .parsed(
            or: "is no length of a history", hint: "write it like 20turns or 8000tokens",
            HistorySettings.limit(parsing:))
    }
}
