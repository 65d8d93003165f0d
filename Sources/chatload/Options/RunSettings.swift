import Base
import ChatloadKit
import Networking

/// Run settings: what `run`, `replay`, `plan` and `probe` were asked for, by subject.
struct RunSettings: Sendable {
    var plan = PlanSettings()
    var service = ServiceOptions()
    var tls = TLSOptions()
    var sandbox = SandboxOptions()
    var objectives = ObjectiveOptions()
    var output = OutputOptions()
    var process = ProcessOptions()
    /// The options in effect as they were typed, for reports. Secrets stand in it by reference.
    var typed = Keyed<String>()

    init() {}

    /// Reads what a load test or a replay is asked for.
    init(_ given: OptionSources) throws(Fault) {
        plan = try given.read()
        plan.workload = try given.read()
        plan.workload.lengths = try given.read()
        plan.load = try given.read()
        plan.connections = try given.read()
        plan.access = try given.read()
        plan.data = try given.read()
        plan.retry = try given.read()
        service = try given.read()
        try service.readDescription(
            at: given.given(ServiceOptions.serviceName)?.place, in: given.surroundings)
        try ServiceOptions.checkName(in: given)
        plan.workload.lengths.reply = service.drawnLength
        tls = try given.read()
        sandbox = try given.read()
        objectives = try given.read()
        output = try given.read()
        output.exports = try given.read()
        process = try given.read()
        typed = given.typed
        if objectives.capacity != nil { plan.play = .search }
        plan.load.endsWhenKnown = !objectives.precision.isEmpty
    }

    /// What is kept of the replies: in a replay always everything.
    var keeping: ReplyKeeping {
        if case .replay = plan.play { return .progress }
        return output.keepsReplies ? .replies : .nothing
    }
}

/// Mode options: what makes of a replay the rest of one, and of a plan that of a replay.
struct ModeOptions: OptionSubject, Sendable {
    var isReplay = false
    /// The folder of a replay to go on with.
    var resumes: String?

    static let rows: [OptionRow<Self>] = options(
        of: [.replay], .thisProcess, as: .untold,
        .toggle(["replay"], into: \.isReplay, "show what replay would do, and not run")
            .of([.plan], .thisProcess),
        .value(
            ["resume"], "RUN", .text, into: \.resumes,
            "go on with a replay that has stopped, by its folder; workload and settings are"
                + " taken from there"))
}

/// The settings of a replay that is gone on with, as its `run.json` has them.
struct ResumedSettings {
    let path: String
    let run: RunDescription

    /// Reads the description in a run's folder.
    init(folder: String) throws(Fault) {
        let folder = RunReader.folder(of: folder)
        path = folder + "/run.json"
        run = try Fault.telling(at: .flag("--resume")) { () throws(Fault) in
            try RunReader.description(of: folder)
        }
        if run.command == "replay" { return }
        throw Fault(
            "\(folder): is a run; only a replay knows what is left of it", at: .flag("--resume"))
    }

    /// What it says of the options of a replay, but of those that are about one process.
    var given: [OptionValue] {
        let place = Fault.Place.file(path, line: nil, column: nil)
        return Command.replay.options.flatMap { option -> [OptionValue] in
            let drawn = option.name == PlanSettings.seedName ? "\(run.seed)" : nil
            guard option.effect != .thisProcess,
                let text = run.settings[option.name] ?? drawn
            else { return [] }
            let texts = option.isMany ? text.split(separator: "\n").map(String.init) : [text]
            return texts.map { OptionValue(option: option.name, text: $0, place: place) }
        }
    }

    /// The settings that may be others than before and are.
    func changes(in typed: Keyed<String>) -> [String: String] {
        var changes: [String: String] = [:]
        for option in Command.replay.options where option.isFree && option.effect != .thisProcess {
            if let text = typed[option.name], text != run.settings[option.name] {
                changes[option.name] = text
            }
        }
        return changes
    }

    /// Makes sure that what is played, to whom and how has stayed the same.
    func check(_ typed: Keyed<String>, _ plan: Plan) throws(Fault) {
        let differences =
            differences(in: typed) + differences(in: plan.service.description)
            + differences(in: plan.inputs)
        guard let first = differences.first else { return }
        var complaint = Fault(
            first, at: .flag("--resume"),
            hint: "put it back as it was, or replay anew into another folder")
        complaint.others = differences.dropFirst().map { Fault($0, at: .flag("--resume")) }
        throw complaint
    }

    /// Names that no option has any more count too.
    private func differences(in typed: Keyed<String>) -> [String] {
        let free = Command.replay.options.filter(\.isFree)
        let names = Set(run.settings.keys).union(typed.entries.map(\.key))
            .subtracting(free.map(\.name))
        return names.sorted().compactMap { name in
            let (before, now) = (run.settings[name], typed[name])
            let isDrawn = name == PlanSettings.seedName && now == "\(run.seed)"
            if before == now || isDrawn { return nil }
            return "--\(name) was \(Self.shown(before)) and is \(Self.shown(now)) now"
        }
    }

    private func differences(in service: ServiceDescription) -> [String] {
        guard let before = run.serviceDigest, let now = service.digest, before != now else {
            return []
        }
        return [
            "the description of \(service.name) has changed: its digest was \(before) and is"
                + " \(now) now; as it was, it is \(RunFolder.service) in the run's folder"
        ]
    }

    private func differences(in inputs: [(path: String, digest: String)]) -> [String] {
        guard inputs.count == run.digests.count else {
            return ["\(run.digests.count) files were played and \(inputs.count) are named now"]
        }
        return zip(inputs, run.digests).compactMap { input, before in
            input.digest == before
                ? nil
                : "\(input.path) has changed: its digest was \(before) and is"
                    + " \(input.digest) now"
        }
    }

    private static func shown(_ text: String?) -> String { text.map(Printable.quoted) ?? "not set" }
}
