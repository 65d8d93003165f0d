import Base

/// Reading parameters.
extension ServiceFileReader {
    mutating func readParameters(_ item: Item) {
        for member in members(item) ?? [] {
            guard isVariable(member, "a parameter", item.place) else { continue }
            let place = item.part(member.name, member.node)
            if Self.variables.contains(where: { $0.name == member.name }) {
                complain("${\(member.name)} is built in", at: place, hint: "give it another name")
                continue
            }
            let hasOther = item.node[ServiceParameter.lengthName] != nil
            guard let parameter = parameter(member.name, place, isOnlyLength: !hasOther) else {
                continue
            }
            if let role = parameter.role,
                let other = file.parameters.first(where: { $0.role == role })
            {
                complain(
                    "the role \"\(role.rawValue)\" is that of \"\(other.name)\" already", at: place)
            }
            file.parameters.append(parameter)
        }
    }

    /// - Parameter isOnlyLength: whether no parameter has the name that scripts have for a length.
    private mutating func parameter(
        _ name: String, _ item: Item, isOnlyLength: Bool
    ) -> ServiceParameter? {
        guard let fields = fields(item, ParameterKey.self) else { return nil }
        let kind = fields[.type].flatMap { word($0, ServiceParameter.Kind.self) } ?? .text
        let isRequired = fields[.required].flatMap { bool($0) } ?? false
        let isSecret = fields[.secret].flatMap { bool($0) } ?? false
        let usual = fields[.default].flatMap { value($0, of: kind) }
        if isRequired, let item = fields[.default] {
            complain(
                "with a default the parameter is never missing", at: item,
                hint: "leave out \"default\" or \"required\"")
        }
        if isSecret, let item = fields[.default] {
            warn(
                "a literal key in a file that others can read", at: item,
                hint: "leave it out, and give it with --set \(name)=env:NAME")
        }
        let role = role(fields, kind)
        return ServiceParameter(
            name, aliases: role == .length && isOnlyLength ? [ServiceParameter.lengthName] : [],
            fields[.about].flatMap { line($0) } ?? name, default: usual,
            sandbox: fields[.sandbox].flatMap { value($0, of: kind) }, isSecret: isSecret,
            isRequired: isRequired, kind: kind, role: role)
    }

    private mutating func role(
        _ fields: [ParameterKey: Item], _ kind: ServiceParameter.Kind
    ) -> ServiceParameter.Role? {
        let told = fields[.role].flatMap { word($0, ServiceParameter.Role.self) }
        let isSystem = fields[.system].flatMap { bool($0) } ?? false
        if isSystem, let told, told != .system, let item = fields[.role] {
            complain("\"system\":true is a role too", at: item, hint: "leave out one of them")
        }
        guard let role = isSystem ? .system : told else { return nil }
        let wanted: ServiceParameter.Kind? =
            switch role {
            case .length: .integer
            case .stream, .pin: .boolean
            case .model, .system, .auth: nil
            }
        if let wanted, wanted != kind, let item = fields[.role] {
            complain(
                "a parameter with this role is of the type \"\(wanted.rawValue)\"", at: item,
                hint: #"write "type":"\#(wanted.rawValue)""#)
        }
        return role
    }

    /// A default of a parameter as the text that it has in `--set`.
    private mutating func value(_ item: Item, of kind: ServiceParameter.Kind) -> String? {
        let text: String
        switch item.node.value {
        case .string(let string, let place):
            text = string
            if string.holdsVariables { checkDefault(string, at: place, item) }
        case .number(let number): text = number
        case .bool(let flag): text = "\(flag)"
        case .null, .array, .object:
            wrong(item, "a string, a number, true or false")
            return nil
        }
        if kind.takes(text) || text.holdsVariables { return text }
        complain("\"\(text.shortened)\" is \(kind.complaint)", at: item)
        return text
    }

    /// Variables of a default: only what is known of a user and a conversation.
    private mutating func checkDefault(_ text: String, at place: JSONText, _ item: Item) {
        file.unplayed = "a default with variables is not played yet"
        let known = Self.variables.filter {
            [.user, .userID, .conversation].contains($0.variable)
        }.map(\.name)
        do throws(Fault) {
            try VariableText.takeApart(text) { (piece) throws(Fault) in
                guard case .name(let name, _) = piece, !known.contains(String(name)) else { return }
                complain(
                    "${\(String(name).shortened)} has no value here", at: item,
                    hint: "a default has \(listed(known.map { "${\($0)}" }, "and"))")
            }
        } catch {
            complain(error.message, at: item, hint: error.hint)
        }
    }
}

extension ServiceParameter.Kind {
    /// Whether a text is a value of the kind.
    func takes(_ text: String) -> Bool {
        switch self {
        case .text: true
        case .integer: Int(text) != nil
        case .number: Double(text)?.isFinite == true
        case .boolean: text == "true" || text == "false"
        }
    }

    /// What a text is that is no value of the kind.
    var complaint: String {
        switch self {
        case .text: "no text"
        case .integer: "no whole number"
        case .number: "no number"
        case .boolean: "neither true nor false"
        }
    }
}

/// Keys of a parameter.
enum ParameterKey: String, ObjectKey {
    case about, type, `default`, required, secret, system, sandbox, role

    static let object = "a parameter"

    static func usual(for word: String) -> String? {
        ["description", "help", "summary"].contains(word) ? #"what it means is "about""# : nil
    }
}
