package import Base
package import Networking

/// A description of a chat service: its name, its parameters, its steps and limits, and how to make
/// it. Everything that is asked about a service without speaking to it is asked here.
///
/// An object, since each turn asks and would copy it.
package final class ServiceDescription: Sendable {
    /// The name in `--service`, logs and reports.
    package let name: String
    /// One line about it.
    package let summary: String
    /// The parameters, in the order they are shown.
    package let parameters: [ServiceParameter]
    /// Whether it can be told how many tokens a reply may have.
    let takesLength: Bool
    /// The exchanges it knows, first the one that says something. A position here is the step's
    /// number in the tables of a run.
    package let steps: [StepDescription]
    /// Whether a turn can be taken before the reply to the one before it is there: each response
    /// brings its own reply.
    package let allowsOverlap: Bool
    /// The most characters of a text that is said, counted as Unicode scalars; nil without a limit.
    package let textLimit: Int?
    /// The most bytes of such a text as UTF-8; nil without a limit.
    let byteLimit: Int?
    /// The file that describes it; nil where none does.
    let file: ServiceFile?
    /// The path below which all of it lives, without a slash at its end; a segment between braces is
    /// the value of a parameter.
    let path: String
    /// Makes the service with settings that fit the parameters; throws what is wrong with them.
    let make: @Sendable (ServiceSetup) throws(Fault) -> any ChatService

    init(
        name: String, summary: String, path: String, parameters: [ServiceParameter],
        steps: [StepDescription] = [StepDescription("say")], allowsOverlap: Bool = true,
        textLimit: Int? = nil, byteLimit: Int? = nil, file: ServiceFile? = nil,
        make: @escaping @Sendable (ServiceSetup) throws(Fault) -> any ChatService
    ) {
        (self.name, self.summary, self.path) = (name, summary, path)
        self.parameters = parameters
        takesLength = parameters.contains {
            $0.name == ServiceParameter.lengthName
                || $0.aliases.contains(ServiceParameter.lengthName)
        }
        (self.steps, self.allowsOverlap, self.textLimit) = (steps, allowsOverlap, textLimit)
        (self.byteLimit, self.file) = (byteLimit, file)
        self.make = make
    }

    /// The service with these settings. Against the sandbox, required parameters that are not given
    /// get the sandbox's values.
    ///
    /// - Parameter pathPrefix: the target's path, before every path of the service.
    /// - Throws: what is wrong with the settings, the prefix or the headers.
    package func configured(
        _ given: [String: String] = [:], pathPrefix: String = "",
        extraHeaders: [HeaderField] = [], inSandbox: Bool = false,
        bodyMembers: [(name: String, json: [UInt8]?)] = [], hiddenValues: [String] = [],
        history: HistorySettings = HistorySettings()
    ) throws(Fault) -> any ChatService {
        var settings = try ServiceSettings(given, for: self, inSandbox: inSandbox)
        (settings.bodyMembers, settings.history) = (bodyMembers, history)
        settings.hiddenValues = hiddenValues
        return try make(
            ServiceSetup(
                settings,
                at: ServiceAddress(pathPrefix: pathPrefix, extraHeaders: extraHeaders, for: self)))
    }

    /// What precedes this service's own path in a target's path, and the parameters that stand in it
    /// with other values than their defaults; nil where its path is not there.
    package func reached(by targetPath: String) -> (prefix: String, parameters: [String: String])? {
        let parts = targetPath.split(separator: "/")
        let own = path.split(separator: "/")
        func parameter(_ segment: Substring) -> ServiceParameter? {
            parameters.first { "{\($0.name)}" == segment }
        }
        let fixed = own.drop { parameter($0) != nil }
        for own in [own[...], fixed] where own.count <= parts.count {
            for start in 0...(parts.count - own.count) {
                let pairs = zip(own, parts[start...])
                guard pairs.allSatisfy({ $0 == $1 || parameter($0) != nil }) else { continue }
                var values: [String: String] = [:]
                for (segment, text) in pairs {
                    guard let parameter = parameter(segment), text != parameter.defaultValue ?? ""
                    else { continue }
                    values[parameter.name] = String(text)
                }
                return (parts[..<start].map { "/" + $0 }.joined(), values)
            }
        }
        return nil
    }

    /// The step called `name`; nil where there is none.
    func step(named name: String) -> ServiceStep? {
        steps.firstIndex { $0.name == name }.map(ServiceStep.init)
    }

    /// The step that fetches the reply to what was said, where that takes more than one exchange.
    var poll: ServiceStep? { steps.firstIndex(where: \.isPoll).map(ServiceStep.init) }

    /// The parameter with a role; nil where none has it.
    package func parameter(for role: ServiceParameter.Role) -> ServiceParameter? {
        parameters.first { $0.role == role }
    }

    /// The parameter that a conversation's system prompt goes into; nil when the service takes none.
    package var systemParameter: String? { parameter(for: .system)?.name }
}

extension ServiceDescription {
    /// What is wrong with a turn by this description alone (an operation that the service does not
    /// have, attachments where none can go, a text too long), with a suggestion; nil when nothing is.
    func objection(to turn: Turn) -> String? {
        switch turn.action {
        case .say(let text):
            return objection(toAttachments: turn.attachments, of: steps[0])
                ?? objection(toText: text)
        case .call(let operation):
            guard let step = step(named: operation), self[step].isCallable else {
                return objection(toCall: operation)
            }
            return objection(toAttachments: turn.attachments, of: self[step])
        }
    }

    /// A step by its position.
    package subscript(step: ServiceStep) -> StepDescription { steps[step.index] }

    private func objection(toText text: String) -> String? {
        if let byteLimit, text.utf8.count > byteLimit {
            return "the text has \(text.utf8.count) bytes and \(name) takes at most \(byteLimit); "
                + "shorten it or split it into several turns"
        }
        guard let textLimit, text.utf8.count > textLimit else { return nil }
        let count = text.unicodeScalars.count
        guard count > textLimit else { return nil }
        return "the text has \(count) characters and \(name) takes at most \(textLimit); "
            + "shorten it or split it into several turns"
    }

    private func objection(toCall operation: String) -> String {
        let names = steps.filter(\.isCallable).map(\.name)
        if names.isEmpty { return "\(name) has no operation \(operation); it has only say" }
        let advice =
            nearestName(to: operation, among: names).map { "did you mean \($0)?" }
            ?? "it has \(names.joined(separator: ", "))"
        return "\(name) cannot be called for \(operation); \(advice)"
    }

    private func objection(toAttachments paths: [String], of step: StepDescription) -> String? {
        if paths.isEmpty {
            return step.attachments == .required
                ? "\(step.name) needs something to upload; add attach" : nil
        }
        if step.attachments != .none { return nil }
        let takers = steps.filter { $0.attachments != .none }.map(\.name)
        if takers.isEmpty { return "\(name) takes no attachments; remove attach" }
        return "only \(listed(takers, "and")) take attachments; remove attach"
    }

    /// What is wrong with parameters of a script whose values are not known yet.
    func objection(toNames names: some Sequence<String>) -> String? {
        for name in names.sorted() {
            let isNamed: (ServiceParameter) -> Bool = {
                $0.name == name || $0.aliases.contains(name)
            }
            guard let parameter = parameters.first(where: isNamed) else {
                if name == ServiceParameter.lengthName { continue }
                let nearest = nearestName(to: name, among: parameters.map(\.name)).map {
                    "; did you mean \($0)?"
                }
                return "\(name) is no parameter of the service" + (nearest ?? "")
            }
            if parameter.isSecret { return "\(name) is a secret and cannot stand in a script" }
        }
        return nil
    }
}

/// A step of a service, one of the kinds of exchange that it knows, by its position among them.
package struct ServiceStep: Hashable, Sendable {
    package let index: Int

    /// What says something: the first step of every service.
    package static let say = ServiceStep(0)

    init(_ index: Int) { self.index = index }
}

/// A description of one step.
package struct StepDescription: Sendable {
    /// Whether files can go along with a step.
    enum Attachments { case none, optional, required }

    /// The name in logs and reports, and in a script's `call`.
    package let name: String
    /// Whether carrying it out twice does no more than carrying it out once.
    let isRepeatable: Bool
    /// Whether a script may `call` it.
    package let isCallable: Bool
    /// Whether it fetches the reply to what was said before.
    let isPoll: Bool
    let attachments: Attachments

    init(
        _ name: String, isRepeatable: Bool = false, isCallable: Bool = false, isPoll: Bool = false,
        attachments: Attachments = .none
    ) {
        self.name = name
        self.isRepeatable = isRepeatable
        self.isCallable = isCallable
        self.isPoll = isPoll
        self.attachments = attachments
    }
}

/// The registry of services: a new one is its own file and a row here.
package enum Services {
    /// All services, in the order they are shown.
    package static let all: [ServiceDescription] =
        [.tamako, .botyard, .stammer] + BuiltInService.all

    /// The names of all services.
    package static var names: [String] { all.map(\.name) }

    /// The service called `name`; nil where there is none.
    package static func named(_ name: String) -> ServiceDescription? {
        all.first { $0.name == name }
    }

    /// The names of all services' steps, each once.
    package static let stepNames: [String] = {
        var names: [String] = []
        for name in all.flatMap({ $0.steps.map(\.name) }) where !names.contains(name) {
            names.append(name)
        }
        return names
    }()

    /// Whether some service has a step of this name that takes files along.
    static func takesAttachments(_ name: String) -> Bool {
        all.contains { service in
            service.steps.contains { $0.name == name && $0.attachments != .none }
        }
    }
}
