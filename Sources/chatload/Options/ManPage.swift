import Base
import Sandbox

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
