import Base
import Networking

/// Reading the top of a description: everything but its requests.
extension ServiceFileReader {
    /// The form that this reads.
    static let version = "service/1"

    /// Reads the whole description. What others are checked against comes first, whatever the order
    /// in the file.
    mutating func readDescription(_ item: Item) {
        guard let fields = fields(item, DescriptionKey.self) else { return }
        checkVersion(fields[.chatload], of: item)
        if let name = fields[.name].flatMap({ filled($0) }), let place = fields[.name] {
            file.name = name
            checkName(name, of: "a service", place.place, at: place.node.range.lowerBound)
        } else if fields[.name] == nil {
            complain("a description needs \"name\"", at: item, hint: #"write "name":"acme""#)
        }
        if let about = fields[.about] { file.about = line(about) ?? "" }
        if let parameters = fields[.parameters] { readParameters(parameters) }
        if let limits = fields[.limits] { readLimits(limits) }
        if let user = fields[.user] { readUser(user) }
        let requests = fields[.requests].map { surveyed($0) } ?? []
        readOrder(fields, of: item)
        if let history = fields[.history] { readHistory(history) }
        if let headers = fields[.headers] {
            file.headers = headerFields(headers, in: TextScope(part: .request(nil)))
        }
        for (place, request) in requests.enumerated() { readRequest(request, at: place) }
        if let say = fields[.say], order.isSocket { readSocket(say) }
        checkWhole(requests, fields)
    }

    private mutating func checkVersion(_ version: Item?, of item: Item) {
        let advice = #"a description begins with "chatload":"service/1""#
        guard let version else {
            return complain("a description needs \"chatload\"", at: item, hint: advice)
        }
        guard let text = string(version), text != Self.version else { return }
        complain(
            "\"\(text.shortened)\" is not known; this chatload reads \"\(Self.version)\"",
            at: version, hint: advice)
    }

    /// A text for one line of a report.
    private mutating func line(_ item: Item) -> String? {
        guard let text = filled(item) else { return nil }
        let isLine = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } && text.utf8.count <= 200
        if isLine { return text }
        complain("must be one line of at most 200 bytes", at: item)
        return nil
    }

    private mutating func readLimits(_ item: Item) {
        guard let fields = fields(item, TextLimitKey.self) else { return }
        file.characterLimit = fields[.characters].flatMap { integer($0, 1...Int.max) }
        file.byteLimit = fields[.bytes].flatMap { integer($0, 1...Int.max) }
    }

    private mutating func readUser(_ item: Item) {
        guard let fields = fields(item, ServiceUserKey.self) else { return }
        let isFresh = fields[.fresh].flatMap { word($0, Span.self) } == .conversation
        guard let id = fields[.id] else {
            return complain("a user needs \"id\"", at: item, hint: Self.userForms)
        }
        guard let text = string(id) else { return }
        if let form = Self.userID(text) {
            file.user = (form, isFresh)
        } else {
            complain("\"\(text.shortened)\" is not known", at: id, hint: Self.userForms)
        }
    }

    /// What something is done or made for.
    enum Span: String, CaseIterable {
        case user, conversation
    }

    private static let userForms =
        #"write "identity", "uuid", "hex:16" or "digits:18", of at most 64 digits"#

    private static func userID(_ text: String) -> ServiceFile.UserID? {
        switch text {
        case "identity": return .identity
        case "uuid": return .uuid
        default:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let count = Int(parts[1]), (1...64).contains(count) else {
                return nil
            }
            return parts[0] == "hex" ? .hex(count) : parts[0] == "digits" ? .digits(count) : nil
        }
    }

    private mutating func readHistory(_ item: Item) {
        guard let fields = fields(item, HistoryKey.self) else { return }
        guard let kept = fields[.kept].flatMap({ word($0, HistoryKeeper.self) }) else {
            if fields[.kept] == nil {
                complain("a history needs \"kept\"", at: item, hint: #"write "client" or "server""#)
            }
            return
        }
        if kept == .server {
            for key in [fields[.message], fields[.roles]].compactMap(\.self) {
                complain("only a history that the client keeps has this", at: key)
            }
            return
        }
        let roles = fields[.roles].map { self.roles($0) } ?? Self.ownRoles
        guard let message = fields[.message] else {
            return complain(
                "a history that the client keeps needs \"message\"", at: item,
                hint: #"write "message":{"role":"${role}","content":"${text}"}"#)
        }
        guard let template = template(message, in: TextScope(part: .message)) else { return }
        if !template.uses(.text) { complain("a message needs ${text}", at: message) }
        file.history = .client(message: template, roles: roles)
    }

    /// Who keeps what was said.
    private enum HistoryKeeper: String, CaseIterable {
        case client, server
    }

    /// Roles under their own names.
    private static let ownRoles: [MessageRole: String?] = Dictionary(
        uniqueKeysWithValues: MessageRole.allCases.map { ($0, .some($0.rawValue)) })

    private mutating func roles(_ item: Item) -> [MessageRole: String?] {
        var roles = Self.ownRoles
        for (role, name) in fields(item, MessageRole.self) ?? [:] {
            if case .null = name.node.value {
                roles.updateValue(nil, forKey: role)
                if role == .system { continue }
                complain("only the system prompt can be out of the list", at: name)
            } else if let text = filled(name) {
                roles[role] = text
            }
        }
        return roles
    }
}

/// Reading parameters.
extension ServiceFileReader {
    private mutating func readParameters(_ item: Item) {
        for member in members(item) ?? [] {
            guard isVariable(member, "a parameter", item.place) else { continue }
            let place = item.part(member.name, member.node)
            if Self.variables.contains(where: { $0.name == member.name }) {
                complain("${\(member.name)} is built in", at: place, hint: "give it another name")
                continue
            }
            guard let parameter = parameter(member.name, place) else { continue }
            if let role = parameter.role,
                let other = file.parameters.first(where: { $0.role == role })
            {
                complain(
                    "the role \"\(role.rawValue)\" is that of \"\(other.name)\" already", at: place)
            }
            file.parameters.append(parameter)
        }
    }

    private mutating func parameter(_ name: String, _ item: Item) -> ServiceParameter? {
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
        return ServiceParameter(
            name, fields[.about].flatMap { line($0) } ?? name, default: usual,
            sandbox: fields[.sandbox].flatMap { value($0, of: kind) }, isSecret: isSecret,
            isRequired: isRequired, kind: kind, role: role(fields, kind))
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
            try Template.takeApart(text) { (piece) throws(Fault) in
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

extension TemplateValue {
    /// Whether a variable is in it.
    func uses(_ variable: ServiceVariable) -> Bool {
        switch self {
        case .json: false
        case .text(let parts): parts.contains(.variable(variable))
        case .variable(let own): own == variable
        case .array(let elements): elements.contains { $0.uses(variable) }
        case .object(let members):
            members.contains { $0.name.contains(.variable(variable)) || $0.value.uses(variable) }
        case .choice(_, let then, let otherwise):
            then?.uses(variable) == true || otherwise?.uses(variable) == true
        }
    }
}
