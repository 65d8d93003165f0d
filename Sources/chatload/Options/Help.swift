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

/// The manual page, `chatload(1)`, made of the option tables, in the man macros that every roff
/// knows.
extension Help {
    static var manual: String {
        var page = ".TH CHATLOAD 1 \"\" \"chatload \(version)\" \"User Commands\"\n"
        page +=
            ".SH NAME\n\(escaped("chatload - load tester and batch replayer for chat services"))\n"
        page += ".SH SYNOPSIS\n"
        page += Command.allCases.map(synopsis).joined(separator: ".br\n")
        page += ".SH DESCRIPTION\n" + escaped(description) + "\n"
        for command in Command.allCases { page += section(command) }
        page += ".SH EXIT STATUS\n"
        for code in ExitCode.allCases {
            page += ".TP\n.B \(code.rawValue)\n\(escaped(code.meaning))\n"
        }
        page +=
            ".SH ENVIRONMENT\n" + escaped(environment) + "\n.PP\n" + escaped(proxies) + "\n"
        return page
    }

    private static let description = """
        chatload plays conversation scripts against a chat service with simulated users, measures \
        every exchange and reports latencies and errors. Without a target it starts a sandbox that \
        imitates the service.
        """

    private static let environment = """
        Every option is also an environment variable, CHATLOAD_ and its long name in capitals with \
        underscores, and a key of the file given with --config. A flag beats the environment, which \
        beats the file. NO_COLOR turns colours off.
        """

    private static func synopsis(_ command: Command) -> String {
        let arguments = command.options.filter { $0.kind == .positional }.map(\.placeholder)
        return ".B chatload \(command.rawValue)\n"
            + escaped((["[options]"] + arguments).joined(separator: " ")) + "\n"
    }

    private static func section(_ command: Command) -> String {
        var text = ".SH \(command.rawValue.uppercased())\n"
        let summary = command.summary
        text += escaped(summary.prefix(1).uppercased() + summary.dropFirst() + ".") + "\n"
        for option in command.options {
            let names = option.kind == .positional ? [] : option.flags
            let label = names.map { "\\fB\(escaped($0))\\fR" }.joined(separator: ", ")
            let value = option.placeholder.isEmpty ? "" : "\\fI\(escaped(option.placeholder))\\fR"
            text += ".TP\n" + [label, value].filter { !$0.isEmpty }.joined(separator: " ")
            text += "\n\(escaped(meaning(of: option)))\n"
        }
        if command == .serve { text += faultList }
        for example in command.examples {
            text += ".PP\n\(escaped(example.meaning)):\n.PP\n.nf\n.RS\n"
            text += example.line.split(separator: "\n").map { escaped(String($0)) + "\n" }.joined()
            text += ".RE\n.fi\n"
        }
        return text
    }

    /// The menu of the sandbox's faults.
    private static let faultList =
        ".PP\nFaults of \\fB\\-\\-fault\\fR and of the request header X\\-Sandbox\\-Fault:\n"
        + InjectedFault.allCases.map { ".TP\n.B \(escaped($0.rawValue))\n\(escaped($0.meaning))\n" }
        .joined()

    /// Text as roff takes it literally: backslashes and hyphens are its own otherwise, and so is a
    /// dot or a quote that begins a line.
    static func escaped(_ text: String) -> String {
        var result = text.first.map { ".'".contains($0) } == true ? "\\&" : ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "…": result += "\\&..."
            default: result.append(character)
            }
        }
        return result
    }
}
