import Base
import ChatloadKit
import Networking

/// Invocation: what a command line asks for.
enum Invocation: Sendable {
    /// The help of a command, or of the whole.
    case help(Command?)
    case version
    case run(RunSettings)
    /// A replay; one that is gone on with has a folder.
    case replay(RunSettings, resumes: String?)
    case plan(RunSettings)
    case probe(RunSettings, ProbeSettings)
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
                self = try Self.made(
                    try OptionSources(of: command, flags: parsed.given, in: surroundings))
            }
        }
    }

    /// What the command is to do with these options.
    private static func made(_ given: OptionSources) throws(Fault) -> Invocation {
        switch given.command {
        case .run: return .run(try RunSettings(given))
        case .replay: return try replay(given)
        case .plan: return .plan(try plan(given))
        case .probe:
            var settings = try RunSettings(given)
            let probe: ProbeSettings = try given.read()
            try probe.choose(in: &settings)
            return .probe(settings, probe)
        case .import:
            var settings: ImportSettings = try given.read()
            settings.process = try given.read()
            return .import(settings)
        case .report:
            var settings: ReportSettings = try given.read()
            settings.exports = try given.read()
            settings.process = try given.read()
            return .report(settings)
        case .compare:
            var settings: CompareSettings = try given.read()
            settings.process = try given.read()
            return .compare(settings)
        case .serve:
            var settings: ServeSettings = try given.read()
            settings.process = try given.read()
            return .serve(settings)
        case .completions: return .completions(try given.read(CompletionSettings.self).onlyShell())
        case .man: return .man
        }
    }

    private static func replay(_ given: OptionSources) throws(Fault) -> Invocation {
        var given = given
        let folder = try given.read(ModeOptions.self).resumes
        if let folder { given = given.over(try ResumedSettings(folder: folder).given) }
        var settings = try RunSettings(given)
        settings.plan.play = .replay(try given.read())
        return .replay(settings, resumes: folder)
    }

    /// The settings of a plan: of a replay, where something is asked for that only a replay has.
    private static func plan(_ given: OptionSources) throws(Fault) -> RunSettings {
        let replay: ReplaySettings = try given.read()
        let isReplay = try given.read(ModeOptions.self).isReplay
        if !isReplay, replay == ReplaySettings() { return try RunSettings(given) }
        var settings = try RunSettings(given.meant(by: .replay))
        settings.plan.play = .replay(replay)
        if let flag = given.loadTestFlag {
            throw Fault(
                "is for a load test, and a replay has the load that was recorded", at: .flag(flag),
                hint: "leave it out; -c says how many users there are")
        }
        return settings
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
            hint: nearestHint(for: name, among: known)
                ?? "commands: " + known.joined(separator: ", "))
    }
}

/// Option sources: the values given for a command's options, by where they were given.
struct OptionSources: Sendable {
    let command: Command
    /// The command whose meanings and defaults count.
    private var meaning: Command
    /// From the strongest to the weakest, the defaults left out.
    private var layers: [[OptionValue]]

    /// Collects what the flags, the environment and the configuration file say.
    init(of command: Command, flags: [OptionValue], in surroundings: ProcessEnvironment)
        throws(Fault)
    {
        self.command = command
        meaning = command
        let options = command.options
        let environment = surroundings.given(for: options)
        layers = [flags, environment]
        let file = layers.lazy.compactMap { $0.last { $0.option == ProcessOptions.configName } }
            .first
        if let file {
            layers.append(
                try ConfigFile(path: file.text, namedAt: file.place, in: surroundings)
                    .given(for: options))
        }
    }

    /// The flags over what was decided before; environment and configuration file have no say.
    func over(_ stored: [OptionValue]) -> OptionSources {
        var sources = self
        sources.layers = [layers[0], stored]
        return sources
    }

    /// The same as another command means them.
    func meant(by command: Command) -> OptionSources {
        var sources = self
        sources.meaning = command
        return sources
    }

    /// The settings of a subject that follow from all layers and the defaults.
    func read<Subject: OptionSubject>(_: Subject.Type = Subject.self) throws(Fault) -> Subject {
        var settings = Subject()
        for row in Subject.rows where row.spec.commands.contains(command) {
            let option = row.spec.meant(by: meaning)
            var values = values(of: option)
            if values.isEmpty, let text = option.defaultValue {
                let place = Fault.Place.flag(option.flags.last ?? "")
                values = [OptionValue(option: option.name, text: text, place: place)]
            }
            for given in values {
                try Fault.at(given.place) { () throws(Fault) in
                    try row.store(given.text, &settings)
                }
            }
        }
        return settings
    }

    /// The options in effect as they were typed, defaults included, in the order of the help.
    var typed: Keyed<String> {
        var typed = Keyed<String>()
        for option in command.options.map({ $0.meant(by: meaning) }) {
            let texts = values(of: option).map(\.text)
            let text = texts.isEmpty ? option.defaultValue : texts.joined(separator: "\n")
            if let text { typed.set(Keyed.Entry(key: option.name, value: text)) }
        }
        return typed
    }

    /// The flag of an option of load tests that was given another value than its default, the first
    /// by its name; nil where there is none.
    var loadTestFlag: String? {
        let typed = typed
        let given = command.options.filter { option in
            option.commands.contains(.run) && !option.commands.contains(.replay)
                && typed[option.name].map { $0 != option.defaultValue } ?? false
        }
        return given.map(\.name).min().map { "--" + $0 }
    }

    private func values(of option: OptionSpec) -> [OptionValue] {
        let found = layers.map { $0.filter { $0.option == option.name } }.filter { !$0.isEmpty }
        switch option.kind {
        case .toggle, .single: return found.first.map { Array($0.suffix(1)) } ?? []
        case .list, .positional: return found.first ?? []
        case .keyed: return found.reversed().flatMap(\.self)
        }
    }
}

/// The known name that was probably meant by one that does not exist, as a question; nil when
/// nothing is near.
func nearestHint(for typed: String, among candidates: [String]) -> String? {
    nearestName(to: typed, among: candidates).map { "did you mean \($0)?" }
}
