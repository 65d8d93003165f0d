/// The shells that completions are made for.
enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    /// The script that makes the shell complete command lines, made of the option tables.
    var completions: String {
        switch self {
        case .bash: Self.bashScript
        case .zsh: Self.zshScript
        case .fish: Self.fishScript
        }
    }
}

extension OptionSpec {
    /// Whether its values are names of files or folders.
    var isPath: Bool {
        let word = placeholder.prefix { $0.isASCII && $0.isLetter }
        return choices.isEmpty
            && ["FILE", "DIR", "WORKLOAD", "RUN", "BASE", "NEW"].contains(word)
    }

    /// What a shell is told of its values: that they are these words, paths, or anything.
    func completion(words: (String) -> String, path: String, text: String) -> String {
        if isPath { return path }
        return choices.isEmpty ? text : words(choices.joined(separator: " "))
    }

    /// The help up to its first comma, semicolon or colon, for the narrow column of a shell's list.
    var remark: String { String(help.prefix { !",;:".contains($0) }) }
}

extension Command {
    /// The command's options, without its arguments.
    var namedOptions: [OptionSpec] { options.filter { $0.kind != .positional } }

    /// What its arguments are; nil where it has none.
    var argument: OptionSpec? { options.first { $0.kind == .positional } }
}

extension String {
    /// The text between single quotes, as all three shells read it; in fish a backslash before a
    /// quote would count, which no text of ours has.
    var shellQuoted: String { "'" + replacing("'", with: #"'\''"#) + "'" }
}

extension Shell {
    private static var bashScript: String {
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
            \(Command.allCases.map(bashSection).joined(separator: "\n"))
                help) COMPREPLY=($(compgen -W '\(commands)' -- "$current")) ;;
                esac
            }
            complete -o filenames -F _chatload chatload

            """
    }

    /// What follows one command.
    private static func bashSection(_ command: Command) -> String {
        let options = command.namedOptions.filter { $0.kind != .toggle }
        func line(_ flags: [String], _ option: OptionSpec) -> String {
            "        \(flags.joined(separator: "|"))) \(bashValues(option)) return ;;\n"
        }
        let values = options.filter { !$0.isPath }.map { line($0.flags, $0) }
        let paths = options.filter(\.isPath)
        let path = paths.first.map { line(paths.flatMap(\.flags), $0) } ?? ""
        let flags = (command.namedOptions.flatMap(\.flags) + ["--help"]).joined(separator: " ")
        return """
                \(command.rawValue))
                    case $before in
            \(values.joined() + path)        esac
                    if [[ $current == -* ]]; then
                        COMPREPLY=($(compgen -W '\(flags)' -- "$current"))
                    else
                        \(command.argument.map(bashValues) ?? ":;")
                    fi
                    ;;
            """
    }

    /// The command that fills in what may be typed.
    private static func bashValues(_ option: OptionSpec) -> String {
        option.completion(
            words: { "COMPREPLY=($(compgen -W '\($0)' -- \"$current\"));" },
            path: "compopt -o default; COMPREPLY=();", text: ":;")
    }
}

extension Shell {
    private static var zshScript: String {
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
            \(Command.allCases.map(zshSection).joined(separator: "\n"))
                esac
            }
            if [[ ${funcstack[1]} == _chatload ]]; then _chatload "$@"; else compdef _chatload chatload; fi

            """
    }

    private static func zshSection(_ command: Command) -> String {
        let argument = command.argument.map(zshValues) ?? ""
        let specs =
            command.namedOptions.flatMap(specs)
            + ["'(- *)--help[this page]'", "*:argument:\(argument)".shellQuoted]
        let lines = specs.map { "            \($0)" }.joined(separator: " \\\n")
        return "    \(command.rawValue))\n        _arguments -s \\\n\(lines)\n        ;;"
    }

    /// An option's specifications, one a name. One that may come once excludes its other names.
    private static func specs(of option: OptionSpec) -> [String] {
        option.flags.map { flag in
            let others = option.isMany ? "*" : "(\(option.flags.joined(separator: " ")))"
            let value = option.kind == .toggle ? "" : ":\(option.name):\(zshValues(option))"
            let joint = option.kind == .toggle ? "" : flag.hasPrefix("--") ? "=" : "+"
            return "\(others)\(flag)\(joint)[\(escaped(option.remark))]\(value)".shellQuoted
        }
    }

    private static func zshValues(_ option: OptionSpec) -> String {
        option.completion(words: { "(\($0))" }, path: "_files", text: "")
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

extension Shell {
    private static var fishScript: String {
        let commands = Command.allCases.map { command in
            "complete -c chatload -n __fish_use_subcommand -a \(command.rawValue)"
                + " -d \(command.summary.shellQuoted)\n"
        }
        return """
            # fish completion for chatload:
            # chatload completions fish > ~/.config/fish/completions/chatload.fish
            complete -c chatload -f

            """ + commands.joined() + Command.allCases.map(fishSection).joined()
    }

    private static func fishSection(_ command: Command) -> String {
        let start =
            "complete -c chatload -n '__fish_seen_subcommand_from \(command.rawValue)'"
        let options = command.namedOptions.map { option in
            let names = option.names.map { $0.count == 1 ? " -s \($0)" : " -l \($0)" }.joined()
            let value = option.completion(words: { " -x -a '\($0)'" }, path: " -r -F", text: " -x")
            return start + names + (option.kind == .toggle ? "" : value)
                + " -d \(option.remark.shellQuoted)\n"
        }
        let argument = command.argument.map { option in
            option.completion(
                words: { "\(start) -a '\($0)'\n" }, path: start + " -F\n", text: "")
        }
        return options.joined() + (argument ?? "")
    }
}
