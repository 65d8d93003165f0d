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
        let options = command.flaggedFaces.map { face in
            let names = face.names.map { $0.count == 1 ? " -s \($0)" : " -l \($0)" }.joined()
            return start + names + value(of: face) + " -d \(face.remark.shellQuoted)\n"
        }
        switch command.argumentCompletion {
        case .words(let words):
            return options.joined() + start + " -a '\(words.joined(separator: " "))'\n"
        case .path: return options.joined() + start + " -F\n"
        case .text: return options.joined()
        }
    }

    private static func value(of face: OptionFace) -> String {
        if face.kind == .toggle { return "" }
        switch face.completion {
        case .words(let words): return " -x -a '\(words.joined(separator: " "))'"
        case .path: return " -r -F"
        case .text: return " -x"
        }
    }
}
