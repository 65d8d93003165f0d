import Base
import Networking

/// Plan of one request of a described service, compiled for its parameters: what is sent, with the
/// variables of the session left to fill in.
final class RequestPlan: Sendable {
    private enum Body: Sendable {
        case json(BodyTemplate)
        case form([(name: [UInt8], value: TextTemplate)])
        case text(TextTemplate)
        case empty
    }

    let step: ServiceStep
    let reply: ReplyPlan
    private let template: RequestTemplate
    /// The path, where it holds variables of the session.
    private let path: TextTemplate?
    /// What of the query holds them, names with their `=`, and whether there is more before it.
    private let query: [(name: [UInt8], value: TextTemplate)]
    private let hasQuery: Bool
    private let headers: [(name: String, value: TextTemplate)]
    private let body: Body?

    /// A plan of `request`.
    ///
    /// - Parameters:
    ///   - common: the headers of every request of the service.
    ///   - body: instead of the request's own.
    /// - Throws: a value that cannot stand where it belongs.
    init(
        _ request: ServiceRequest, as step: ServiceStep, common: [TemplateField],
        body: ServiceRequest.Body?, reply: ReplyPlan, _ setup: ServiceSetup,
        _ parameters: ParameterValues
    ) throws(Fault) {
        (self.step, self.reply) = (step, reply)
        let chosen = request.paths.first { $0.condition?.holds(parameters) ?? true }
        guard let path = TextTemplate(chosen?.parts ?? [], parameters, escaping: .path) else {
            throw Self.fault(setup, "the path of \(request.name) has a parameter without a value")
        }
        let fields = Self.fields(request.query, parameters, .percent)
        var target = ByteBuffer()
        let constant = path.constant.map { String(decoding: $0, as: UTF8.self) }
        target.append(setup.address.prefix(before: constant ?? ""))
        target.append(constant ?? "")
        self.path = constant == nil ? path : nil
        let fixed = constant == nil ? 0 : fields.prefix { $0.value.constant != nil }.count
        for (place, field) in fields.prefix(fixed).enumerated() {
            target.append(place == 0 ? "?" : "&")
            target.append(field.name)
            target.append(field.value.constant ?? [])
        }
        (query, hasQuery) = (Array(fields.dropFirst(fixed)), fixed > 0)
        let heads = Self.headers(common + request.headers, parameters)
        for header in heads.fixed where !header.isValid {
            throw Self.fault(setup, "the header \(header.name) has a value that cannot stand in it")
        }
        // A server may wait for the body of such a request until it is told that there is none.
        let mayHaveBody = ["POST", "PUT", "PATCH"].contains(request.method)
        self.body = body.map { Self.body($0, parameters) } ?? (mayHaveBody ? .empty : nil)
        let type = body.map { HeaderField("Content-Type", $0.mediaType) }
        let own = ([type].compactMap(\.self) + heads.fixed).sortedTypeLast()
        template = RequestTemplate(
            method: request.method, target: target.text, headers: setup.address.headers(own))
        headers = heads.open.filter { open in
            !setup.address.extraHeaders.contains { $0.isNamed(open.name) }
        }
    }

    /// Appends the request.
    ///
    /// - Parameters:
    ///   - text: what is said.
    ///   - system: the system's message, as it is written among others.
    func append(
        to buffer: inout ByteBuffer, _ values: SessionValues, text: String, system: [UInt8],
        over transport: any ChatTransport
    ) {
        let utf8 = text.utf8
        let text = utf8.span
        template.begin(&buffer)
        path?.append(to: &buffer, values, text: text)
        appendQuery(to: &buffer, values, text)
        template.endTarget(&buffer, host: transport.host, cookies: transport.cookies)
        for index in headers.indices where values.has(headers[index].value.captures) {
            buffer.append(headers[index].name)
            buffer.append(": ")
            headers[index].value.append(to: &buffer, values, text: text)
            buffer.append("\r\n")
        }
        guard let body else { return template.endHead(&buffer) }
        let mark = template.beginBody(&buffer)
        switch body {
        case .json(let json): json.append(to: &buffer, values, system: system, text: text)
        case .text(let template): template.append(to: &buffer, values, text: text)
        case .form(let fields):
            var isFirst = true
            for (name, value) in fields where values.has(value.captures) {
                if !isFirst { buffer.append("&") }
                isFirst = false
                buffer.append(name)
                value.append(to: &buffer, values, text: text)
            }
        case .empty: break
        }
        template.endBody(&buffer, since: mark)
    }

    private func appendQuery(
        to buffer: inout ByteBuffer, _ values: SessionValues, _ text: Span<UInt8>
    ) {
        var hasQuery = hasQuery
        for index in query.indices where values.has(query[index].value.captures) {
            buffer.append(hasQuery ? "&" : "?")
            hasQuery = true
            buffer.append(query[index].name)
            query[index].value.append(to: &buffer, values, text: text)
        }
    }

    private static func fault(_ setup: ServiceSetup, _ problem: String) -> Fault {
        Fault("\(setup.description.name): \(problem)", hint: "see --set")
    }
}

/// Compiling.
extension RequestPlan {
    /// Those of the fields that are there, names percent-encoded with their `=`.
    private static func fields(
        _ fields: [TemplateField], _ parameters: ParameterValues,
        _ escaping: TextTemplate.Escaping
    ) -> [(name: [UInt8], value: TextTemplate)] {
        fields.filter { $0.condition?.holds(parameters) ?? true }.compactMap { field in
            guard let value = TextTemplate(field.value, parameters, escaping: escaping) else {
                return nil
            }
            var name = ByteBuffer()
            name.append(percentEncoded: field.name)
            name.append("=")
            return (name.bytes, value)
        }
    }

    /// The headers whose values are known, and those whose are not; the later one of a name counts.
    private static func headers(
        _ fields: [TemplateField], _ parameters: ParameterValues
    ) -> (fixed: [HeaderField], open: [(name: String, value: TextTemplate)]) {
        var fixed: [HeaderField] = []
        var open: [(name: String, value: TextTemplate)] = []
        for field in fields where field.condition?.holds(parameters) ?? true {
            guard let value = TextTemplate(field.value, parameters, escaping: .none) else {
                continue
            }
            fixed.removeAll { $0.isNamed(field.name) }
            open.removeAll { HeaderField($0.name, "").isNamed(field.name) }
            if let constant = value.constant {
                fixed.append(HeaderField(field.name, String(decoding: constant, as: UTF8.self)))
            } else if let value = TextTemplate(field.value, parameters, escaping: .header) {
                open.append((field.name, value))
            }
        }
        return (fixed, open)
    }

    private static func body(_ body: ServiceRequest.Body, _ parameters: ParameterValues) -> Body {
        switch body {
        case .json(let value): .json(BodyTemplate(value, parameters))
        case .form(let list): .form(fields(list, parameters, .percent))
        case .text(let parts):
            TextTemplate(parts, parameters, escaping: .none).map { .text($0) } ?? .empty
        }
    }
}

extension ParameterCondition {
    /// Whether the parameter is as it should be.
    fileprivate func holds(_ parameters: ParameterValues) -> Bool {
        parameters.isSet(parameter) == isSet
    }
}

extension ServiceRequest.Body {
    fileprivate var mediaType: String {
        switch self {
        case .json: "application/json"
        case .form: "application/x-www-form-urlencoded"
        case .text: "text/plain; charset=utf-8"
        }
    }
}

/// Members of the body that `--set body.NAME=VALUE` gives.
extension ServiceRequest {
    /// The body with other members: those with a value added, or put in the place of one that is there,
    /// those without taken out.
    ///
    /// - Throws: that it is no JSON object, that what is said would not be in it any more, or that it
    ///   would ask for several replies at once.
    func body(
        setting members: [(name: String, json: [UInt8]?)], _ parameters: ParameterValues,
        of service: String
    ) throws(Fault) -> Body {
        guard case .json(.object(var own)) = body else {
            throw Fault(
                "\(service): its requests have no members that --set body. could change",
                hint: "leave them out")
        }
        for (name, json) in members {
            let place = own.firstIndex {
                let template = TextTemplate($0.name, parameters, escaping: .none)
                return template?.constant == Array(name.utf8)
            }
            if let place, own[place].value.uses(.text) || own[place].value.uses(.messages) {
                throw Fault(
                    "--set body.\(name): in \(service) this holds what is said",
                    hint: "leave it out; what is said stands in the script")
            }
            if let json, asksForSeveral(name, json) {
                throw Fault(
                    "--set body.\(name): this asks for several replies at once, and figures are of"
                        + " one",
                    hint: "leave it out, and use more users (-c) for more replies")
            }
            switch (json, place) {
            case (let json?, let place?): own[place].value = .json(json)
            case (let json?, nil): own.append(([.text(name)], .json(json)))
            case (nil, let place?): own.remove(at: place)
            case (nil, nil): break
            }
        }
        return .json(.object(own))
    }

    /// Whether a member has a number above 1 where the description says that it would.
    private func asksForSeveral(_ name: String, _ json: [UInt8]) -> Bool {
        if repliesAsked.isEmpty { return false }
        var document = ByteBuffer()
        document.append("{")
        document.append(jsonString: name)
        document.append(":")
        document.append(json)
        document.append("}")
        var isSeveral = false
        try? JSONFields(repliesAsked).read(document.bytes.span) { _, token, range in
            guard case .number = token else { return }
            let number = Double(String(decoding: document.bytes[range], as: UTF8.self))
            isSeveral = isSeveral || number.map { $0 > 1 } ?? false
        }
        return isSeveral
    }
}

extension ServiceAddress {
    /// The path before another one, of which the target may name the beginning, or all, already.
    func prefix(before path: String) -> String {
        let (parts, own) = (pathPrefix.split(separator: "/"), path.split(separator: "/"))
        for count in stride(from: min(parts.count, own.count), to: 0, by: -1)
        where parts.suffix(count).elementsEqual(own.prefix(count)) {
            return parts.dropLast(count).map { "/" + $0 }.joined()
        }
        return pathPrefix
    }
}

extension [HeaderField] {
    /// The fields, that of the body's type behind the others unless it is among them.
    fileprivate func sortedTypeLast() -> [HeaderField] {
        guard let type = first, type.isNamed("Content-Type") else { return self }
        let others = Array(dropFirst())
        return others.contains { $0.isNamed("Content-Type") } ? others : others + [type]
    }
}
