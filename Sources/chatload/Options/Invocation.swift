import Base
import ChatloadKit
import Networking

/// Command: what chatload can be told to do.
enum Command: String, CaseIterable, Sendable {
    case run, replay, plan, probe
    case service
    case `import`
    case report, compare
    case serve
    case completions, man

    /// What the command does, in half a line.
    var summary: String {
        switch self {
        case .run: "load-test a service with conversation scripts"
        case .replay: "play every conversation of a transcript exactly once"
        case .plan: "check scripts and settings, show what would be sent"
        case .probe: "play one conversation and show every exchange in full"
        case .service: "list the services, or check a file that describes one"
        case .import: "turn transcripts of other formats into conversation scripts"
        case .report: "rebuild the reports from the logs of runs"
        case .compare: "are two runs different, and is it real?"
        case .serve: "start the sandbox: imitations of the chat services"
        case .completions: "print what makes a shell complete command lines"
        case .man: "print the manual page"
        }
    }

    /// The command's options as it means them, in the order of its help.
    var options: [OptionSpec] {
        OptionSpec.all.filter { $0.commands.contains(self) }.map { $0.meant(by: self) }
    }

    /// Command lines that work as they stand, with what each does.
    var examples: [(line: String, meaning: String)] {
        exampleText.split(separator: "\n\n").map { example in
            let lines = example.split(separator: "\n")
            return (lines.dropLast().joined(separator: "\n"), String(lines.last ?? ""))
        }
    }

    /// The examples, each with what it does in the line below.
    private var exampleText: String {
        switch self {
        case .run:
            #"""
            chatload run workloads/support.jsonl
            ten users for ten seconds against the embedded sandbox

            chatload run workloads/support.jsonl -c 50 -d 1m --sandbox-latency 80ms
            fifty users for a minute against a slower one

            chatload run chats.jsonl --service stammer --target http://127.0.0.1:8080 \
                  --set token=env:STAMMER_TOKEN --set chatbot_uuid=env:CHATBOT -n 20
            twenty conversations against a real service
            """#
        case .replay:
            #"""
            chatload replay workloads/support.jsonl
            every conversation once, ten at a time

            chatload replay archive.jsonl --speed 60x --max-gap 5s
            an hour of recorded conversations in a minute
            """#
        case .plan:
            #"""
            chatload plan workloads/support.jsonl -c 50 -d 1m
            what the same line with run would do

            chatload plan archive.jsonl --speed 60x
            how long the same line with replay would take
            """#
        case .probe:
            #"""
            chatload probe --service botyard --say Hello
            log in, say one thing and wait for the reply

            chatload probe workloads/support.jsonl --conversation refund-shoes --curl
            the requests of one conversation as curl commands
            """#
        case .service:
            #"""
            chatload service show openai
            a description to start from

            chatload service check workloads/services/sse-bot.json
            what is wrong with one, by line and column

            chatload service try openai --say Hello
            say one thing and see every exchange
            """#
        case .import:
            #"""
            chatload import ShareGPT_V3.json -o sharegpt.jsonl
            a transcript as scripts, which can be edited and played

            chatload import trace.csv -o - --limit 100
            the first hundred requests of a trace, to stdout
            """#
        case .report:
            #"""
            chatload report reports/mine
            the report of one run, again

            chatload report reports/a reports/b -o reports/both
            two runs as one
            """#
        case .compare:
            #"""
            chatload compare reports/before reports/after
            two runs

            chatload compare reports/before-* --vs reports/after-* -o reports/change
            several runs a side, with a page to look at

            chatload compare base new --fail-on response.p99:+5% --fail-on errors:+1pp
            a gate for CI: exit code 99 if it got worse
            """#
        case .serve:
            #"""
            chatload serve
            all services on a free port, which is printed

            chatload serve botyard --port 7007 --latency lognormal:200ms,0.4
            one service with a spread of latencies
            """#
        case .completions:
            #"""
            chatload completions bash
            for bash: source <(chatload completions bash)

            chatload completions fish
            for fish: into ~/.config/fish/completions/chatload.fish
            """#
        case .man:
            #"""
            chatload man
            to read it: chatload man | man -l -
            """#
        }
    }
}

extension OptionSpec {
    /// All options there are, in the order of the help.
    static let all: [OptionSpec] = [
        specs(ImportSettings.rows), specs(ServeSettings.rows), specs(CompletionSettings.rows),
        specs(CompareSettings.sideRows), specs(ReportSettings.folderRows),
        specs(ServiceActionSettings.rows), specs(WorkloadSettings.fileRows),
        specs(ProbeSettings.rows),
        specs(WorkloadSettings.handlingRows), specs(LengthSettings.rows),
        specs(ServiceOptions.rows),
        specs(LoadSettings.userRows), specs(ReplaySettings.rows), specs(LoadSettings.shapeRows),
        specs(ObjectiveOptions.searchRows), specs(LoadSettings.limitRows),
        specs(ConnectionSettings.rows), specs(AccessSettings.rows), specs(DataSettings.rows),
        specs(RetrySettings.rows), specs(WorkloadSettings.tokenRows), specs(SandboxOptions.rows),
        specs(TLSOptions.rows), specs(ObjectiveOptions.limitRows), specs(OutputOptions.placeRows),
        specs(ProcessOptions.formatRows), specs(ReportSettings.limitRows),
        specs(OutputOptions.keptRows), specs(ExportSettings.rows), specs(PlanSettings.rows),
        specs(CompareSettings.seedRows), specs(ProcessOptions.workerRows),
        specs(ProcessOptions.messageRows), specs(ModeOptions.rows),
    ].flatMap(\.self)

    private static func specs<Settings>(_ rows: [OptionRow<Settings>]) -> [OptionSpec] {
        rows.map(\.spec)
    }
}

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
    case service(ServiceActionSettings.Action)
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
        case Command.service.rawValue where arguments.dropFirst().first == "try":
            self = try Invocation(
                ServiceActionSettings.probe(trying: arguments.dropFirst(2)), in: surroundings)
        default:
            let command = try Self.command(first)
            let parsed = try Arguments(Array(arguments.dropFirst()), of: command)
            if parsed.wantsHelp {
                self = .help(command)
            } else if parsed.wantsVersion {
                self = .version
            } else {
                let given = try OptionSources(of: command, flags: parsed.given, in: surroundings)
                if let fault = Synonym.fault(parsed.synonyms, in: given) { throw fault }
                self = try Self.made(given)
            }
        }
    }

    /// What is unwise about what it reads, in one line each.
    var warnings: [String] {
        switch self {
        case .run(let settings), .replay(let settings, _), .plan(let settings),
            .probe(let settings, _):
            settings.service.warnings.map(\.description)
        default: []
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
        case .service:
            return .service(try given.read(ServiceActionSettings.self).action())
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
    /// What they were read in.
    let surroundings: ProcessEnvironment

    /// Collects what the flags, the environment and the configuration file say.
    init(of command: Command, flags: [OptionValue], in surroundings: ProcessEnvironment)
        throws(Fault)
    {
        self.command = command
        meaning = command
        self.surroundings = surroundings
        let options = command.options
        let environment = surroundings.given(for: options)
        layers = [flags, environment]
        if let file = given(ProcessOptions.configName) {
            layers.append(
                try ConfigFile(path: file.text, namedAt: file.place, in: surroundings)
                    .given(for: options))
        }
    }

    /// The options of the command line.
    var flags: [OptionValue] { layers[0] }

    /// The strongest value that was given for an option; nil where there is none but a default.
    func given(_ name: String) -> OptionValue? {
        layers.lazy.compactMap { $0.last { $0.option == name } }.first
    }

    /// The flags over what was decided before; environment and configuration file have no say.
    func over(_ stored: [OptionValue]) -> OptionSources {
        var sources = self
        sources.layers = [flags, stored]
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
