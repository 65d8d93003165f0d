import Base
import ChatloadKit

/// The arguments after the command's name, taken apart.
struct Arguments: Sendable {
    var given: [OptionValue] = []
    var wantsHelp = false
    var wantsVersion = false
    /// The words of other tools, for which `given` has what they are here.
    private(set) var synonyms: [(word: String, synonym: Synonym)] = []
    /// The option that has the arguments without a name from here on; the positional one at first.
    private var unnamed: String?

    /// Reads `--name=value`, `--name value`, `-n value`, `-nvalue` and positional arguments; `--`
    /// ends the options.
    init(_ arguments: [String], of command: Command) throws(Fault) {
        let options = command.options
        unnamed = options.first { $0.kind == .positional }?.name
        var rest = arguments[...]
        var onlyPositional = false
        while let argument = rest.popFirst() {
            if onlyPositional || argument == "-" || !argument.hasPrefix("-") {
                try addPositional(argument)
            } else if argument == "--" {
                onlyPositional = true
            } else if argument == "--help" || argument == "-h" {
                wantsHelp = true
            } else if argument == "--version" {
                wantsVersion = true
            } else {
                try addOption(argument, rest: &rest, command: command, options: options)
            }
        }
    }

    private mutating func addPositional(_ text: String) throws(Fault) {
        guard let option = unnamed else {
            throw Fault("unexpected argument \(Printable.quoted(text))")
        }
        given.append(OptionValue(option: option, text: text, place: .argument))
    }

    private mutating func addOption(
        _ argument: String, rest: inout ArraySlice<String>, command: Command, options: [OptionSpec]
    ) throws(Fault) {
        let (name, attached) = Self.split(argument)
        let flag = (argument.hasPrefix("--") ? "--" : "-") + name
        if addSynonym(
            argument, flag, attached, rest: &rest, command: command, options: options)
        {
            return
        }
        guard let option = options.first(where: { $0.isFlag(flag) }) else {
            throw Self.unknown(flag, command: command, options: options)
        }
        let place = Fault.Place.flag(flag)
        if option.takesRest { unnamed = option.name }
        if option.kind == .toggle {
            given.append(OptionValue(option: option.name, text: attached ?? "true", place: place))
        } else if let text = attached ?? rest.first,
            attached != nil || !Self.isFlag(text, of: options)
        {
            if attached == nil { rest.removeFirst() }
            given.append(OptionValue(option: option.name, text: text, place: place))
        } else {
            throw Fault("needs a value: \(flag) \(option.placeholder)", at: place)
        }
    }

    /// Takes what another tool's users type, with its value, and puts what it is here in its place;
    /// false where the word is none.
    private mutating func addSynonym(
        _ argument: String, _ flag: String, _ attached: String?, rest: inout ArraySlice<String>,
        command: Command, options: [OptionSpec]
    ) -> Bool {
        // Vegeta's options are whole words behind one hyphen.
        let whole = argument.split(separator: "=", maxSplits: 1).map(String.init)
        let ways = [(whole[0], whole.count > 1 ? whole[1] : nil), (flag, attached)]
        for (word, attached) in ways {
            let next = attached ?? rest.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
            guard let synonym = Synonym.meant(by: word, next ?? "", in: command) else { continue }
            synonyms.append((word, synonym))
            if synonym.takesValue, attached == nil, next != nil { rest.removeFirst() }
            let value = synonym.takesValue ? next ?? "VALUE" : "true"
            if let value = synonym.given(value, for: options) { given.append(value) }
            return true
        }
        return false
    }

    /// The name and the value written in the same word.
    private static func split(_ argument: String) -> (name: String, attached: String?) {
        if argument.hasPrefix("--") {
            let parts = argument.dropFirst(2)
                .split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
        }
        let name = String(argument.dropFirst().prefix(1))
        var attached = argument.dropFirst(2)
        if attached.first == "=" { attached = attached.dropFirst() }
        return (name, argument.count > 2 ? String(attached) : nil)
    }

    private static func isFlag(_ text: String, of options: [OptionSpec]) -> Bool {
        let name = String(text.prefix { $0 != "=" })
        return name.hasPrefix("--") && options.contains { $0.isFlag(name) }
    }

    /// Only the name is shown: what follows it may be a secret.
    private static func unknown(_ flag: String, command: Command, options: [OptionSpec]) -> Fault {
        let hint =
            parameterHint(for: flag)
            ?? Command.allCases.first { $0.options.contains { $0.isFlag(flag) } }
            .map { "\(flag) is an option of chatload \($0.rawValue)" }
            ?? (flag.count > 3 ? nearestHint(for: flag, among: options.flatMap(\.flags)) : nil)
            ?? "chatload \(command.rawValue) --help lists the options"
        return Fault("unknown option \(Printable.quoted(flag))", hint: hint)
    }

    /// What to write when a service's parameter was taken for an option.
    private static func parameterHint(for flag: String) -> String? {
        for service in Services.all {
            for parameter in service.parameters where "--\(parameter.name)" == flag {
                let value = parameter.isSecret ? "env:NAME" : "VALUE"
                return "it is a parameter of \(service.name): --set \(parameter.name)=\(value)"
            }
        }
        return nil
    }
}

/// The command line of these values.
extension [OptionValue] {
    /// The command with these options, as it is typed in a shell; what may be a secret is masked.
    func commandLine(of command: Command, in surroundings: ProcessEnvironment) -> String {
        var words: [String] = []
        var last: [String] = []
        for given in self {
            let text = given.shown(in: surroundings)
            guard case .flag(let flag) = given.place else {
                if text.hasPrefix("-"), text != "-" {
                    last.append(text)
                } else {
                    words.append(text)
                }
                continue
            }
            let isToggle = command.options.contains {
                $0.name == given.option && $0.kind == .toggle
            }
            if isToggle {
                words.append(text == "true" ? flag : "\(flag)=\(text)")
            } else if text.hasPrefix("-") {
                words.append("\(flag)=\(text)")
            } else {
                words += [flag, text]
            }
        }
        if !last.isEmpty { words += ["--"] + last }
        return (["chatload", command.rawValue] + words).map(\.shellWord).joined(separator: " ")
    }
}

extension OptionValue {
    /// The text as it may be shown: what may be a secret is masked, but where it is named by a
    /// reference.
    fileprivate func shown(in surroundings: ProcessEnvironment) -> String {
        switch option {
        case ServiceOptions.setName:
            guard let entry = try? Reader<Keyed<String>.Entry>.setting.read(text) else { break }
            let known = Services.all.flatMap(\.parameters).filter { $0.name == entry.key }
            if known.isEmpty, !Synonym.isParameter(entry.key) { break }
            let isShown = surroundings.canShow(
                entry.value, isSecret: known.contains(where: \.isSecret))
            return isShown ? text : "\(entry.key)=\(Secrets.mark)"
        case ServiceOptions.headerName:
            guard let entry = try? Reader<Keyed<String>.Entry>.header.read(text) else { break }
            let isSecret = Secrets.areIn(header: entry.key)
            let value = ServiceOptions.splitScheme(entry.value).rest
            let isShown = surroundings.canShow(value, isSecret: isSecret)
            return isShown ? text : "\(entry.key): \(Secrets.mark)"
        case ServiceOptions.targetName:
            if (try? Target(parsing: text)) != nil { return text }
        default: return text
        }
        return Secrets.mark
    }
}
