import Base
import ChatloadKit

/// Settings of `service`: what it is told to do.
struct ServiceActionSettings: OptionSubject, Sendable {
    var words: [String] = []

    static let rows: [OptionRow<Self>] = options(
        of: [.service], .thisProcess,
        .positional(
            "action", "ACTION…",
            Reader(choices: actions + Services.names) { $0 }, into: \.words,
            "list: the services and their parameters; show NAME: a built-in one's description, to"
                + " start from; check FILE…: what is wrong with descriptions; try FILE --say TEXT:"
                + " probe with the service that the file describes"))

    /// What is to be done; to try a service is a probe.
    enum Action: Sendable {
        case list
        /// Print the description of a built-in service.
        case show(String)
        /// Read the descriptions in these files.
        case check([String])
    }

    /// The words that say what.
    private static let actions = ["list", "show", "check", "try"]

    /// What the words mean.
    func action() throws(Fault) -> Action {
        guard let word = words.first else {
            throw Fault("does not say what to do", at: .argument, hint: Self.usage)
        }
        let rest = Array(words.dropFirst())
        switch word {
        case "list" where rest.isEmpty: return .list
        case "show" where rest.count == 1: return .show(rest[0])
        case "check" where !rest.isEmpty: return .check(rest)
        case "list", "show", "check":
            throw Fault(
                "'\(word)' is given \(rest.isEmpty ? "too little" : "too much")", at: .argument,
                hint: Self.usage)
        default:
            throw Fault(
                "unknown action \(Printable.quoted(word))", at: .argument,
                hint: nearestHint(for: word, among: Self.actions) ?? Self.usage)
        }
    }

    private static let usage =
        "write list, show NAME, check FILE, or try FILE --say TEXT with the options of probe"

    /// The arguments of the probe that tries a service.
    static func probe(trying arguments: ArraySlice<String>) throws(Fault) -> [String] {
        let command = Command.probe.rawValue
        if arguments.contains("--help") || arguments.contains("-h") { return [command, "--help"] }
        guard let service = arguments.first, !service.hasPrefix("-") else {
            throw Fault("'try' names no service", at: .argument, hint: usage)
        }
        return [command, "--" + ServiceOptions.serviceName, service] + arguments.dropFirst()
    }
}

/// `service`: what services there are, and what is wrong with descriptions of others.
func serviceCommand(
    _ action: ServiceActionSettings.Action, in surroundings: ProcessEnvironment,
    print: (String) -> Void
) throws(Fault) -> ExitCode {
    switch action {
    case .list: print(serviceList())
    case .show(let name):
        let service = try Fault.at(.argument) { () throws(Fault) in
            try Reader<ServiceDescription>.choice(
                "service", of: Services.all.map { ($0.name, $0) }
            ).read(name)
        }
        guard let source = service.source else {
            let described = Services.all.filter { $0.source != nil }.map(\.name)
            throw Fault(
                "\(name) has no description: it is part of the program", at: .argument,
                hint: "there are those of \(listed(described, "and"))")
        }
        print(String(decoding: source, as: UTF8.self) + (source.last == 0x0A ? "" : "\n"))
    case .check(let paths): try check(paths, in: surroundings, print)
    }
    return .ok
}

/// Reads descriptions, and says of each that it is good.
///
/// - Throws: the complaints about all of them.
private func check(
    _ paths: [String], in surroundings: ProcessEnvironment, _ print: (String) -> Void
) throws(Fault) {
    var complaints: [Fault] = []
    for path in paths {
        do throws(Fault) {
            let bytes = try surroundings.text(
                in: path, namedAt: .argument, as: "the description ")
            let review = ServiceFileReview.of(bytes, path: path)
            for warning in review.warnings { print("warning: \(warning)\n") }
            let service = try review.service()
            if let reason = review.unplayed {
                throw Fault(
                    reason, at: .file(path), hint: "nothing else is wrong with this description")
            }
            print("\(path): good: \(service.outline)\n")
        } catch {
            complaints += [error] + error.others
            complaints[complaints.count - 1 - error.others.count].others = []
        }
    }
    guard var first = complaints.first else { return }
    first.others = Array(complaints.dropFirst())
    throw first
}

/// The services with their parameters, as `service list` shows them.
private func serviceList() -> String {
    var lines: [TextLine] = []
    for service in Services.all {
        if !lines.isEmpty { lines.append(TextLine("")) }
        lines.append(TextLine("\(service.name): \(service.summary)"))
        for parameter in service.parameters {
            lines += TextLine.wrapped(
                parameter.remark, label: parameter.name, indent: parameterColumn)
        }
    }
    return TextLine.text(of: [lines], isColoured: false)
}

/// The column in which what parameters mean begins.
private let parameterColumn =
    2 + 2
    + (Services.all.flatMap(\.parameters).map(\.name.count).max() ?? 0)

extension ServiceParameter {
    /// What it means, and what is to be known to set it.
    fileprivate var remark: String {
        var text = help
        if kind != .text { text += "; \(kind.rawValue)" }
        if isSecret { text += "; secret: env:NAME or file:PATH" }
        if isRequired { text += "; required" }
        if let defaultValue { text += " [\(defaultValue)]" }
        return text
    }
}

extension ServiceDescription {
    /// What it holds, in half a line.
    fileprivate var outline: String {
        let (steps, settings) = (steps.map(\.name), parameters.map(\.name))
        return "\(name), which can \(listed(steps, "and"))"
            + (settings.isEmpty ? "" : "; --set \(settings.joined(separator: ", "))")
    }
}
