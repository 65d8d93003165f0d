package import Base
package import Networking

/// A service's settings, checked against its table: every parameter known, the required ones there,
/// defaults filled in. A parameter set to nothing counts as not set.
package struct ServiceSettings: Sendable {
    /// The service whose settings they are.
    package let service: ServiceDescription
    /// What was given or filled in, by parameter.
    package let values: [String: String]
    /// Members of the body of what is said: added, or in the place of the service's own; without JSON
    /// they are taken out. In the order they were given.
    package var bodyMembers: [(name: String, json: [UInt8]?)] = []
    /// What must not be seen besides the secret parameters.
    package var hiddenValues: [String] = []
    /// How the messages of a conversation are kept, where the client keeps them.
    package var history = HistorySettings()
    /// What made-up names and keys follow from, besides whose they are.
    var nonce: UInt64 = 0

    /// The settings that follow from what the user gave.
    ///
    /// - Throws: the first complaint, in the order of the table.
    package init(
        _ given: [String: String], for service: ServiceDescription, inSandbox: Bool = false
    ) throws(Fault) {
        var values = try Self.canonical(given, of: service)
        for parameter in service.parameters {
            let usual = (inSandbox ? parameter.sandboxDefault : nil) ?? parameter.defaultValue
            if values[parameter.name] == nil { values[parameter.name] = usual }
            if let value = values[parameter.name], !value.isEmpty {
                try service.check(value, of: parameter)
            }
            if parameter.isRequired, values[parameter.name, default: ""].isEmpty {
                throw Self.missing(parameter, of: service)
            }
        }
        self.service = service
        self.values = values
    }

    private init(_ values: [String: String], over settings: ServiceSettings) {
        service = settings.service
        self.values = values
        (bodyMembers, history) = (settings.bodyMembers, settings.history)
        hiddenValues = settings.hiddenValues
        nonce = settings.nonce
    }

    /// These settings with a script's over them: the turn's before the conversation's.
    ///
    /// - Throws: the first complaint; secrets cannot be set in a script.
    func overridden(
        by conversation: [String: String], _ turn: [String: String]
    ) throws(Fault) -> ServiceSettings {
        let (conversation, turn) = (service.known(conversation), service.known(turn))
        let given = try Self.canonical(conversation, of: service)
            .merging(Self.canonical(turn, of: service)) { $1 }
        for parameter in service.parameters {
            guard let value = given[parameter.name] else { continue }
            if !value.isEmpty { try service.check(value, of: parameter) }
            guard parameter.isSecret else { continue }
            throw service.fault(
                parameter.name, "is a secret and cannot stand in a script",
                "give it with --set \(parameter.name)=env:NAME")
        }
        return ServiceSettings(values.merging(given) { $1 }, over: self)
    }

    /// The values of the secret parameters, and what else must not be seen.
    var secretValues: [String] {
        service.parameters.filter(\.isSecret).compactMap { values[$0.name] } + hiddenValues
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
    func duration(_ name: String) throws(Fault) -> Nanoseconds {
        guard let text = self[name] else { return .zero }
        guard let value = Units.parseDuration(text) else {
            throw service.fault(name, "is no duration: \"\(text)\"", "write it like 500ms or 1.5s")
        }
        return value
    }

    /// A parameter's value as a whole number within `range`; nil when it is not set.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Fault) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw service.fault(
                name, "does not fit: \"\(text)\"",
                "give a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// The values under their parameters' own names; a name goes before its aliases.
    private static func canonical(
        _ given: [String: String], of service: ServiceDescription
    ) throws(Fault) -> [String: String] {
        var rest = given
        var values: [String: String] = [:]
        for parameter in service.parameters {
            for name in parameter.names {
                guard let value = rest.removeValue(forKey: name) else { continue }
                if values[parameter.name] == nil { values[parameter.name] = value }
            }
        }
        guard let unknown = rest.keys.min() else { return values }
        let names = service.parameters.map(\.name)
        let nearest = nearestName(to: unknown, among: names).map { "did you mean \($0)?" }
        throw service.fault(
            unknown, "is not one of its parameters",
            nearest ?? "it has \(names.joined(separator: ", "))")
    }

    private static func missing(
        _ parameter: ServiceParameter, of service: ServiceDescription
    ) -> Fault {
        service.fault(
            parameter.name, "is required (\(parameter.help))",
            "give it with --set \(parameter.name)="
                + (parameter.isSecret ? "env:NAME or =file:PATH" : "VALUE"))
    }
}

/// One parameter of a service: a row of its table, the only place where it is declared.
package struct ServiceParameter: Sendable, Equatable {
    /// What its value is.
    package enum Kind: String, Sendable, CaseIterable {
        case text, integer, number, boolean
    }

    /// What an option or a key of a script sets by it, whatever it is called.
    package enum Role: String, Sendable, CaseIterable {
        case model, length, stream, pin, system, auth
    }

    /// What scripts call the most tokens of a reply, whatever a service calls them. Services that
    /// cannot be told pass it over, so that the same lengths go for all.
    static let lengthName = "max_tokens"

    /// The name in `--set name=value` and in a script's `with`.
    package let name: String
    /// Other names it is known by.
    let aliases: [String]
    /// All names it is known by, its own first.
    var names: [String] { [name] + aliases }
    /// What it means, for the help text.
    package let help: String
    /// The value when none is given; nil when there is none.
    package let defaultValue: String?
    /// The value against the built-in sandbox when none is given, for what is required elsewhere.
    package let sandboxDefault: String?
    /// Whether the value must not be seen, nor stand in a script or on the command line.
    package let isSecret: Bool
    /// Whether the service cannot be spoken to without it.
    package let isRequired: Bool
    package let kind: Kind
    /// What sets it besides its name; nil where nothing does.
    package let role: Role?

    /// A parameter; one with a value for the sandbox is required elsewhere, unless that is said.
    init(
        _ name: String, aliases: [String] = [], _ help: String, default value: String? = nil,
        sandbox: String? = nil, isSecret: Bool = false, isRequired: Bool? = nil,
        kind: Kind = .text, role: Role? = nil
    ) {
        self.name = name
        self.aliases = aliases
        self.help = help
        defaultValue = value
        sandboxDefault = sandbox
        self.isSecret = isSecret
        self.isRequired = isRequired ?? (sandbox != nil)
        self.kind = kind
        self.role = role
    }
}

extension ServiceParameter.Kind {
    /// A value of it, for advice.
    fileprivate var example: String {
        switch self {
        case .text: "this"
        case .integer: "128"
        case .number: "0.7"
        case .boolean: "true or false"
        }
    }
}

extension ServiceDescription {
    /// What a script sets, without the length of a reply where the service cannot be told.
    fileprivate func known(_ given: [String: String]) -> [String: String] {
        if takesLength || given[ServiceParameter.lengthName] == nil { return given }
        return given.filter { $0.key != ServiceParameter.lengthName }
    }

    /// Makes sure that a value is of its parameter's kind.
    fileprivate func check(_ value: String, of parameter: ServiceParameter) throws(Fault) {
        if parameter.kind.takes(value) { return }
        let shown = parameter.isSecret ? Secrets.mark : "\"\(value)\""
        throw fault(
            parameter.name, "is \(parameter.kind.complaint): \(shown)",
            "write it like \(parameter.kind.example)")
    }

    /// A fault of a parameter or header of this service.
    func fault(_ parameter: String, _ problem: String, _ advice: String) -> Fault {
        Fault("\(name): \(parameter) \(problem)", hint: advice)
    }
}

/// An address of a service: where below the target it lives, and what every request to it carries besides.
package struct ServiceAddress: Sendable, Equatable {
    /// What precedes every path of the service, without a slash at its end.
    package let pathPrefix: String
    /// The user's own headers.
    package let extraHeaders: [HeaderField]

    /// An address.
    ///
    /// - Throws: a complaint about a prefix that is no path, a header that cannot be written, or one
    ///   that only the request itself can decide.
    package init(
        pathPrefix: String = "", extraHeaders: [HeaderField] = [], for service: ServiceDescription
    ) throws(Fault) {
        var prefix = pathPrefix[...]
        while prefix.last == "/" { prefix = prefix.dropLast() }
        let isPath = prefix.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !prefix.contains("#")
        guard isPath, !prefix.contains("?"), prefix.isEmpty || prefix.hasPrefix("/") else {
            throw service.fault(
                "target", "has no usable path: \"\(prefix)\"",
                "write it like /base, percent-encoded, without ? and #")
        }
        for header in extraHeaders { try Self.check(header, for: service) }
        self.pathPrefix = String(prefix)
        self.extraHeaders = extraHeaders
    }

    /// The headers of every request: ours, then the service's, then the user's over both.
    func headers(_ own: [HeaderField]) -> [HeaderField] {
        [HeaderField("User-Agent", "chatload"), HeaderField("Accept", "application/json")] + own
            + extraHeaders
    }

    /// The values among the user's headers that must not be seen, also without their scheme or
    /// their cookies' names.
    var secretValues: [String] {
        extraHeaders.filter { $0.isSecret || $0.isHidden }.flatMap { header in
            if !header.isSecret { return [header.value] }
            let parts = header.value.split { $0 == " " || $0 == ";" }
            let words = parts.count > 1 ? parts.dropFirst().map(String.init) : []
            let cookies = header.isNamed("Cookie") ? parts.compactMap(Self.cookieValue) : []
            return [header.value] + (header.isNamed("Cookie") ? cookies : words)
        }
    }

    private static func cookieValue(_ pair: Substring) -> String? {
        pair.firstIndex(of: "=").map { String(pair[pair.index(after: $0)...]) }
    }

    private static func check(
        _ header: HeaderField, for service: ServiceDescription
    ) throws(Fault) {
        guard header.isValid else {
            throw service.fault(
                "header \(header.name.debugDescription)", "is not a valid header",
                "write it as 'Name: value' without line breaks")
        }
        let reserved = ["Content-Length", "Content-Type", "Transfer-Encoding"]
        guard !reserved.contains(where: header.isNamed) else {
            throw service.fault(
                "header \(header.name)", "follows from the request itself", "leave it out")
        }
    }
}

extension HeaderField {
    /// Whether the value is a credential by the header's name.
    fileprivate var isSecret: Bool { Secrets.areIn(header: name) }
}
