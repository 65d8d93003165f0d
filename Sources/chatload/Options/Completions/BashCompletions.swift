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
        let faces = command.flaggedFaces.filter { $0.kind != .toggle }
        let values = faces.filter { $0.completion != .path }.map { face in
            "        \(face.flags.joined(separator: "|"))) \(suggest(face.completion)) return ;;\n"
        }
        let paths = faces.filter { $0.completion == .path }.flatMap(\.flags)
        let flags = (command.flaggedFaces.flatMap(\.flags) + ["--help"]).joined(separator: " ")
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
