import Base
import ChatloadKit
import Networking

/// What a probe is asked for besides what it shares with a run.
struct ProbeSettings: Sendable {
    /// Whether it is a probe.
    var isOn = false
    /// What to say instead of a workload's conversation.
    var says: [String] = []
    /// The id of the conversation to play.
    var conversation: String?
    var showsAll = false
    var asCurl = false

    /// What is said when nothing else is.
    static let greeting = "Hello"
}

extension RunSettings {
    /// The options of `probe`: those of a run that say where, as whom and what, and its own.
    static let probeOptions = options.filter { probed.contains($0.face.name) }.flatMap { row in
        row.face.name == "workload" ? [row.asInProbe] + probeOnly : [row.asInProbe]
    }

    /// Those of a run that it has too, by their names.
    static let probed: Set<String> = [
        "workload", "skip-bad-lines", "attach-from", "service", "target", "set", "header",
        "timeout",
        "connect-timeout", "insecure", "cacert", "cert", "key", "source-address", "credentials",
        "retry", "retry-delay", "retry-unsafe", "tokens", "data", "data-order", "data-per",
        "sandbox-latency", "sandbox-error-rate", "sandbox-limit", "sandbox-fault", "sandbox-stall",
        "format", "seed", "config",
    ]

    private static let probeOnly: [OptionRow<RunSettings>] = [
        .list(
            ["say"], "TEXT", .text, into: \.probe.says,
            "say this instead of playing a workload; several are the turns of one conversation"),
        .value(
            ["conversation"], "ID", .text, into: \.probe.conversation, default: "(the first)",
            "the conversation of the workload to play"),
        .toggle(
            ["curl"], into: \.probe.asCurl,
            "print the curl command that sends the same, for each request"),
        .toggle(["full"], into: \.probe.showsAll, "cut nothing short"),
    ]
}

extension OptionRow<RunSettings> {
    fileprivate var asInProbe: Self {
        var row = self
        switch face.name {
        case "workload":
            row.face = face.told(
                "conversation scripts, of which one conversation is played", default: nil)
        case "seed": row.face = face.told("seed of what the sandbox does", default: "(drawn)")
        default: break
        }
        return row
    }
}

/// Finds the one conversation that a probe plays.
struct ProbeBuilder {
    let settings: RunSettings

    /// Refuses what does not go together.
    func check() throws(Fault) {
        let probe = settings.probe
        if !probe.says.isEmpty, let file = settings.workloads.first {
            throw Fault(
                "says something instead of a workload", at: .flag("--say"),
                hint: "leave out either --say or \(Printable.line(file, limit: 60))")
        }
        if probe.conversation != nil, settings.workloads.isEmpty {
            throw Fault(
                "there is no workload to find it in", at: .flag("--conversation"),
                hint: "name the file, such as workloads/support.jsonl")
        }
        if probe.asCurl, settings.format == .json {
            throw Fault(
                "makes commands and no JSON", at: .flag("--curl"),
                hint: "leave out either --curl or --format json")
        }
    }

    /// What is played where no file is.
    func workload() throws(Fault) -> Workload {
        try .saying(settings.probe.says.isEmpty ? [ProbeSettings.greeting] : settings.probe.says)
    }

    /// The one conversation.
    func order(of workload: Workload) throws(Fault) -> PlayOrder {
        let index = try place(in: workload)
        return .remaining(ConversationSet(below: workload.count) { $0 == index })
    }

    private func place(in workload: Workload) throws(Fault) -> Int {
        guard let wanted = settings.probe.conversation else { return 0 }
        var ids: [String] = []
        for index in 0..<workload.count {
            guard let id = try? workload.conversation(at: index).id else { continue }
            if id == wanted { return index }
            // Enough to guess what was meant.
            if ids.count < 1_000 { ids.append(id) }
        }
        let known = ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
        throw Fault(
            "there is no conversation \(Printable.quoted(wanted))", at: .flag("--conversation"),
            hint: Nearest.hint(for: wanted, among: ids) ?? "there are " + known)
    }
}
