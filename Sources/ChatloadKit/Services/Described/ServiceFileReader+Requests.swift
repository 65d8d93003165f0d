import Base
import Networking

/// Reading requests, and when they are sent.
extension ServiceFileReader {
    /// The requests by their names, and what their replies give; read before all else, as texts
    /// anywhere may use it.
    mutating func surveyed(_ item: Item) -> [Item] {
        var requests: [Item] = []
        for member in members(item) ?? [] {
            checkName(
                member.name, of: "a request", item.place, at: member.text.range.lowerBound - 1)
            let request = item.part(member.name, member.node)
            order.names.append(member.name)
            surveyCaptures(of: request, givenBy: requests.count)
            requests.append(request)
        }
        if requests.isEmpty { complain("must not be empty", at: item) }
        return requests
    }

    private mutating func surveyCaptures(of item: Item, givenBy request: Int?) {
        let captures = item.node["reply"]?["capture"]
        let place = item.place + ".reply.capture"
        for member in captures?.members ?? [] {
            if let known = file.captures.firstIndex(of: member.name) {
                if let request { order.capturers[known].append(request) }
                continue
            }
            guard isVariable(member, "a capture", place) else { continue }
            let offset = member.text.range.lowerBound - 1
            if Self.variables.contains(where: { $0.name == member.name }) {
                complain(Fault("${\(member.name)} is built in"), place, offset)
            } else if file.parameters.contains(where: { $0.name == member.name }) {
                complain(Fault("${\(member.name)} is a parameter"), place, offset)
            }
            file.captures.append(member.name)
            order.capturers.append(request.map { [$0] } ?? [])
        }
    }

    /// What is sent when.
    mutating func readOrder(_ fields: [DescriptionKey: Item], of item: Item) {
        if let session = fields[.session] { readSession(session) }
        if let calls = fields[.calls] {
            order.calls =
                elements(calls, "an array of names of requests")?
                .compactMap { request($0) } ?? []
            checkOnce(order.calls, calls)
        }
        if let renewal = fields[.renew] { readRenewal(renewal) }
        guard let say = fields[.say] else {
            return complain("a description needs \"say\"", at: item, hint: #"write "say":["say"]"#)
        }
        if case .object = say.node.value {
            order.isSocket = true
            surveyCaptures(
                of: say.part("websocket", say.node["websocket"] ?? say.node), givenBy: nil)
        } else {
            order.say =
                elements(say, "an array of names of requests")?.compactMap { request($0) } ?? []
            checkOnce(order.say, say)
        }
        (file.session, file.say) = (order.session, order.isSocket ? .socket : .requests(order.say))
    }

    /// The place of the request that a value names.
    private mutating func request(_ item: Item) -> Int? {
        guard let name = string(item) else { return nil }
        if let place = order.names.firstIndex(of: name) { return place }
        complain(
            "\"\(name.shortened)\" is no request", at: item,
            hint: nearestName(to: name.shortened, among: order.names).map {
                "did you mean \"\($0)\"?"
            }
                ?? (order.names.isEmpty
                    ? "write it under \"requests\""
                    : "there are \(order.names.joined(separator: ", "))"))
        return nil
    }

    private mutating func checkOnce(_ requests: [Int], _ item: Item) {
        if Set(requests).count < requests.count { complain("names a request twice", at: item) }
    }

    private mutating func readSession(_ item: Item) {
        for step in elements(item, "an array of steps") ?? [] {
            guard let fields = fields(step, SessionStepKey.self) else { continue }
            let isPerUser = fields[.per].flatMap { word($0, Span.self) } == .user
            guard let name = fields[.do] else {
                complain("a step needs \"do\"", at: step, hint: #"write {"do":"open"}"#)
                continue
            }
            if let request = request(name) { order.session.append((request, isPerUser)) }
        }
        checkOnce(order.session.map(\.request), item)
        file.unplayed = "\"session\" is not played yet"
    }

    private mutating func readRenewal(_ item: Item) {
        guard let fields = fields(item, RenewalKey.self) else { return }
        order.renewal = fields[.do].flatMap { request($0) }
        if fields[.do] == nil { complain("needs \"do\"", at: item, hint: "name a request") }
        _ = fields[.every].flatMap { span($0) }
        _ = fields[.status].map { statuses($0) }
        if fields[.every] == nil, fields[.status] == nil {
            complain("needs \"every\" or \"on_status\"", at: item)
        }
        file.unplayed = "\"renew\" is not played yet"
    }
}

extension ServiceFileReader {
    private static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    /// Reads the request at a place.
    mutating func readRequest(_ item: Item, at place: Int) {
        var request = ServiceRequest(name: order.names[place], method: "GET", path: [])
        // Whatever is wrong with it: the others name it by its place.
        defer { file.requests.append(request) }
        guard let fields = fields(item, ServiceRequestKey.self) else { return }
        let scope = TextScope(part: .request(place))
        readBody(fields, into: &request, in: scope)
        request.method = method(fields[.method]) ?? (request.body == nil ? "GET" : "POST")
        if let path = fields[.path] {
            request.path = pathParts(path, in: scope.needed) ?? []
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

    /// A path below the target.
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

/// What only the whole description shows.
extension ServiceFileReader {
    /// Makes sure that what is said goes out, and that a reply comes back.
    mutating func checkWhole(_ requests: [Item], _ fields: [DescriptionKey: Item]) {
        for (place, item) in requests.enumerated() where !order.isSent(place) && !order.isSocket {
            warn(
                "this request is never sent", at: item,
                hint: "name it in \"say\", \"calls\", \"session\" or \"renew\"")
        }
        guard !order.isSocket, let say = fields[.say], let last = order.say.last,
            complaintCount == 0
        else { return }
        let said = order.say.map { file.requests[$0] }
        if said.count(where: { $0.poll != nil }) > 1 {
            complain("only one request of \"say\" can be a poll", at: say)
        }
        if !said.contains(where: \.says) {
            complain(
                "no request of \"say\" has what is said", at: say,
                hint:
                    "put ${text}, or ${messages} where the client keeps the history, into a \"body\""
            )
        }
        if case .client = file.history, !said.contains(where: { $0.uses(.messages) }) {
            complain(
                "no request of \"say\" has ${messages}, and the client keeps the history", at: say,
                hint: #"write "messages":"${messages}" in its "body""#)
        }
        let isTold = said.contains {
            !$0.reply.text.isEmpty || $0.reply.form == .text || $0.reply.form == .none
        }
        if !isTold {
            let item = requests[last]
            complain(
                "a reply needs \"text\": where in it what the bot says is",
                at: item.node["reply"].map { item.part("reply", $0) } ?? item,
                hint: #"write "text":"$.answer", or "as":"none" where none is expected"#)
        }
    }
}

extension ServiceRequest {
    /// Whether what is said is in it.
    fileprivate var says: Bool { uses(.text) || uses(.messages) }

    /// Whether a variable is in it.
    fileprivate func uses(_ variable: ServiceVariable) -> Bool {
        let isInBody: Bool =
            switch body {
            case .json(let value): value.uses(variable)
            case .form(let fields): fields.contains { $0.value.contains(.variable(variable)) }
            case .text(let parts): parts.contains(.variable(variable))
            case nil: false
            }
        return isInBody || path.contains(.variable(variable))
            || (query + headers).contains { $0.value.contains(.variable(variable)) }
    }
}
