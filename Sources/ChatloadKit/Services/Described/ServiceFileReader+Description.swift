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
        readOrder(session: fields[.session], calls: fields[.calls], renewal: fields[.renew])
        readSaying(fields[.say], of: item)
        if let history = fields[.history] { readHistory(history) }
        if let headers = fields[.headers] {
            file.headers = headerFields(headers, in: TextScope(part: .request(nil)))
        }
        for (place, request) in requests.enumerated() { readRequest(request, at: place) }
        if let say = fields[.say], order.isSocket { readSocket(say) }
        checkWhole(requests, say: fields[.say])
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
    mutating func line(_ item: Item) -> String? {
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
        // Whatever is wrong with the message, requests may have all of them.
        file.history = .client(message: .json([]), roles: roles)
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

/// Keys of the top of a description.
enum DescriptionKey: String, ObjectKey {
    case chatload, name, about, parameters, headers, limits, user, history, session, requests, say
    case calls, renew

    static let object = "a description"

    static func usual(for word: String) -> String? {
        switch word {
        case "turns": #"this is a conversation; name the file as a workload"#
        case "description", "summary": #"one line about a service is "about""#
        case "version": #"a description begins with "chatload":"service/1""#
        case "url", "target", "host": "where a service is, --target says"
        case "request": #"requests have names: "requests":{"say":{…}}, "say":["say"]"#
        default: nil
        }
    }
}

/// Keys of `limits`.
enum TextLimitKey: String, ObjectKey {
    case characters = "say_characters"
    case bytes = "say_bytes"

    static let object = "limits"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of `user`.
enum ServiceUserKey: String, ObjectKey {
    case id, fresh

    static let object = "a user"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of `history`.
enum HistoryKey: String, ObjectKey {
    case kept, message, roles

    static let object = "a history"

    static func usual(for word: String) -> String? { nil }
}

extension MessageRole: ObjectKey {
    static let object = "roles"

    static func usual(for word: String) -> String? {
        word == "bot" || word == "model" ? #"who replies is "assistant""# : nil
    }
}
