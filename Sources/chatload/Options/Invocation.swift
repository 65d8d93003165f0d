/// What a command line asks for.
enum Invocation: Sendable {
    /// The help of a command, or of the whole.
    case help(Command?)
    case version
    case run(RunSettings)
    case replay(RunSettings)
    case plan(RunSettings)
    case probe(RunSettings)
    case `import`(ImportSettings)
    case report(ReportSettings)
    case compare(CompareSettings)
    case serve(ServeSettings)
    case completions(Shell)
    case man

    /// Reads the arguments after the program's name. Precedence: flag, environment, configuration
    /// file, default.
    init(_ arguments: [String], in surroundings: Surroundings) throws(Complaint) {
        guard let first = arguments.first else {
            self = .help(nil)
            return
        }
        switch first {
        case "--help", "-h": self = .help(nil)
        case "--version": self = .version
        case "help": self = .help(try arguments.dropFirst().first.map(Self.command))
        default:
            let command = try Self.command(first)
            let parsed = try Arguments(Array(arguments.dropFirst()), of: command)
            if parsed.wantsHelp {
                self = .help(command)
            } else if parsed.wantsVersion {
                self = .version
            } else {
                self = try Self.settled(command, parsed.given, surroundings)
            }
        }
    }

    private static func settled(
        _ command: Command, _ flags: [Given], _ surroundings: Surroundings
    ) throws(Complaint) -> Invocation {
        var layers = try Layers(of: command, flags: flags, in: surroundings)
        func played(_ options: [OptionRow<RunSettings>]) throws(Complaint) -> RunSettings {
            var settings = try layers.settings(RunSettings(), options)
            settings.typed = layers.typed(of: options.map(\.face))
            return settings
        }
        switch command {
        case .run: return .run(try played(RunSettings.options))
        case .probe:
            var settings = try played(RunSettings.probeOptions)
            settings.probe.isOn = true
            return .probe(settings)
        case .plan:
            let settings = try played(RunSettings.planOptions)
            guard settings.replay.isImplied else { return .plan(settings) }
            var replay = try played(RunSettings.replayPlanOptions)
            replay.replay.isOn = true
            return .plan(replay)
        case .replay:
            var settings = try played(RunSettings.replayOptions)
            if let folder = settings.replay.resumes {
                let stored = try ResumedSettings(folder: folder)
                layers = Layers(flags: flags, over: stored.given(for: command.faces))
                settings = try played(RunSettings.replayOptions)
                settings.replay.resumes = folder
            }
            settings.replay.isOn = true
            return .replay(settings)
        case .import: return .import(try layers.settings(ImportSettings(), ImportSettings.options))
        case .report: return .report(try layers.settings(ReportSettings(), ReportSettings.options))
        case .compare:
            return .compare(try layers.settings(CompareSettings(), CompareSettings.options))
        case .serve: return .serve(try layers.settings(ServeSettings(), ServeSettings.options))
        case .completions:
            return .completions(
                try layers.settings(CompletionSettings(), CompletionSettings.options).onlyShell())
        case .man: return .man
        }
    }

    private static func command(_ name: String) throws(Complaint) -> Command {
        if let command = Command(rawValue: name) { return command }
        let known = Command.allCases.map(\.rawValue)
        if name.hasPrefix("-") {
            throw Complaint(
                "the command comes first: chatload COMMAND [options]",
                hint: "commands: " + known.joined(separator: ", "))
        }
        throw Complaint(
            "unknown command \(Printable.quoted(name))",
            hint: Nearest.hint(for: name, among: known)
                ?? "commands: " + known.joined(separator: ", "))
    }
}
