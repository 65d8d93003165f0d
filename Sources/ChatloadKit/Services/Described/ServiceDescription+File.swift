import Base

extension ServiceDescription {
    /// The description of a service that a file describes.
    convenience init(_ file: ServiceFile) {
        let first = file.stepOrder.first.map { file.requests[$0] }
        self.init(
            name: file.name, summary: file.about, path: first.map(file.path(of:)) ?? "",
            parameters: file.parameters,
            steps: file.stepOrder.map { StepDescription(file.requests[$0]) },
            allowsOverlap: !file.followsTurns, textLimit: file.characterLimit,
            byteLimit: file.byteLimit,
            file: file
        ) { (setup) throws(Fault) in
            if let reason = file.unplayed { throw Fault("\(file.name): \(reason)") }
            return try DescribedService(setup, file)
        }
    }
}

extension ServiceDescription {
    /// The file that describes the service, as it is; nil where none does.
    package var source: [UInt8]? { file?.source }

    /// Sixteen hexadecimal digits that are the same for the same description; nil without one.
    package var digest: String? {
        source.map { source in
            var hash = FNV1a()
            hash.add(words: source.span)
            return hash.digits
        }
    }
}

extension ServiceDescription {
    /// Whether the service remembers nothing: the client sends what was said before.
    package var keepsNoHistory: Bool {
        if case .client = file?.history { true } else { false }
    }

    /// Whether what is said is sent as a JSON object, whose members can be others.
    package var takesBodyMembers: Bool {
        guard let file, let first = file.stepOrder.first else { return false }
        if case .json(.object) = file.requests[first].body { return true }
        return false
    }
}

extension StepDescription {
    fileprivate init(_ request: ServiceRequest) {
        self.init(
            request.name, isRepeatable: request.isRepeatable, isCallable: request.isCallable,
            isPoll: request.poll != nil)
    }
}

extension ServiceFile {
    /// Whether a turn needs what came of the one before it, or what only one at a time can use.
    fileprivate var followsTurns: Bool {
        if case .client = history { return true }
        return !captures.isEmpty
            || requests.contains { $0.reply.form == .sse || $0.reply.form == .ndjson }
    }

    /// The places of the requests in the order of the service's steps: what says something first.
    var stepOrder: [Int] {
        guard case .requests(let said) = say, let first = said.first else {
            return Array(requests.indices)
        }
        return [first] + requests.indices.filter { $0 != first }
    }

    /// A request's path with the parameters in it between braces, but for those that bring slashes
    /// along, whose usual values are there.
    fileprivate func path(of request: ServiceRequest) -> String {
        let path = (request.paths.first?.parts ?? []).map { part in
            switch part {
            case .text(let text): text
            case .variable(.parameter(let place)) where parameters.indices.contains(place):
                if let usual = parameters[place].defaultValue, usual.contains("/") {
                    usual
                } else {
                    "{\(parameters[place].name)}"
                }
            case .variable: "{}"
            }
        }.joined()
        return String(path.reversed().drop { $0 == "/" }.reversed())
    }
}

extension ServiceReply {
    /// Whether it cannot be read without the values of parameters.
    var dependsOnParameters: Bool {
        let places =
            [
                text, reasoning, tool, error, rejected, exhausted, wait, promptTokens, replyTokens,
                cachedTokens, reasoningTokens, finish, others, overflow.map(\.place),
            ].joined()
        return places.contains(where: \.dependsOnParameters)
            || captures.contains {
                if case .place(let place) = $0.source { place.dependsOnParameters } else { false }
            }
            || {
                if case .place(let places) = end {
                    places.contains(where: \.dependsOnParameters)
                } else {
                    false
                }
            }()
    }

    /// A response that it would take for a reply.
    var placeholder: String {
        if form == .text { return "Hello! How can I help?" }
        var document = JSONSketch()
        func put(_ place: GuardedPlace, _ value: String) {
            let isWhole = place.isOfWhole || each == nil
            func absolute(_ path: JSONPath) -> JSONPath {
                isWhole ? path : each?.appending(path) ?? path
            }
            for condition in place.guards where !condition.isNegated {
                let json = condition.values.first.flatMap(\.json) ?? "null"
                document.set(absolute(condition.path), json)
            }
            document.set(absolute(place.path), value)
        }
        if let place = text.first { put(place, "\"Hello! How can I help?\"") }
        for (capture, source) in captures {
            if case .place(let place) = source { put(place, "\"captured-\(capture)\"") }
        }
        return document.text
    }
}

extension GuardedPlace {
    fileprivate var dependsOnParameters: Bool {
        guards.contains { condition in
            condition.values.contains {
                guard case .text(let parts) = $0 else { return false }
                return parts.contains {
                    if case .variable(let it) = $0 { it.isFixed } else { false }
                }
            }
        }
    }
}

extension GuardedPlace.Value {
    /// It as JSON; nil where it is a variable's.
    fileprivate var json: String? {
        switch self {
        case .literal(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .text(let parts):
            guard let text = TextTemplate(parts, ParameterValues(), escaping: .json)?.constant
            else {
                return nil
            }
            return "\"" + String(decoding: text, as: UTF8.self) + "\""
        }
    }
}
