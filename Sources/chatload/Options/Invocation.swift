import Base
import ChatloadKit
import Networking

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
    init(_ arguments: [String], in surroundings: ProcessEnvironment) throws(Fault) {
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
        _ command: Command, _ flags: [OptionValue], _ surroundings: ProcessEnvironment
    ) throws(Fault) -> Invocation {
        var layers = try OptionSources(of: command, flags: flags, in: surroundings)
        func played(_ options: [OptionRow<RunSettings>]) throws(Fault) -> RunSettings {
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
                layers = OptionSources(flags: flags, over: stored.given(for: command.faces))
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

    private static func command(_ name: String) throws(Fault) -> Command {
        if let command = Command(rawValue: name) { return command }
        let known = Command.allCases.map(\.rawValue)
        if name.hasPrefix("-") {
            throw Fault(
                "the command comes first: chatload COMMAND [options]",
                hint: "commands: " + known.joined(separator: ", "))
        }
        throw Fault(
            "unknown command \(Printable.quoted(name))",
            hint: Nearest.hint(for: name, among: known)
                ?? "commands: " + known.joined(separator: ", "))
    }
}

/// The values given for a command's options, by where they were given.
struct OptionSources: Sendable {
    /// From the strongest to the weakest, the defaults left out.
    private let layers: [[OptionValue]]

    /// Collects what the flags, the environment and the configuration file say.
    init(of command: Command, flags: [OptionValue], in surroundings: ProcessEnvironment)
        throws(Fault)
    {
        let faces = command.faces
        let environment = surroundings.given(for: faces)
        let config = faces.firstIndex { $0.name == "config" }
        let file = flags.last { $0.option == config } ?? environment.last { $0.option == config }
        let configured = try file.map { (given) throws(Fault) in
            try ConfigFile(path: given.text, namedAt: given.place, in: surroundings)
                .given(for: faces)
        }
        layers = [flags, environment, configured ?? []]
    }

    /// The flags over what was decided before; environment and configuration file have no say.
    init(flags: [OptionValue], over stored: [OptionValue]) { layers = [flags, stored] }

    /// The settings that follow from all layers and the defaults.
    func settings<Settings>(_ empty: Settings, _ rows: [OptionRow<Settings>]) throws(Fault)
        -> Settings
    {
        var settings = empty
        for (option, row) in rows.enumerated() {
            let values = values(of: option, row.face)
            if values.isEmpty, let text = row.face.defaultValue {
                try store(text, of: row, at: .flag(row.face.flags.last ?? ""), into: &settings)
            }
            for given in values {
                try store(given.text, of: row, at: given.place, into: &settings)
            }
        }
        return settings
    }

    /// The options in effect as they were typed, defaults included, in the order of the table.
    func typed(of faces: [OptionSpec]) -> Keyed<String> {
        var typed = Keyed<String>()
        for (option, face) in faces.enumerated() {
            let texts = values(of: option, face).map(\.text)
            let text = texts.isEmpty ? face.defaultValue : texts.joined(separator: "\n")
            if let text { typed.set(Keyed.Entry(key: face.name, value: text)) }
        }
        return typed
    }

    private func values(of option: Int, _ face: OptionSpec) -> [OptionValue] {
        let found = layers.map { $0.filter { $0.option == option } }.filter { !$0.isEmpty }
        switch face.kind {
        case .toggle, .single: return found.first.map { Array($0.suffix(1)) } ?? []
        case .list, .positional: return found.first ?? []
        case .keyed: return found.reversed().flatMap(\.self)
        }
    }

    private func store<Settings>(
        _ text: String, of row: OptionRow<Settings>, at place: Fault.Place,
        into settings: inout Settings
    ) throws(Fault) {
        do {
            try row.store(text, &settings)
        } catch {
            throw error.at(place)
        }
    }
}

/// Hints for somebody who typed a name that does not exist.
enum Nearest {
    /// The known name that was probably meant, as a question, or nil when nothing is near.
    static func hint(for typed: String, among candidates: [String]) -> String? {
        nearestName(to: typed, among: candidates).map { "did you mean \($0)?" }
    }
}
