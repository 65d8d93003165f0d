import Base
import Networking

/// Reading requests.
extension ServiceFileReader {
    private static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    /// Reads the request at a place.
    mutating func readRequest(_ item: Item, at place: Int) {
        var request = ServiceRequest(name: order.names[place], method: "GET")
        // Whatever is wrong with it: the others name it by its place.
        defer { file.requests.append(request) }
        guard let fields = fields(item, ServiceRequestKey.self) else { return }
        let scope = TextScope(part: .request(place))
        readBody(fields, into: &request, in: scope)
        request.method = method(fields[.method]) ?? (request.body == nil ? "GET" : "POST")
        if let path = fields[.path] {
            request.paths = paths(path, in: scope.needed)
        } else {
            complain("a request needs \"path\"", at: item, hint: #"write "path":"/chat""#)
        }
        if let query = fields[.query] { request.query = templateFields(query, in: scope) }
        if let headers = fields[.headers] {
            request.headers = headerFields(
                headers, in: scope, takesType: fields[.text] != nil)
        }
        request.isRepeatable =
            fields[.repeatable].flatMap { bool($0) } ?? (request.method == "GET")
        if let single = fields[.single] {
            request.repliesAsked = repliesAsked(single)
        }
        request.isCallable = order.calls.contains(place)
        readPoll(fields, into: &request, at: place, item)
        if let reply = fields[.reply] {
            request.reply = self.reply(reply, in: scope) ?? request.reply
        }
    }

    private mutating func method(_ item: Item?) -> String? {
        guard let item, let text = filled(item) else { return nil }
        if Self.methods.contains(text) { return text }
        complain(
            "\"\(text.shortened)\" is no method", at: item,
            hint: Self.methods.contains(text.uppercased())
                ? "write it in capitals" : "there are \(listed(Self.methods, "and"))")
        return nil
    }

    private mutating func readBody(
        _ fields: [ServiceRequestKey: Item], into request: inout ServiceRequest, in scope: TextScope
    ) {
        let bodies = [fields[.body], fields[.form], fields[.text]].compactMap(\.self)
        if bodies.count > 1, let item = bodies.last {
            complain("a request has one of \"body\", \"form\" and \"text\"", at: item)
        }
        if let body = fields[.body] {
            request.body = template(body, in: scope).map { .json($0) }
        } else if let form = fields[.form] {
            request.body = .form(templateFields(form, in: scope))
        } else if let text = fields[.text] {
            request.body = parts(text, in: scope.needed).map { .text($0) }
        }
        guard let attach = fields[.attach] else { return }
        request.attachment = filled(attach)
        if fields[.body] ?? fields[.text] != nil {
            complain("files go along with a form", at: attach, hint: #"write "form":{…}"#)
        }
    }

    private mutating func readPoll(
        _ fields: [ServiceRequestKey: Item], into request: inout ServiceRequest, at place: Int,
        _ item: Item
    ) {
        let keys = [fields[.first], fields[.every], fields[.times]].compactMap(\.self)
        guard let any = keys.first else { return }
        file.unplayed = "a poll is not played yet"
        if !order.say.contains(place) { complain("only a request of \"say\" is a poll", at: any) }
        guard let every = fields[.every], let times = fields[.times] else {
            return complain(
                "a poll needs \"every\" and \"times\"", at: item,
                hint: #"write "every":"1s","times":20"#)
        }
        guard let span = span(every), let count = integer(times, 1...10_000) else { return }
        request.poll = ServiceRequest.Poll(
            first: fields[.first].flatMap { self.span($0) } ?? span, every: span, times: count)
    }

    /// A path below the target, or the two of a choice.
    private mutating func paths(_ item: Item, in scope: TextScope) -> [RequestPath] {
        guard isChoice(item) else {
            return pathParts(item, in: scope).map { [RequestPath(parts: $0)] } ?? []
        }
        guard let (parameter, then, otherwise) = branches(item) else { return [] }
        guard let then, let otherwise else {
            complain("a choice of paths needs \"then\" and \"else\"", at: item)
            return []
        }
        return [(then, true), (otherwise, false)].compactMap { branch, isSet in
            pathParts(branch, in: scope).map { parts in
                RequestPath(
                    parts: parts,
                    condition: ParameterCondition(parameter: parameter, isSet: isSet))
            }
        }
    }

    /// Places in a body, as many as one reading looks up.
    private mutating func repliesAsked(_ item: Item) -> [JSONPath] {
        let paths = oneOrMore(item).compactMap { path($0) }
        if paths.count <= JSONFields.mostPaths { return paths }
        complain("has more than \(JSONFields.mostPaths) paths", at: item)
        return []
    }

    private mutating func pathParts(_ item: Item, in scope: TextScope) -> [TemplatePart]? {
        guard let parts = parts(item, in: scope) else { return nil }
        let literals = parts.compactMap { part in
            if case .text(let text) = part { text } else { nil }
        }
        if case .text(let start) = parts.first, !start.hasPrefix("/") {
            complain("a path begins with /", at: item, hint: "--target says what stands before it")
        } else if parts.isEmpty {
            complain("must not be empty", at: item)
        }
        let text = literals.joined()
        if text.contains("?") || text.contains("#") {
            complain("has a ? or #", at: item, hint: "what stands behind the ? is \"query\"")
        } else if !text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            complain("has characters that no path has", at: item, hint: "percent-encode them")
        }
        return parts
    }

    /// Header fields: what no request can have, or what is a key that all can read, is told.
    mutating func headerFields(
        _ item: Item, in scope: TextScope, takesType: Bool = false
    ) -> [TemplateField] {
        let fields = templateFields(item, in: scope)
        var names = Set<String>()
        for member in item.node.members where names.insert(member.name.lowercased()).inserted {
            let place = item.part(member.name, member.node)
            let reserved =
                Self.reservedHeaders + (takesType ? [] : ["content-type"])
            if !HeaderField(member.name, "").isValid {
                complain("is no name of a header", at: place)
            } else if reserved.contains(member.name.lowercased()) {
                complain("follows from the request itself", at: place, hint: "leave it out")
            }
        }
        if names.count < Set(item.node.members.map(\.name)).count {
            complain(
                "has a header twice", at: item, hint: "case makes no difference in their names")
        }
        for field in fields { check(field, of: item) }
        return fields
    }

    private static let reservedHeaders = [
        "content-length", "transfer-encoding", "host", "connection", "accept-encoding",
    ]

    private mutating func check(_ field: TemplateField, of item: Item) {
        guard let node = item.node[field.name] else { return }
        let place = item.part(field.name, node)
        let literals = field.value.compactMap { part in
            if case .text(let text) = part { text } else { nil }
        }
        if !literals.allSatisfy({ HeaderField("x", $0).isValid }) {
            complain("has characters that no header has", at: place)
        }
        if literals.count == field.value.count, Secrets.areIn(header: field.name) {
            warn(
                "a literal key in a file that others can read", at: place,
                hint: "declare a secret parameter and write ${key}")
        }
    }
}

/// Keys of a request.
enum ServiceRequestKey: String, ObjectKey {
    case method, path, query, headers, body, form, text, attach, repeatable, single, first, every,
        times
    case reply

    static let object = "a request"

    static func usual(for word: String) -> String? {
        switch word {
        case "url", "uri": #"a request has a "path" below --target"#
        case "json", "data", "payload": #"what is sent as JSON is "body""#
        case "params": #"what stands behind the ? is "query""#
        case "response": #"what a response means is "reply""#
        default: nil
        }
    }
}
