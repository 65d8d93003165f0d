import Base
import ChatloadKit

/// A value somebody gave for an option, and where.
struct OptionValue: Sendable {
    /// The option's name.
    var option: String
    var text: String
    var place: Fault.Place
}

/// The arguments after the command's name, taken apart.
struct Arguments: Sendable {
    var given: [OptionValue] = []
    var wantsHelp = false
    var wantsVersion = false
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

extension OptionSpec {
    /// Whether `flag`, hyphens included, is one of the option's names.
    fileprivate func isFlag(_ flag: String) -> Bool { kind != .positional && flags.contains(flag) }
}
