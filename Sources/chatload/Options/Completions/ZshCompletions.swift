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
        var specs = command.flaggedFaces.flatMap(specs) + ["'(- *)--help[this page]'"]
        let action = action(command.argumentCompletion)
        specs.append("*:argument:\(action)".shellQuoted)
        let lines = specs.map { "            \($0)" }.joined(separator: " \\\n")
        return "    \(command.rawValue))\n        _arguments -s \\\n\(lines)\n        ;;"
    }

    /// An option's specifications, one a name. One that may come once excludes its other names.
    private static func specs(of face: OptionFace) -> [String] {
        face.flags.map { flag in
            let others = face.isRepeatable ? "*" : "(\(face.flags.joined(separator: " ")))"
            let value = face.kind == .toggle ? "" : ":\(face.name):\(action(face.completion))"
            let joint = face.kind == .toggle ? "" : flag.hasPrefix("--") ? "=" : "+"
            return "\(others)\(flag)\(joint)[\(escaped(face.remark))]\(value)".shellQuoted
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
