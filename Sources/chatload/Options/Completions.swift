/// The shells that completions are made for.
enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    /// The script that makes the shell complete command lines, made of the option tables.
    var completions: String {
        switch self {
        case .bash: BashCompletions.script
        case .zsh: ZshCompletions.script
        case .fish: FishCompletions.script
        }
    }
}

/// What may be typed where an option's value stands.
enum Completion: Equatable {
    case words([String])
    case path
    /// Anything: there is nothing to suggest.
    case text
}

extension OptionSpec {
    /// What may be typed as the option's value.
    var completion: Completion {
        if !choices.isEmpty { return .words(choices) }
        let word = placeholder.prefix { $0.isASCII && $0.isLetter }
        return Self.paths.contains(String(word)) ? .path : .text
    }

    /// The placeholders of values that are names of files or folders.
    private static let paths = ["FILE", "DIR", "WORKLOAD", "RUN", "BASE", "NEW"]

    /// The help up to its first comma, semicolon or colon, for the narrow column of a shell's list.
    var remark: String { String(help.prefix { !",;:".contains($0) }) }

    /// Whether it may be given more than once.
    var isRepeatable: Bool { kind == .list || kind == .keyed }
}

extension Command {
    /// The command's options, without its arguments.
    var namedOptions: [OptionSpec] { options.filter { $0.kind != .positional } }

    /// What may be typed where the command's arguments stand.
    var argumentCompletion: Completion {
        options.first { $0.kind == .positional }?.completion ?? .text
    }
}

extension String {
    /// The text between single quotes, as all three shells read it; in fish a backslash before a
    /// quote would count, which no text of ours has.
    var shellQuoted: String { "'" + replacing("'", with: #"'\''"#) + "'" }
}

/// Completions for bash.
enum BashCompletions {
    static var script: String {
        let commands = Command.allCases.map(\.rawValue).joined(separator: " ")
        return """
            # bash completion for chatload: source <(chatload completions bash)
            _chatload() {
                local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
                COMPREPLY=()
                # --name=value comes in three words.
                [[ $current == = ]] && current=
                [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}
                if ((COMP_CWORD == 1)); then
                    COMPREPLY=($(compgen -W '\(commands) help --help --version' -- "$current"))
                    return
                fi
                case ${COMP_WORDS[1]} in
            \(Command.allCases.map(section).joined(separator: "\n"))
                help) COMPREPLY=($(compgen -W '\(commands)' -- "$current")) ;;
                esac
            }
            complete -o filenames -F _chatload chatload

            """
    }

    /// What follows one command.
    private static func section(of command: Command) -> String {
        let options = command.namedOptions.filter { $0.kind != .toggle }
        let values = options.filter { $0.completion != .path }.map { option in
            "        \(option.flags.joined(separator: "|"))) \(suggest(option.completion)) return ;;\n"
        }
        let paths = options.filter { $0.completion == .path }.flatMap(\.flags)
        let flags = (command.namedOptions.flatMap(\.flags) + ["--help"]).joined(separator: " ")
        let path =
            paths.isEmpty
            ? "" : "        \(paths.joined(separator: "|"))) \(suggest(.path)) return ;;\n"
        return """
                \(command.rawValue))
                    case $before in
            \(values.joined() + path)        esac
                    if [[ $current == -* ]]; then
                        COMPREPLY=($(compgen -W '\(flags)' -- "$current"))
                    else
                        \(suggest(command.argumentCompletion))
                    fi
                    ;;
            """
    }

    /// The command that fills in what may be typed.
    private static func suggest(_ completion: Completion) -> String {
        switch completion {
        case .words(let words):
            "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"));"
        case .path: "compopt -o default; COMPREPLY=();"
        case .text: ":;"
        }
    }
}

/// Completions for zsh.
enum ZshCompletions {
    static var script: String {
        let commands = Command.allCases.map { command in
            "        " + "\(command.rawValue):\(escaped(command.summary))".shellQuoted
        }
        return """
            #compdef chatload
            # zsh completion for chatload: chatload completions zsh > "${fpath[1]}/_chatload"
            _chatload() {
                local -a commands
                commands=(
            \(commands.joined(separator: "\n"))
                )
                if ((CURRENT == 2)); then
                    _describe command commands
                    return
                fi
                local command=${words[2]}
                shift words
                ((CURRENT--))
                case $command in
            \(Command.allCases.map(section).joined(separator: "\n"))
                esac
            }
            if [[ ${funcstack[1]} == _chatload ]]; then _chatload "$@"; else compdef _chatload chatload; fi

            """
    }

    private static func section(of command: Command) -> String {
        var specs = command.namedOptions.flatMap(specs) + ["'(- *)--help[this page]'"]
        let action = action(command.argumentCompletion)
        specs.append("*:argument:\(action)".shellQuoted)
        let lines = specs.map { "            \($0)" }.joined(separator: " \\\n")
        return "    \(command.rawValue))\n        _arguments -s \\\n\(lines)\n        ;;"
    }

    /// An option's specifications, one a name. One that may come once excludes its other names.
    private static func specs(of option: OptionSpec) -> [String] {
        option.flags.map { flag in
            let others = option.isRepeatable ? "*" : "(\(option.flags.joined(separator: " ")))"
            let value = option.kind == .toggle ? "" : ":\(option.name):\(action(option.completion))"
            let joint = option.kind == .toggle ? "" : flag.hasPrefix("--") ? "=" : "+"
            return "\(others)\(flag)\(joint)[\(escaped(option.remark))]\(value)".shellQuoted
        }
    }

    private static func action(_ completion: Completion) -> String {
        switch completion {
        case .words(let words): "(\(words.joined(separator: " ")))"
        case .path: "_files"
        case .text: ""
        }
    }

    /// A description: brackets and colons end it unless they are escaped.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if "[]:\\".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}

/// Completions for fish.
enum FishCompletions {
    static var script: String {
        let commands = Command.allCases.map { command in
            "complete -c chatload -n __fish_use_subcommand -a \(command.rawValue)"
                + " -d \(command.summary.shellQuoted)\n"
        }
        return """
            # fish completion for chatload:
            # chatload completions fish > ~/.config/fish/completions/chatload.fish
            complete -c chatload -f

            """ + commands.joined() + Command.allCases.map(section).joined()
    }

    private static func section(of command: Command) -> String {
        let start =
            "complete -c chatload -n '__fish_seen_subcommand_from \(command.rawValue)'"
        let options = command.namedOptions.map { option in
            let names = option.names.map { $0.count == 1 ? " -s \($0)" : " -l \($0)" }.joined()
            return start + names + value(of: option) + " -d \(option.remark.shellQuoted)\n"
        }
        switch command.argumentCompletion {
        case .words(let words):
            return options.joined() + start + " -a '\(words.joined(separator: " "))'\n"
        case .path: return options.joined() + start + " -F\n"
        case .text: return options.joined()
        }
    }

    private static func value(of option: OptionSpec) -> String {
        if option.kind == .toggle { return "" }
        switch option.completion {
        case .words(let words): return " -x -a '\(words.joined(separator: " "))'"
        case .path: return " -r -F"
        case .text: return " -x"
        }
    }
}
