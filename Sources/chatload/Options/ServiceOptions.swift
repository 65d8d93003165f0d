import Base
import ChatloadKit
import Networking

/// Service options: which service, where, and with which parameters and headers, as typed.
struct ServiceOptions: OptionSubject, Sendable {
    /// A built-in one, or, until it is read, what a file describes.
    var name = ServiceName.builtIn(.stammer)
    var description = ServiceDescription.stammer
    /// What is unwise about the description in a file.
    var warnings: [Fault] = []
    /// nil for the embedded sandbox.
    var target: String?
    var parameters = Keyed<String>()
    var headers = Keyed<String>()
    /// The most tokens of a reply.
    var lengthLimit: CountModel?
    /// Whether replies are to have that length exactly.
    var pinsLength = false
    /// Whether replies are to come in pieces, or are not.
    var (isStreamed, isWhole) = (false, false)
    /// What is sent back of the conversation, and how much of it at most.
    var history: HistorySettings.Source?
    var historyLimit: HistorySettings.Limit?

    static let (serviceName, targetName) = ("service", "target")
    static let (setName, headerName) = ("set", "header")
    /// What precedes a member of the body in `--set`.
    static let bodyPrefix = "body."
    static let (lengthName, pinName) = ("max-tokens", "pin-length")
    static let (streamName, wholeName) = ("stream", "no-stream")
    static let (historyName, historyLimitName) = ("history", "history-limit")

    static let rows: [OptionRow<Self>] = options(
        of: .playing, .whatIsSent, as: .untold,
        .value(
            [serviceName], "NAME|FILE", .service, into: \.name, default: "stammer",
            "the chat service's dialect: \(listed(Services.names, "or")), or a file that describes"
                + " it, such as ./acme.json; to be named with --target"
        ),
        .value(
            [targetName], "URL", .text, into: \.target, default: "(the embedded sandbox)",
            "base URL of the service"),
        .keyed(
            [setName], "K=V", .setting, into: \.parameters,
            "a parameter of the service, or body.NAME for a member of what is said, JSON if it is"
                + " such (nothing after = takes it out); a secret as env:NAME or file:PATH"
        )
        .of(.playing, .whatIsSent),
        .value(
            [lengthName], "N|SPEC", .some(of: .lengths), into: \.lengthLimit,
            "the most tokens of a reply, where the service can be told: 128, or drawn for each turn"
                + " from uniform:50,200, lognormal:MEDIAN,SIGMA or exponential:MEAN"
        )
        .of(.playing, .whatIsSent),
        .toggle(
            [pinName], into: \.pinsLength,
            "make replies as long as they may be, where the service can"
        )
        .of(.playing, .whatIsSent),
        .toggle(
            [streamName], into: \.isStreamed,
            "ask for replies in pieces, where the service has both"
        )
        .of(.playing, .whatIsSent),
        .toggle(
            [wholeName], into: \.isWhole, "ask for replies in one piece, where the service has both"
        )
        .of(.playing, .whatIsSent),
        .value(
            [historyName], "WHICH", .choice("history"), into: \.history,
            default: "(live)",
            "what services without a memory are sent of the conversation: the bot's live answers, the"
                + " recorded ones, or none of it"
        )
        .of(.playing, .whatIsSent),
        .value(
            [historyLimitName], "20turns|8000tokens", .historyLimit, into: \.historyLimit,
            default: "(all)",
            "how much of the conversation they are sent at most; the oldest turns are dropped first"
        )
        .of(.playing, .whatIsSent),
        .keyed(
            ["H", headerName], "'K: V'", .header, into: \.headers, separator: ": ",
            "an extra request header; a secret as env:NAME or file:PATH"
        )
        .of(.playing, .whatIsSent))

    /// How long replies may be, where that is drawn for each turn; nil where it is not.
    var drawnLength: CountModel? {
        if case .fixed = lengthLimit { return nil }
        return lengthLimit
    }

    /// Makes sure that the service is named where it is not the sandbox's: what is spoken to a target
    /// is no matter of a default.
    static func checkName(in given: OptionSources) throws(Fault) {
        guard let place = given.given(targetName)?.place, let guess = given.guessedService else {
            return
        }
        let known =
            Services.names.joined(separator: ", ") + ", and files that describe others;"
            + " chatload service list tells of them"
        let names = listed(guess.names, "or")
        var fault = Fault(
            "which service is there? name it with --service", at: place,
            hint: (names.isEmpty ? "" : "by its path it is \(names); ") + "there are \(known)")
        fault.command = guess.flags?.commandLine(of: given.command, in: given.surroundings)
        throw fault
    }

    /// Reads the description of the service, where a file has it; complaints about it are at its own
    /// lines.
    mutating func readDescription(
        at place: Fault.Place?, in surroundings: ProcessEnvironment
    ) throws(Fault) {
        switch name {
        case .builtIn(let service): description = service
        case .file(let path):
            let bytes = try surroundings.text(
                in: path, namedAt: place ?? .flag("--" + Self.serviceName),
                as: "the description ")
            let review = ServiceFileReview.of(bytes, path: path)
            description = try review.service()
            warnings = review.warnings
        }
    }

    /// The service, its settings checked, and the credentials in a file to use it with. With
    /// credentials, the service is the first one's: what each of them brings need not be given for
    /// the run.
    func service(
        at target: Target?, credentials path: String?, in surroundings: ProcessEnvironment
    ) throws(Fault) -> (service: any ChatService, credentials: [Credential]) {
        let prefix = target?.pathPrefix ?? ""
        let headers = try resolvedHeaders(in: surroundings)
        let parameters = try resolvedParameters(in: surroundings)
        let members = try bodyMembers(in: surroundings)
        _ = try keptHistory()
        var credentials: [Credential] = []
        if let path {
            let file = CredentialFile(
                path: path, service: description, surroundings: surroundings)
            credentials = try file.entries().map { (entry) throws(Fault) in
                Credential(
                    label: entry.label,
                    service: try service(
                        parameters.merging(entry.parameters) { $1 }, members, prefix, headers,
                        of: entry.label))
            }
        }
        if let first = credentials.first { return (first.service, credentials) }
        return (try service(parameters, members, prefix, headers, of: nil), [])
    }

    private func service(
        _ parameters: [String: String], _ members: BodyMembers, _ pathPrefix: String,
        _ headers: [HeaderField], of credential: String?
    ) throws(Fault) -> any ChatService {
        do {
            return try description.configured(
                parameters, pathPrefix: pathPrefix, extraHeaders: headers,
                inSandbox: target == nil, bodyMembers: members.members,
                hiddenValues: members.secrets, history: keptHistory())
        } catch {
            let owner = credential.map { "credential \(Printable.quoted($0)): " } ?? ""
            // What was not typed came by a reference, perhaps a mistaken one, and may be a secret.
            let typed = self.parameters.entries.map(\.value)
            let secrets = Secrets(
                parameters.values.filter { !typed.contains($0) } + members.secrets)
            throw Fault(owner + secrets.mask(error.message), hint: error.hint)
        }
    }
}

/// How a service is named: by its own name, or by the file that describes it.
enum ServiceName: Sendable {
    case builtIn(ServiceDescription)
    case file(String)
}

extension Reader where Value == ServiceName {
    /// The name of a service, or the path of a file: what has a slash, or ends like one.
    static var service: Reader {
        let known = Reader<ServiceDescription>.choice(
            "service", of: Services.all.map { ($0.name, $0) })
        return Reader(choices: known.choices) { (text) throws(Fault) in
            if text.contains("/") || text.hasSuffix(".json") { return .file(text) }
            return .builtIn(try known.read(text))
        }
    }
}

extension OptionSources {
    /// Where there is a target and no service is named: the services whose paths the target ends with,
    /// and the flags that name the one, where it is one; nil elsewhere.
    var guessedService: (names: [String], flags: [OptionValue]?)? {
        guard given(ServiceOptions.serviceName) == nil,
            let text = given(ServiceOptions.targetName)?.text,
            // What is wrong with a target is told when it is used.
            var base = try? Target(parsing: text)
        else { return nil }
        let guesses = Services.all.compactMap { service in
            service.reached(by: base.pathPrefix).map { (name: service.name, place: $0) }
        }
        guard let guess = guesses.first, guesses.count == 1 else {
            return (guesses.map(\.name), nil)
        }
        base.pathPrefix = guess.place.prefix
        let parameters = guess.place.parameters.map { (ServiceOptions.setName, "\($0)=\($1)") }
        let added = [
            (ServiceOptions.serviceName, guess.name), (ServiceOptions.targetName, "\(base)"),
        ]
        let others = flags.filter { $0.option != ServiceOptions.targetName }
        return (
            [guess.name],
            others
                + (added + parameters).map {
                    OptionValue(option: $0, text: $1, place: .flag("--" + $0))
                }
        )
    }
}
