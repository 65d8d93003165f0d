import Base

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

    /// What is sent outside of what turns say.
    mutating func readOrder(session: Item?, calls: Item?, renewal: Item?) {
        if let session { readSession(session) }
        if let calls {
            order.calls =
                elements(calls, "an array of names of requests")?
                .compactMap { request($0) } ?? []
            checkOnce(order.calls, calls)
        }
        if let renewal { readRenewal(renewal) }
    }

    /// What a turn sends that says something.
    mutating func readSaying(_ say: Item?, of item: Item) {
        guard let say else {
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

/// What only the whole description shows.
extension ServiceFileReader {
    /// Makes sure that what is said goes out, and that a reply comes back.
    mutating func checkWhole(_ requests: [Item], say: Item?) {
        if complaintCount > 0 { return }
        for (place, item) in requests.enumerated() where !order.isSent(place) && !order.isSocket {
            warn(
                "this request is never sent", at: item,
                hint: "name it in \"say\", \"calls\", \"session\" or \"renew\"")
        }
        guard !order.isSocket, let say, let last = order.say.last else { return }
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
        return isInBody || paths.contains { $0.parts.contains(.variable(variable)) }
            || (query + headers).contains { $0.value.contains(.variable(variable)) }
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

/// Keys of a step of `session`.
enum SessionStepKey: String, ObjectKey {
    case `do`, per

    static let object = "a step of the session"

    static func usual(for word: String) -> String? { nil }
}

/// Keys of `renew`.
enum RenewalKey: String, ObjectKey {
    case `do`, every
    case status = "on_status"

    static let object = "a renewal"

    static func usual(for word: String) -> String? { nil }
}
