import Base
import Sandbox

/// The help texts, made of the option tables.
enum Help {
    static let version = "0.1.0"
    private static let width = 80
    private static let column = 27

    /// The page that a bare `chatload` shows.
    static var overview: String {
        var text =
            "chatload: load tester for chat services\n\nUsage: chatload COMMAND [options]\n\n"
        text += "Commands:\n"
        for command in Command.allCases { text += entry(command.rawValue, command.summary) }
        text += "\nTry it; without --target an embedded sandbox stands in for the service:\n"
        text += "  chatload run workloads/support.jsonl\n"
        text += "\nchatload COMMAND --help lists a command's options.\n\n"
        text += exitCodes
        return text
    }

    /// The page of one command.
    static func page(for command: Command) -> String {
        let options = command.options
        let positional = options.filter { $0.kind == .positional }
        var text = "chatload \(command.rawValue): \(command.summary)\n\n"
        text += "Usage: chatload \(command.rawValue) [options]"
        text += positional.map { command == .serve ? " [\($0.placeholder)]" : " \($0.placeholder)" }
            .joined()
        text += "\n\n"
        for option in positional { text += entry(option.placeholder, option.help) }
        text += "\nOptions:\n"
        for option in options where option.kind != .positional {
            text += entry(label(option), meaning(of: option))
        }
        text += entry("-h, --help", "this page")
        if command == .serve { text += faults }
        text += "\nExamples:\n"
        for example in command.examples {
            text += "  \(example.line)\n      \(example.meaning)\n"
        }
        text += options.first { $0.kind == .single }.map(conventions) ?? ""
        return options.contains { $0.name == "target" } ? text + "\n" + paragraph(proxies) : text
    }

    /// What the environment has to do with targets.
    static let proxies =
        "Targets are reached through the proxy that HTTP_PROXY, or for https targets HTTPS_PROXY, or"
        + " else ALL_PROXY names (http://[USER:PASSWORD@]HOST:PORT); those that NO_PROXY lists are"
        + " not."

    /// The menu of the sandbox's faults.
    private static let faults =
        "\nFaults of --fault and of the request header X-Sandbox-Fault: NAME:\n"
        + InjectedFault.allCases.map { entry($0.rawValue, $0.meaning) }.joined()
        + entry(FaultRule.any, "each time another of these")

    /// How options are given, with one for an example.
    private static func conventions(_ example: OptionSpec) -> String {
        "\n"
            + paragraph(
                "Every option is also an environment variable (\(example.variable)) and a key of"
                    + " the --config file (\"\(example.name)\"); a flag beats the environment, which"
                    + " beats the file. Durations: 500ms, 30s, 5m, 1h30m; a bare number is seconds."
            )
    }

    private static let exitCodes = paragraph(
        "Exit codes: "
            + ExitCode.allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: "; ") + "."
    )

    private static func label(_ option: OptionSpec) -> String {
        let names = option.flags.joined(separator: ", ")
        return option.placeholder.isEmpty ? names : names + " " + option.placeholder
    }

    /// What an option does, whether it may be repeated, and its default.
    static func meaning(of option: OptionSpec) -> String {
        var text =
            option.help + (option.kind == .keyed || option.kind == .list ? " (repeatable)" : "")
        if let standard = option.defaultText {
            let words = standard.hasPrefix("(") ? String(standard.dropFirst().dropLast()) : standard
            text += " [\(words)]"
        }
        return text
    }

    /// A label and what it means, side by side.
    private static func entry(_ label: String, _ meaning: String) -> String {
        let lines = TextLayout.wrap(meaning, columns: width - column)
        let fits = label.count + 4 <= column
        var text = "  " + label
        if fits { text += String(repeating: " ", count: column - 2 - label.count) }
        for (place, line) in lines.enumerated() {
            if place > 0 || !fits { text += "\n" + String(repeating: " ", count: column) }
            text += line
        }
        return text + "\n"
    }

    private static func paragraph(_ text: String) -> String {
        TextLayout.wrap(text, columns: width).joined(separator: "\n") + "\n"
    }
}
