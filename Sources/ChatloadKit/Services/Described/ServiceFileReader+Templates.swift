import Base

/// Place of a text with variables: what has a value there.
struct TextScope {
    /// What the text is part of.
    enum Part {
        /// A request, by its place, or, without one, every request.
        case request(Int?)
        /// A message of the history.
        case message
        /// What is sent over a socket, when it is opened or when something is said.
        case opening, saying
    }

    var part: Part
    /// Whether every variable must have a value, as the text cannot be left out.
    var isNeeded = false
    /// The parameters that are known to be set.
    var known: Set<Int> = []

    /// The same, where every variable must have a value.
    var needed: TextScope {
        var scope = self
        scope.isNeeded = true
        return scope
    }
}

/// Reading texts with variables.
extension ServiceFileReader {
    /// The variables that are built in, by their names; the system prompt's is the parameter that
    /// takes it.
    static let variables: [(name: String, variable: ServiceVariable)] = [
        ("text", .text), ("messages", .messages), ("role", .role), ("user", .user),
        ("user_id", .userID), ("conversation", .conversation), ("turn", .turn),
        ("now_ms", .nowMilliseconds), ("now_iso", .nowISO), ("uuid", .uuid),
    ]

    /// The parts of a string with variables.
    mutating func parts(_ item: Item, in scope: TextScope) -> [TemplatePart]? {
        guard case .string(let text, let place) = item.node.value else {
            wrong(item, "a string")
            return nil
        }
        return parts(of: text, at: place, item.place, in: scope)
    }

    /// The parts of a text; nil where a variable of it is none.
    ///
    /// - Parameter isValue: whether it is a value of JSON, which all messages can take the place of.
    mutating func parts(
        of text: String, at place: JSONText, _ key: String, in scope: TextScope,
        isValue: Bool = false
    ) -> [TemplatePart]? {
        let complaintsBefore = complaintCount
        // Behind an escape the bytes of the text and of the file no longer run in step.
        func offset(_ within: Int) -> Int {
            place.hasEscapes ? place.range.lowerBound - 1 : place.range.lowerBound + within
        }
        var parts: [TemplatePart] = []
        do throws(Fault) {
            try VariableText.takeApart(text) { (piece) throws(Fault) in
                switch piece {
                case .text(let text): parts.append(.text(text))
                case .name(let name, let within):
                    switch variable(String(name), in: scope) {
                    case .success(let variable): parts.append(.variable(variable))
                    case .failure(let fault): complain(fault, key, offset(within))
                    }
                }
            }
        } catch {
            complain(error, key, offset(error.offset ?? -1))
        }
        if !isValue || parts.count > 1, parts.contains(.variable(.messages)) {
            complain(Self.wholeMessages, key, offset(-1))
        }
        return complaintCount == complaintsBefore ? parts : nil
    }

    static let wholeMessages = Fault(
        "${messages} is an array and no part of a text",
        hint: #"make it the whole value of a member of "body": "messages":"${messages}""#)

    /// What a name stands for at a place, or why it stands for nothing there.
    private func variable(
        _ name: String, in scope: TextScope
    ) -> Result<ServiceVariable, Fault> {
        if case .message = scope.part {
            if name == "role" { return .success(.role) }
            if name == "text" { return .success(.text) }
            return .failure(
                Fault(
                    "${\(name.shortened)} has no value here",
                    hint: "a message of the history has ${role} and ${text}"))
        }
        if let place = file.parameters.firstIndex(where: { $0.name == name }) {
            return objection(toParameter: place, in: scope).map { .failure($0) }
                ?? .success(.parameter(place))
        }
        if let known = Self.variables.first(where: { $0.name == name })?.variable {
            guard let advice = objection(to: known, in: scope) else { return .success(known) }
            return .failure(Fault("${\(name)} has no value here", hint: advice))
        }
        if name == "system" {
            if let place = file.parameters.firstIndex(where: { $0.role == .system }) {
                return .success(.parameter(place))
            }
            return .failure(
                Fault(
                    "${system} has no value here",
                    hint: #"declare a parameter for it: "system":{"system":true}"#))
        }
        if let capture = file.captures.firstIndex(of: name) {
            return objection(toCapture: capture, in: scope).map { .failure($0) }
                ?? .success(.capture(capture))
        }
        return .failure(unknown(name))
    }

    private func unknown(_ name: String) -> Fault {
        let known =
            file.parameters.map(\.name) + file.captures + Self.variables.map(\.name)
        let nearest = nearestName(to: name.shortened, among: known).map {
            "did you mean ${\($0)}? "
        }
        let shown = known.prefix(16).map { "${\($0)}" }.joined(separator: ", ")
        return Fault(
            "unknown variable ${\(name.shortened)}",
            hint: (nearest ?? "") + "known variables: \(shown)\(known.count > 16 ? ", …" : "");"
                + " $${ means ${ itself")
    }

    private func objection(toParameter place: Int, in scope: TextScope) -> Fault? {
        let parameter = file.parameters[place]
        let isSet = parameter.isRequired || parameter.defaultValue != nil
        if !scope.isNeeded || isSet || scope.known.contains(place) { return nil }
        return Fault(
            "${\(parameter.name)} may have no value here, and the text cannot be left out",
            hint: "give the parameter a \"default\", or make it \"required\"")
    }

    private func objection(toCapture capture: Int, in scope: TextScope) -> Fault? {
        let request: Int?
        switch scope.part {
        case .request(let place): request = place
        case .message, .opening, .saying: request = nil
        }
        guard
            let reason = order.objection(
                toCapture: capture, in: request, isNeeded: scope.isNeeded)
        else { return nil }
        let name = file.captures[capture]
        return Fault("${\(name)} has no value here", hint: "\"\(name)\" is \(reason)")
    }

    /// Why a variable has no value at a place; nil where it has one.
    private func objection(to variable: ServiceVariable, in scope: TextScope) -> String? {
        let (request, isSaying): (Int?, Bool)
        switch scope.part {
        case .request(let place):
            (request, isSaying) = (place, place.map(order.isOfSaying) ?? false)
        case .opening: (request, isSaying) = (nil, false)
        case .saying, .message: (request, isSaying) = (nil, true)
        }
        switch variable {
        case .text:
            return isSaying ? nil : "only requests that are in \"say\" and nowhere else have a text"
        case .messages:
            guard case .client = file.history else {
                return #"only with "history":{"kept":"client",…} are all messages sent"#
            }
            return isSaying ? nil : "only requests that are in \"say\" and nowhere else have them"
        case .role: return "only \"message\" of \"history\" has it"
        case .turn:
            return isSaying || request.map(order.isOfTurns) == true
                ? nil : "only turns have it, and this is also sent outside of them"
        case .userID:
            return file.user == nil ? #"say how users are called: "user":{"id":"uuid"}"# : nil
        case .conversation:
            let isPerUser = order.session.contains { $0.request == request && $0.isPerUser }
            return isPerUser ? "a step per user is of no conversation" : nil
        default: return nil
        }
    }
}

/// Reading templates of JSON values.
extension ServiceFileReader {
    /// The template of a value.
    mutating func template(_ item: Item, in scope: TextScope) -> TemplateValue? {
        switch item.node.value {
        case .null, .bool, .number: return .json(Array(bytes[item.node.range]))
        case .string: return template(ofText: item, in: scope)
        case .array(let elements):
            var values: [TemplateValue] = []
            for (place, node) in elements.enumerated() {
                guard let value = template(item.part("\(place)", node), in: scope) else { continue }
                values.append(value)
            }
            return Self.folded(values)
        case .object: return isChoice(item) ? choice(item, in: scope) : object(item, in: scope)
        }
    }

    private mutating func template(ofText item: Item, in scope: TextScope) -> TemplateValue? {
        guard case .string(let text, let place) = item.node.value else { return nil }
        // A value that is one variable is left out with it, and a text with one is not.
        let isWhole = text.hasPrefix("${") && text.firstIndex(of: "}") == text.indices.last
        guard
            let parts = parts(
                of: text, at: place, item.place, in: isWhole ? scope : scope.needed, isValue: true)
        else { return nil }
        switch parts.first {
        case .variable(let variable) where parts.count == 1: return .variable(variable)
        case .text(let text) where parts.count == 1: return .json(Self.json(text))
        case nil: return .json(Self.json(""))
        default: return .text(parts)
        }
    }

    private mutating func object(_ item: Item, in scope: TextScope) -> TemplateValue? {
        guard let members = members(item) else { return nil }
        var made: [(name: [TemplatePart], value: TemplateValue)] = []
        for member in members {
            let place = item.part(member.name, member.node)
            let name = parts(of: member.name, at: member.text, item.place, in: scope)
            let value = template(place, in: scope)
            if let name, let value { made.append((name, value)) }
        }
        return Self.folded(made)
    }

    /// An array that is JSON as it stands where all of its elements are.
    private static func folded(_ elements: [TemplateValue]) -> TemplateValue {
        var json = ByteBuffer()
        json.append("[")
        for (place, element) in elements.enumerated() {
            guard case .json(let bytes) = element else { return .array(elements) }
            if place > 0 { json.append(",") }
            json.append(bytes.span)
        }
        json.append("]")
        return .json(json.bytes)
    }

    /// An object that is JSON as it stands where all of its members are.
    private static func folded(
        _ members: [(name: [TemplatePart], value: TemplateValue)]
    ) -> TemplateValue {
        var json = ByteBuffer()
        json.append("{")
        for (name, value) in members {
            var text = ""
            switch name.first {
            case .text(let only) where name.count == 1: text = only
            case nil: break
            default: return .object(members)
            }
            guard case .json(let bytes) = value else { return .object(members) }
            json.append(key: text)
            json.append(bytes.span)
        }
        json.append("}")
        return .json(json.bytes)
    }

    private static func json(_ text: String) -> [UInt8] {
        var json = ByteBuffer()
        json.append(jsonString: text)
        return json.bytes
    }
}

/// Reading choices between two values.
extension ServiceFileReader {
    /// Whether an object is a choice and none that is to be sent.
    func isChoice(_ item: Item) -> Bool {
        let members = item.node.members
        return item.node[ChoiceKey.if.rawValue] != nil
            && members.allSatisfy { ChoiceKey(rawValue: $0.name) != nil }
    }

    /// A choice's parameter and what there is to choose between.
    mutating func branches(
        _ item: Item
    ) -> (parameter: Int, then: Item?, otherwise: Item?)? {
        guard let fields = fields(item, ChoiceKey.self), let condition = fields[.if],
            let name = string(condition)
        else { return nil }
        if fields[.then] == nil, fields[.else] == nil {
            complain("a choice needs \"then\" or \"else\"", at: item)
            return nil
        }
        if let place = file.parameters.firstIndex(where: { $0.name == name }) {
            return (place, fields[.then], fields[.else])
        }
        let names = file.parameters.map(\.name)
        complain(
            "\"\(name.shortened)\" is no parameter", at: condition,
            hint: nearestName(to: name.shortened, among: names).map { "did you mean \"\($0)\"?" }
                ?? (names.isEmpty
                    ? "declare it under \"parameters\""
                    : "there are \(names.joined(separator: ", "))"))
        return nil
    }

    private mutating func choice(_ item: Item, in scope: TextScope) -> TemplateValue? {
        guard let (parameter, then, otherwise) = branches(item) else { return nil }
        var set = scope
        set.known.insert(parameter)
        return .choice(
            parameter: parameter, then: then.flatMap { template($0, in: set) },
            otherwise: otherwise.flatMap { template($0, in: scope) })
    }
}

/// Reading fields of heads, queries and forms.
extension ServiceFileReader {
    /// The fields of an object; a choice becomes two of them, of which one is there.
    mutating func templateFields(_ item: Item, in scope: TextScope) -> [TemplateField] {
        var fields: [TemplateField] = []
        for member in members(item) ?? [] {
            let value = item.part(member.name, member.node)
            if isChoice(value) {
                guard let (parameter, then, otherwise) = branches(value) else { continue }
                for (branch, isSet) in [(then, true), (otherwise, false)] {
                    guard let branch, let text = fieldValue(branch, in: scope) else { continue }
                    let condition = ParameterCondition(parameter: parameter, isSet: isSet)
                    fields.append(
                        TemplateField(name: member.name, value: text, condition: condition))
                }
            } else if let text = fieldValue(value, in: scope) {
                fields.append(TemplateField(name: member.name, value: text))
            }
        }
        return fields
    }

    private mutating func fieldValue(_ item: Item, in scope: TextScope) -> [TemplatePart]? {
        switch item.node.value {
        case .string: return parts(item, in: scope)
        case .number(let text): return [.text(text)]
        case .bool(let flag): return [.text("\(flag)")]
        case .null, .array, .object:
            wrong(item, "a string or a choice")
            return nil
        }
    }
}

/// Keys of a choice.
enum ChoiceKey: String, ObjectKey {
    case `if`, then, `else`

    static let object = "a choice"

    static func usual(for word: String) -> String? { nil }
}
